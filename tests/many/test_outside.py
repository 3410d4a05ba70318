"""What is changed in a process that serves nobody reaches everybody who is connected, in whichever process."""

import socket
from collections.abc import Iterator

import pytest

from tests.support.hand import Hand
from tests.support.server import PATIENCE, ROOT
from tests.support.several import SeveralSite

pytestmark = pytest.mark.server


@pytest.fixture
def outside(site: SeveralSite) -> Iterator[Hand]:
    """A process beside the site that knows its broker, such as `manage.py shell` or a cron job."""
    hand = Hand(site.server.environment, ROOT)
    yield hand
    hand.close()


def test_everybody_hears_of_what_was_done_outside(site: SeveralSite, outside: Hand) -> None:
    ana, bo = site.person("ana"), site.person("bo")
    den, other = site.room(ana, bo), site.room(ana)
    with ana.client() as a, bo.client() as b:
        for client in (a, b):
            client.hello()
        said = outside("say", room=den, author=ana.id, bodies=["from a cron job", "and another"])
        for client in (a, b):
            heard = [client.expect("message", room=den)["message"] for _ in said]
            assert heard == said

        # Bo is let into a room, hears it, and is let out again.
        outside("admit", room=other, user=bo.id)
        assert b.expect("room", room=other)["version"] == 0
        outside("say", room=other, author=ana.id, bodies=["welcome"])
        assert b.expect("message", room=other)["message"]["body"] == "welcome"
        outside("dismiss", room=other, user=bo.id)
        assert b.expect("room", room=other)["gone"]
        assert a.ask("message", {"room": other, "body": "among ourselves"})["ok"]
        assert a.ask("message", {"room": den, "body": "to all"})["ok"]
        assert b.expect("message", room=den)["message"]["body"] == "to all"
        assert [data["message"]["body"] for data in b.all("message", room=other)] == ["welcome"]

        outside("deactivate", user=bo.id)
        b.expect("signed_out")
        b.wait_for_end()


def test_a_broker_that_does_not_answer_is_waited_for_once(site: SeveralSite) -> None:
    """It takes connections and says nothing, as a frozen one does. Each message of many would wait for it; who is connected has them all the same."""
    ana = site.person("ana")
    room = site.room(ana)
    with socket.create_server(("127.0.0.1", 0)) as silent, ana.client() as client:
        client.hello()
        broker = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        hand = Hand(site.server.environment | {"MESSAGE_QUEUE_URL": broker}, ROOT)
        said = hand("say", room=room, author=ana.id, bodies=[f"{n}" for n in range(6)])
        hand.close()
        assert [client.expect("message", room=room)["message"] for _ in said] == said
        silent.settimeout(PATIENCE)
        attempts = [silent.accept()[0] for _ in range(2)]
        silent.setblocking(False)
        with pytest.raises(BlockingIOError):
            silent.accept()
        for each in attempts:
            each.close()
