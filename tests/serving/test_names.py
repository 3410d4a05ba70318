"""Names are looked up by the system, as elsewhere on the machine, and whoever waits for that holds nobody up."""

import subprocess
import sys
from pathlib import Path

from tests.support.server import ROOT, environment

# The system's own resolver waits, within the lookup, until somebody else has had a turn.
LOOKING = """
from chatsite import green
green.patch()
import socket, sys
import eventlet
from eventlet.patcher import original

turn, asked = original("threading").Event(), []

def wait(event, told):
    if event == "socket.getaddrinfo" and told[0] == "localhost":
        asked.append(turn.wait(10))

sys.addaudithook(wait)
lookup = eventlet.spawn(socket.getaddrinfo, "localhost", 80)
eventlet.sleep(0)
turn.set()
assert lookup.wait() and asked[0] is True, asked
assert socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)[0][4] == ("127.0.0.1", 80)
assert socket.gethostbyname("localhost") == "127.0.0.1"
for wrong in ("no.such.name.invalid", "127.0.0.1.5"):
    try:
        socket.getaddrinfo(wrong, 80)
    except socket.gaierror:
        pass
    else:
        raise AssertionError(wrong)
print("looked up")
"""


def test_who_looks_a_name_up_lets_others_run(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LOOKING]
    ran = subprocess.run(command, cwd=ROOT, env=environment(tmp_path), text=True, capture_output=True)
    assert ran.stdout == "looked up\n", ran.stderr
