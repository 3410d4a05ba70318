"""Writing into the audit log: one call, within the transaction of what it tells."""

from typing import Any, Protocol

from django.db import transaction

from accounts.models import User
from accounts.models.audit import REASON_LENGTH, Act, AuditEntry


class Place(Protocol):
    """A room, of which nothing more is known here."""

    pk: Any
    slug: Any


def record(
    act: Act, by: User | None, *, whom: User | None = None, room: Place | None = None, seq: int | None = None,
    reason: str = "", **details: Any,
) -> None:  # fmt: skip
    """Note that `by` did this; None: a program, or somebody at the console. `details`: what JSON can say."""
    assert transaction.get_connection().in_atomic_block, f"{act} is told outside of its transaction"
    AuditEntry.objects.create(
        act=act, by=by.pk if by else None, by_name=called(by), whom=whom.pk if whom else None, whom_name=called(whom),
        room=room.pk if room else None, room_slug=room.slug if room else "", seq=seq,
        reason=reason[:REASON_LENGTH], details=details,
    )  # fmt: skip


def called(person: User | None) -> str:
    """As the log names somebody."""
    return f"{person.name} (@{person.handle})" if person else ""


def changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    """What differs, as the log has it: `{name: [before, after]}`."""
    return {name: [before[name], value] for name, value in after.items() if before[name] != value}
