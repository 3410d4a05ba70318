"""What views ask of a request: the person's membership of the room in the address, numbers and moments from the query string, the files of a form."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from django.http import Http404, HttpRequest

from accounts.models import User
from rooms.errors import Invalid
from rooms.media import Upload
from rooms.models import Membership
from rooms.schemas import MAX_SEQ


class SignedIn(HttpRequest):
    """A request behind `login_required`."""

    user: User


def member_of(user: User, slug: str) -> Membership:
    """Return the membership with its room and what is unread in it. Raises Http404: a room one is not in looks like none at all."""
    membership = next(iter(Membership.objects.standing([user.pk], [slug])), None)
    if membership is None:
        raise Http404("No such room, or you are not in it.")
    return membership


def number(query: Mapping[str, str], name: str) -> int | None:
    """Return the whole number `name` of a query string, or None. Raises Invalid."""
    text = query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= MAX_SEQ):
        raise Invalid(f"must be a whole number from 0 to {MAX_SEQ}", field=name)
    return int(text)


def moment(query: Mapping[str, str], name: str) -> datetime | None:
    """Return the moment `name` of a query string, ISO 8601 with its zone, or None. Raises Invalid."""
    text = query.get(name)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else _no_moment(name)
    except (ValueError, OverflowError):  # the latter: the last hours of the year 9999
        return _no_moment(name)


def _no_moment(name: str) -> NoReturn:
    raise Invalid("must be a moment of ISO 8601 with its zone, as 2026-01-31T09:30:00Z", field=name) from None


def uploaded(request: HttpRequest, name: str) -> list[Upload]:
    """Return the files that came in a form under `name` (`chatsite.uploads` put each on disk); a form's empty field is none."""
    files = request.FILES.getlist(name)
    return [Upload(Path(each.temporary_file_path()), each.name or "", each.size or 0) for each in files]  # type: ignore[attr-defined]
