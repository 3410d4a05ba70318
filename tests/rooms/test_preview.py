"""A preview is what the message will be, and nothing is kept."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from rooms import actions, formatting, limits
from rooms.models import Message, Room

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


def ask(client: Client, data: object) -> tuple[int, dict[str, object]]:
    answer = client.post("/api/preview/", data, content_type="application/json")
    return answer.status_code, answer.json()


@pytest.mark.parametrize("body", ["*a* `b`", "plain & <b>", "🎉", "```python\nx = 1\n```\n\n- [ ] do"])
def test_it_looks_as_the_message_will(den: Room, ana: User, signed_in: SignedIn, body: str) -> None:
    status, answer = ask(signed_in(ana), {"body": body})
    message = actions.post_one(actions.Draft(ana, "den", body)).message
    assert (status, answer) == (200, {"ok": True, "html": message.html or formatting.escaped(body)})
    assert Message.objects.count() == 1


def test_who_is_called_stands_out_for_those_who_are_in_the_room(
    den: Room, ana: User, bo: User, signed_in: SignedIn, person: Callable[..., User]
) -> None:
    body = f"@{bo.handle} and @nobody, see #den"
    _, answer = ask(signed_in(ana), {"body": body, "room": "den"})
    assert answer["html"] == actions.post_one(actions.Draft(ana, "den", body)).message.html
    assert "mention" not in str(ask(signed_in(ana), {"body": body})[1]["html"])
    assert ask(signed_in(person("stranger")), {"body": body, "room": "den"})[0] == 404


def test_what_would_be_refused_is_refused(ana: User, signed_in: SignedIn) -> None:
    for body, status, code in [("x" * 10_001, 413, "too_long"), (" ", 400, "invalid"), (7, 400, "invalid")]:
        got, answer = ask(signed_in(ana), {"body": body})
        assert (got, answer["error"]["code"]) == (status, code)  # type: ignore[index]
    assert ask(signed_in(ana), "nonsense")[0] == 400
    assert ask(Client(), {"body": "x"})[0] == 403


def test_it_is_bounded_in_rate(ana: User, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "events", limits.Limit(1, 0.001))
    assert ask(signed_in(ana), {"body": "x"})[0] == 200
    assert ask(signed_in(ana), {"body": "x"})[0] == 429
