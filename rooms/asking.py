"""What views ask of a request: the person's membership of the room in the address, and whole numbers from the query string."""

from collections.abc import Mapping

from django.http import Http404, HttpRequest

from accounts.models import User
from rooms.errors import Invalid
from rooms.models import Membership
from rooms.schemas import MAX_SEQ


class SignedIn(HttpRequest):
    """A request behind `login_required`."""

    user: User


def member_of(user: User, slug: str) -> Membership:
    """Return the membership with its room and unread count. Raises Http404: a room one is not in looks like none at all."""
    membership = Membership.objects.of(user).with_unread().filter(room__slug=slug).first()
    if membership is None:
        raise Http404("No such room, or you are not in it.")
    return membership


def number(query: Mapping[str, str], name: str) -> int | None:
    """Return the whole number `name` of a query string, or None. Raises Invalid."""
    text = query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= MAX_SEQ):
        raise Invalid(f"{name}: must be a whole number from 0 to {MAX_SEQ}", field=name)
    return int(text)
