"""What a message says of the thread under it: how many answers stand, who gave them, when the last one came.

Kept in the root's own row, as JSON without names ("": there are none), so that a page of history asks for nothing more and a message without a
thread pays nothing. Invariant: it is what `counted` would find, written in the transaction that changed the answers.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Min, QuerySet
from django.utils.dateparse import parse_datetime

MOST_FACES = 3  # people shown, those who answered first


def faces(text: str) -> list[int]:
    """The ids of the people shown."""
    return json.loads(text)["faces"] if text else []


def count_and_last(text: str) -> tuple[int, datetime | None]:
    """How many answers stand, and when the last of them came."""
    if not text:
        return 0, None
    read = json.loads(text)
    return read["count"], parse_datetime(read["last_at"])


def with_answer(text: str, author: int, at: datetime) -> str:
    """The summary once `author` (id) has answered."""
    known = faces(text)
    shown = known if author in known or len(known) == MOST_FACES else [*known, author]
    return _written(count_and_last(text)[0] + 1, shown, at)


def counted(answers: QuerySet[Any]) -> str:
    """The summary of these answers, anew: after one was deleted."""
    standing = answers.filter(deleted_at=None).order_by()
    last = standing.order_by("-seq").values_list("created_at", flat=True).first()  # by number: clocks are set back
    if last is None:
        return ""
    first = standing.values("author").annotate(first=Min("seq")).order_by("first")[:MOST_FACES]
    return _written(standing.count(), [each["author"] for each in first], last)


def _written(count: int, shown: Sequence[int], at: datetime) -> str:
    return json.dumps({"count": count, "faces": shown, "last_at": at.isoformat()}, separators=(",", ":"))
