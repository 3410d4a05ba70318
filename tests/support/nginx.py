"""nginx with the site as it is shipped (deploy/nginx.conf) before the workers of a served one; only what the file asks for is put in its place."""

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.support.databases import missing
from tests.support.people import PATIENCE
from tests.support.server import ROOT

MAIN = """
daemon off;
pid {home}/nginx.pid;
error_log {home}/error.log notice;
events {{}}
http {{
    access_log {home}/access.log;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    include {site};
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def put(text: str, *changes: tuple[str, str]) -> str:
    """The shipped file for this machine; each change must be one that the file asks for."""
    for pattern, new in changes:
        text, count = re.subn(pattern, new, text, flags=re.MULTILINE)
        assert count, f"{pattern} is not in the shipped file"
    return text


class Nginx:
    """One that runs. A context manager; it may be killed and started again."""

    def __init__(self, home: Path, media: Path, workers: Sequence[int | Path], *, tls: bool = True) -> None:
        """`home`: an empty directory; `media`: the files of messages; `workers`: the ports or the sockets of two; `tls`: False leaves it out."""
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if not program:
            missing("no nginx: apt install nginx-light")
        self.home, self.plain_port, self.port = home, free_port(), free_port()
        first, second = workers
        changes = [
            (r"^    listen \[::\]:.*\n", ""),
            (r"listen 80;", f"listen 127.0.0.1:{self.plain_port};"),
            (r"listen 443 ssl;", f"listen 127.0.0.1:{self.port}{' ssl' if tls else ''};"),
            (r"/srv/chatsite/var/media/", f"{media}/"),
        ]
        if isinstance(first, int):
            changes.append((r"server 127.0.0.1:8000", f"server 127.0.0.1:{first}"))
            changes.append((r"#server 127.0.0.1:8001", f"server 127.0.0.1:{second}"))
        else:
            changes.append((r"^    server 127.0.0.1:8000.*\n", ""))
            changes.append((r"#server unix:/run/chatsite/site.1.sock", f"server unix:{first}"))
            changes.append((r"#server unix:/run/chatsite/site.2.sock", f"server unix:{second}"))
        if tls:
            self._certify()
            changes.append((r"/etc/letsencrypt/live/chat.example.com/fullchain.pem", str(home / "cert.pem")))
            changes.append((r"/etc/letsencrypt/live/chat.example.com/privkey.pem", str(home / "key.pem")))
        else:
            changes.append((r"^    ssl_.*\n", ""))
        (home / "site.conf").write_text(put((ROOT / "deploy/nginx.conf").read_text(), *changes))
        (home / "nginx.conf").write_text(MAIN.format(home=home, site=home / "site.conf") + "\n")
        self._command = [program, "-c", home / "nginx.conf", "-p", home, "-e", home / "error.log"]
        if os.geteuid() == 0:  # its workers would be nobody, who may not read what a test keeps
            self._command += ["-g", "user root;"]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it, and wait until it listens."""
        with (self.home / "said").open("ab") as said:
            self._process = subprocess.Popen(
                self._command, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
            )
        while self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
        raise AssertionError((self.home / "said").read_text() + (self.home / "error.log").read_text())

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it; by SIGKILL with all its workers."""
        if self._process:
            if how == signal.SIGKILL:
                os.killpg(self._process.pid, how)
            else:
                self._process.send_signal(how)
            self._process.wait(PATIENCE)
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _certify(self) -> None:
        made = ["-keyout", self.home / "key.pem", "-out", self.home / "cert.pem", "-subj", "/CN=chat.example.com"]
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *made]
        subprocess.run(command, check=True, capture_output=True)
