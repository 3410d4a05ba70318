"""Another broker that python-socketio knows: RabbitMQ, by MESSAGE_QUEUE_URL. Skipped where none answers at TEST_AMQP_URL."""

import os
from pathlib import Path

import kombu
import pytest

from tests.support.hand import Hand
from tests.support.server import ROOT
from tests.support.several import serving_several

pytestmark = pytest.mark.server
AMQP = os.environ.get("TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//")


def test_rabbitmq_carries_what_redis_does(tmp_path: Path) -> None:
    try:
        with kombu.Connection(AMQP, connect_timeout=3) as connection:
            connection.connect()
    except OSError as error:
        pytest.skip(f"no RabbitMQ at TEST_AMQP_URL: {error}")
    with serving_several(tmp_path, AMQP) as site:
        people = [site.person(f"p{n}") for n in range(2)]
        room = site.room(*people)
        outside = Hand(site.server.environment, ROOT)
        with people[0].client() as a, people[1].client() as b:
            a.hello()
            b.hello()
            for n in range(20):
                assert (a if n % 2 else b).ask("message", {"room": room, "body": f"{n}"})["ok"]
            outside("say", room=room, author=people[0].id, bodies=["from outside"])
            for client in (a, b):
                client.expect("message", room=room, version=21)
                assert [data["version"] for data in client.all("message")] == list(range(1, 22))
            assert a.all("join", user=people[1].brief) or b.all("join", user=people[0].brief)
            outside("dismiss", room=room, user=people[1].id)
            assert b.expect("room", room=room)["gone"]
        outside.close()
