"""Rooms in which everything has happened once, for the walk through the table of permissions; and what the database has of a room, whatever it is.

Runs on the hand's side of the process boundary (tests/support/hand.py).
"""

import tempfile
import uuid
from collections import defaultdict
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.utils import timezone

JSON = dict[str, Any]
MESSAGES = 4  # of each who writes


def furnish(kind: str, name: str, act: str, people: dict[str, int]) -> JSON:
    """Make a room of a kind ("archived": an open one that is). `people`: ids by what they are to it; "not in it" and "staff" wrote and left.

    Files, links and what was said before are there only where `act` is about them.
    """
    from accounts.models import User
    from rooms import actions
    from rooms.models import Membership, Message, Report, Sanction

    users = {who: User.objects.get(pk=pk) for who, pk in people.items()}
    direct = kind == "direct"
    if direct:
        inside = ["member", "deactivated", "other"]
        room = actions.open_direct(users["member"], [users["deactivated"], users["other"]]).room
    else:
        inside = [who for who in users if "newcomer" not in who]
        room = actions.create_room(None, name, slug=name, kind="open" if kind == "archived" else kind)
        actions.admit(room, [users[who] for who in inside])
        actions.change_role(
            Membership.objects.select_related("room").get(room=room, user=users["moderator"]), "moderator"
        )
    drafts = [(who, actions.Draft(users[who], room.slug, f"word {n}")) for who in inside for n in range(MESSAGES)]
    posted = actions.post([draft for _, draft in drafts])
    said: dict[str, list[int]] = defaultdict(list)
    for (who, _), each in zip(drafts, posted, strict=True):
        assert isinstance(each, actions.Posted)
        said[who].append(each.message.seq)
    for who in inside if "before" in act else []:
        actions.edit(users[who], room.slug, said[who][0], "word, edited")
    root = said["other"][1]
    actions.post_one(actions.Draft(users["other"], room.slug, "an answer", thread=root))
    files, sent = {}, ""
    if "file" in act:
        files = {who: _file(users[who], room.slug) for who in inside}
        sent = _file(users["other"], room.slug)
        actions.post_one(actions.Draft(users["other"], room.slug, "a file", attachments=(uuid.UUID(sent),)))
    links = [actions.invite(users["moderator"], room.slug) for _ in range(4 if "link" in act and not direct else 0)]
    reports, sanctions = [], {}
    if act in ("mute somebody", "ban somebody"):
        actions.report(users["member"], room.slug, root, "look at it")
        reports = [report.pk for report in Report.objects.filter(room=room)]
    for who in ("other", "deactivated") if act.startswith("lift a") and not direct else ():
        kind_of = act.rpartition(" ")[2]
        made = Sanction.objects.impose(room, users[who], kind_of, until=timezone.now() + timedelta(hours=1))
        sanctions[who] = made.pk
    if not direct:
        actions.dismiss(room, [users["not in it"], users["staff"]])
    if kind == "archived":
        actions.archive(room)
    return {
        "slug": room.slug, "kind": kind, "pk": room.pk, "root": root, "said": said, "file": sent, "waiting": files,
        "links": [{"pk": link.pk, "token": link.token} for link in links],
        "messages": {m.seq: m.pk for m in Message.objects.filter(room=room)},
        "reports": reports, "sanctions": sanctions, "memberships": {m.user_id: m.pk for m in Membership.objects.filter(room=room)},
    }  # fmt: skip


def _file(user: Any, slug: str) -> str:
    from rooms import actions, media

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "words.txt"
        path.write_text("words")
        return str(actions.upload(user, slug, media.Upload(path, path.name, 5)).pk)


def footprint(pk: int) -> str:
    """All that the database has of a room: every row of every model of `rooms` that hangs on it."""
    from django.db import connection

    found = []
    with connection.cursor() as cursor:
        for question in _questions():
            cursor.execute(question, [pk])
            found += map(str, cursor.fetchall())
    return "\n".join(found)


@cache
def _questions() -> list[str]:
    """The queries that it takes, made once: to make them costs more than to ask."""
    from django.apps import apps

    from rooms.models import Room

    queries = [Room.objects.filter(pk=1)]
    for model in sorted(apps.get_app_config("rooms").get_models(), key=lambda model: model.__name__):
        names = {field.name for field in model._meta.get_fields()}
        ways = (("room", "room"), ("message", "message__room"), ("thread", "thread__room"))
        way = next((way for name, way in ways if name in names), None)
        if model is not Room and way:
            queries.append(model._default_manager.filter(**{way: 1}).order_by("pk"))
    asked = [query.values_list().query.sql_with_params() for query in queries]
    assert all(params == (1,) for _, params in asked)
    return [sql for sql, _ in asked]
