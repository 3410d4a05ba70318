"""What the people of a room do with its members: add, take out, give a role. All of it is seen at once by whom it concerns."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.models.standing import admitted
from rooms.actions.change import allow, held
from rooms.actions.joining import admit, change_role, dismiss
from rooms.errors import Invalid, NotFound
from rooms.models import Membership, Room, Sanction
from rooms.permissions import refusal_to_act_on, refusal_to_add, refusal_to_bring, refusal_to_moderate

NO_MEMBER = _("there is nobody like that in this room")


def add_members(user: User, slug: str, people: Iterable[User]) -> list[Membership]:
    """Make active `people` members; who is one already stays as they are. Returns the new memberships. Raises ChatError."""
    with transaction.atomic():
        room = held(user, slug, refusal_to_add)
        by = user if room.kind == Room.Kind.CLOSED else None  # to an open one everybody adds
        here = [person for person in people if person.may_come_in]
        against = Sanction.objects.against(room, here)
        allow(refusal_to_bring([each for each in against if each.kind == Sanction.Kind.BAN]))
        return admit(room, here, by=by)


def remove_member(user: User, slug: str, user_id: int, reason: str = "") -> None:
    """Take somebody else out of the room; they may come back as anybody may. Raises ChatError."""
    with transaction.atomic():
        room = held(user, slug, refusal_to_moderate)
        if user_id == user.pk:
            raise Invalid(_("one leaves a room by oneself"), field="user")
        member = _member(room, user_id)
        allow(refusal_to_act_on(user, member.user, member.role))
        dismiss(room, [member.user], user, reason)


def set_role(user: User, slug: str, user_id: int, role: str) -> None:
    """Make somebody a moderator, or a member again. The last moderator stays one. Raises ChatError."""
    if role not in Membership.Role.values:
        raise Invalid(_("there is no such role"), field="role")
    with transaction.atomic():
        room = held(user, slug, refusal_to_moderate)
        membership = _member(room, user_id)
        if membership.role == role:
            return
        if role == Membership.Role.MEMBER and not _others_moderate(room, user_id):
            raise Invalid(_("a room keeps its last moderator; name another one first"), field="role")
        change_role(membership, role, user)


def _member(room: Room, user_id: int) -> Membership:
    membership = room.memberships.filter(user=user_id).select_related("user").first()
    if membership is None:
        raise NotFound(NO_MEMBER, field="user")
    return membership


def _others_moderate(room: Room, user_id: int) -> bool:
    moderators = room.memberships.filter(admitted("user__"), role=Membership.Role.MODERATOR)
    return moderators.exclude(user=user_id).exists()
