"""Who may do what. Each function answers with the refusal, or None where the thing is allowed; actions ask under the lock."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from accounts import filtering
from accounts.models import Site, User
from accounts.models.site import SignupPolicy
from rooms.errors import Archived, Banned, ChatError, Forbidden, Invalid, Muted, NotFound, TooSoon, phrase
from rooms.models import Attachment, Invitation, Membership, Message, Room, Sanction
from rooms.models.room import MOST_DIRECT

MOST_QUOTES = 500  # of one message: when it is edited each of them changes with it, under the lock of the room

NO_ROOM = _("there is no such room, or you are not in it")
NO_MESSAGE = _("there is no such message")
NO_PERSON = _("there is nobody like that")
NO_INVITATION = _("there is no such link")
ARCHIVED = _("this room is archived")
MOST_UNREAD = 5_000  # messages


def refusal_to_read(room: Room | None, membership: Membership | None) -> ChatError | None:
    """Members read. To others a room they are not in looks like none at all."""
    return NotFound(NO_ROOM, field="room") if room is None or membership is None else None


def refusal_to_change(room: Room | None, membership: Membership | None) -> ChatError | None:
    """Members change what is in a room, while it is not archived."""
    if refusal := refusal_to_read(room, membership):
        return refusal
    assert room is not None
    return Archived(ARCHIVED, field="room") if room.is_archived else None


def refusal_to_post(room: Room | None, membership: Membership | None) -> ChatError | None:
    """Members post, while the room is not archived and they are not muted."""
    if room and membership and room.archived_at is None and membership.muted_until is None:
        return None  # nearly always: asked at every message
    if refusal := refusal_to_change(room, membership):
        return refusal
    assert membership is not None
    return _muted(membership)


def _muted(membership: Membership) -> ChatError | None:
    if not membership.is_muted:
        return None
    assert membership.muted_until is not None
    return Muted(membership.muted_until, membership.mute_reason)


def refusal_to_be_typing(membership: Membership | None) -> ChatError | None:
    """Who may say nothing is not seen beginning to."""
    return NotFound(NO_ROOM, field="room") if membership is None else _muted(membership)


def refusal_to_say(body: str) -> ChatError | None:
    """Nobody says what the site's word filter refuses."""
    word = filtering.refused(body)
    return Invalid(phrase(_("“%(word)s” is not said here"), word=word), field="body") if word else None


def refusal_to_hurry(room: Room, membership: Membership, now: datetime) -> ChatError | None:
    """In a room with slow mode members say one thing every so many seconds; moderators as they like."""
    if membership.role == Membership.Role.MODERATOR or membership.spoke_at is None:
        return None
    left = membership.spoke_at + timedelta(seconds=room.slow_mode) - now
    return TooSoon(every=room.slow_mode, retry_after=left.total_seconds()) if left > timedelta() else None


def refusal_to_mark_unread(room: Room, message: Message | None) -> ChatError | None:
    """Who may read marks unread what is there, as far back as can be counted."""
    if message is None:
        return NotFound(NO_MESSAGE, field="seq")
    if room.last_seq - message.seq >= MOST_UNREAD:
        words = _("too far back: at most the latest %(most)s messages can be marked unread")
        return Invalid(phrase(words, most=MOST_UNREAD), field="seq")
    return None


def refusal_to_edit(message: Message | None, membership: Membership) -> ChatError | None:
    """One edits what one wrote oneself, as long as it stands."""
    if message is None or message.is_deleted:
        return NotFound(NO_MESSAGE, field="seq")
    if message.author_id != membership.user_id:
        return Forbidden(_("only its author may edit a message"), field="seq")
    return None


def refusal_to_delete(message: Message | None, membership: Membership) -> ChatError | None:
    """One deletes what one wrote, muted or not: it takes back, and says nothing; a moderator who is not muted anything in the room."""
    if message is None or message.is_deleted:
        return NotFound(NO_MESSAGE, field="seq")
    if message.author_id == membership.user_id:
        return None
    if membership.role != Membership.Role.MODERATOR:
        return Forbidden(_("only its author or a moderator may delete a message"), field="seq")
    return _muted(membership)


def refusal_to_answer(root: Message | None) -> ChatError | None:
    """Who may post may open a thread under what stands in the log, and go on with one whose root was deleted."""
    if root is None or (root.is_deleted and not root.summary):
        return NotFound(NO_MESSAGE, field="thread")
    if root.thread:
        return Invalid(_("an answer has no thread of its own"), field="thread")
    return None


def refusal_to_follow(root: Message | None) -> ChatError | None:
    """Who may read follows what may have a thread: a message that stands, or one under which somebody answered."""
    if root is None or (root.is_deleted and not root.summary):
        return NotFound(NO_MESSAGE, field="seq")
    return None


def refusal_to_quote(quoted: Message | None, thread: int | None, times: int) -> ChatError | None:
    """What is quoted stands in the same log: that of the room, or of the thread (the seq of its root); and not too many `times` already."""
    if quoted is None:
        return NotFound(_("the message it answers is gone"), field="reply_to")
    if quoted.thread != thread and quoted.seq != thread:
        return Invalid(_("is not in the same log, of the room or the thread"), field="reply_to")
    if times >= MOST_QUOTES:
        return Invalid(
            phrase(_("has been quoted %(most)s times: answer in its thread"), most=MOST_QUOTES), field="reply_to"
        )
    return None


def refusal_to_see_revisions(message: Message | None, membership: Membership) -> ChatError | None:
    """What a message said before is for its author, and for who moderates the room."""
    if message is None or message.is_deleted:
        return NotFound(NO_MESSAGE, field="seq")
    if message.author_id != membership.user_id and membership.role != Membership.Role.MODERATOR:
        return Forbidden(_("what it said before is for its author and moderators"), field="seq")
    return None


def refusal_to_pin(message: Message | None, membership: Membership) -> ChatError | None:
    """Who may post may pin what stands, and unpin what anybody has pinned."""
    return NotFound(NO_MESSAGE, field="seq") if message is None or message.is_deleted else None


def refusal_to_save(message: Message | None, on: bool) -> ChatError | None:
    """Who reads it may save what stands, and put it away whatever became of it."""
    return NotFound(NO_MESSAGE, field="seq") if message is None or (on and message.is_deleted) else None


def refusal_to_react(message: Message | None, membership: Membership) -> ChatError | None:
    """Who may post may react to what stands."""
    return NotFound(NO_MESSAGE, field="seq") if message is None or message.is_deleted else None


def refusal_to_make(user: User, site: Site) -> ChatError | None:
    """Rooms are made by everyone or by the staff, as the site's settings say."""
    allowed = user.may_come_in and site.lets_make_rooms(is_staff=user.is_staff)
    return None if allowed else Forbidden(_("only staff may make rooms here"), field="room")


def refusal_to_open(user: User, people: Sequence[User | None]) -> ChatError | None:
    """Anyone writes to anyone who is here, and to as many as fit; nobody to oneself alone. `people`: all of them, None for who is not there."""
    if not user.may_come_in:
        return Forbidden(_("sign in first"))
    if any(person is None or not person.may_come_in for person in people):
        return NotFound(_("somebody is not there, or no longer here"), field="people")
    count = len({user, *people})
    if count < 2:
        return Invalid(_("a conversation takes somebody else"), field="people")
    if count > MOST_DIRECT:
        return Invalid(
            phrase(_("%(count)s with yourself, at most %(most)s"), count=count, most=MOST_DIRECT), field="people"
        )
    return None


def refusal_to_join(room: Room | None, membership: Membership | None) -> ChatError | None:
    """Anyone joins an open room, while it is not archived. To who is not in it any other looks like none at all."""
    if room is None or (room.kind != Room.Kind.OPEN and membership is None):
        return NotFound(NO_ROOM, field="room")
    return Archived(ARCHIVED, field="room") if room.is_archived else None


def refusal_to_enter(ban: Sanction | None) -> ChatError | None:
    """Who is banned from a room does not come in while that holds, whichever way."""
    return Banned(ban.until, ban.reason) if ban and ban.holds else None


def refusal_to_bring(bans: Sequence[Sanction]) -> ChatError | None:
    """Nor does anybody bring them in."""
    names = ", ".join(ban.user.name for ban in bans)
    return Forbidden(phrase(_("banned from this room: %(names)s"), names=names), field="people") if bans else None


def refusal_to_leave(room: Room | None, membership: Membership | None) -> ChatError | None:
    """One leaves any room but a direct conversation, whose people are what makes it."""
    if refusal := refusal_to_read(room, membership):
        return refusal
    assert room is not None
    if room.is_direct:
        return Forbidden(_("a direct conversation can't be left"), field="room")
    return None


def refusal_to_moderate(room: Room | None, membership: Membership | None) -> ChatError | None:
    """Moderators take members out, give them a role, and archive the room or take it into use again."""
    if refusal := refusal_to_read(room, membership):
        return refusal
    assert room is not None and membership is not None
    if room.is_direct:
        return Forbidden(_("a direct conversation has no settings"), field="room")
    if membership.role != Membership.Role.MODERATOR:
        return Forbidden(_("only a moderator may do this"), field="room")
    return None


def refusal_to_act_on(user: User, target: User | None, role: str | None) -> ChatError | None:
    """Whom a moderator acts on: not themselves, not the staff of the site, not another moderator. `role`: of the target, if they are in the room."""
    if target is None:
        return NotFound(NO_PERSON, field="user")
    if target == user:
        return Invalid(_("this is not done to oneself"), field="user")
    if target.is_staff:
        return Forbidden(_("only an administrator may do this to the staff of the site"), field="user")
    if role == Membership.Role.MODERATOR:
        return Forbidden(_("nobody does this to a moderator; make them a member first"), field="user")
    return None


def refusal_to_police(user: User, target: User | None) -> ChatError | None:
    """On the whole site, and in rooms they are not in, the staff act who may change people; on the staff only administrators, on these nobody."""
    if not (user.may_come_in and user.is_staff and user.has_perm("accounts.change_user")):
        return Forbidden(_("only staff may do this"), field="user")
    if target is None:
        return NotFound(NO_PERSON, field="user")
    if target == user:
        return Invalid(_("this is not done to oneself"), field="user")
    if target.is_superuser or (target.is_staff and not user.is_superuser):
        return Forbidden(_("only an administrator may do this to the staff of the site"), field="user")
    return None


def refusal_to_report(message: Message | None, user: User) -> ChatError | None:
    """Who may read reports what stands, and what others wrote."""
    if message is None or message.is_deleted:
        return NotFound(NO_MESSAGE, field="seq")
    return Invalid(_("one's own message is not reported, but deleted"), field="seq") if message.author == user else None


def refusal_to_arrange(room: Room | None, membership: Membership | None) -> ChatError | None:
    """Moderators name the room, say what it is about, open and close it, and make invitations, while it is not archived."""
    if refusal := refusal_to_moderate(room, membership):
        return refusal
    assert room is not None
    return Archived(ARCHIVED, field="room") if room.is_archived else None


def refusal_to_add(room: Room | None, membership: Membership | None) -> ChatError | None:
    """To an open room every member adds people, to a closed one its moderators, while it is not archived."""
    if room is None or membership is None or room.kind != Room.Kind.OPEN:
        return refusal_to_arrange(room, membership)
    return Archived(ARCHIVED, field="room") if room.is_archived else None


def refusal_to_invite(user: User, site: Site) -> ChatError | None:
    """The link of the site is for everyone to pass on, or for the staff, as the site's settings say. (A link to a room: `refusal_to_arrange`.)"""
    allowed = user.may_come_in and site.lets_invite(is_staff=user.is_staff)
    return None if allowed else Forbidden(_("only staff may invite to this site"), field="site")


def refusal_to_renew(user: User) -> ChatError | None:
    """The staff make a new one who may change the site's settings."""
    allowed = user.may_come_in and user.is_staff and user.has_perm("accounts.change_site")
    return None if allowed else Forbidden(_("only staff may do this"), field="site")


def refusal_to_accept(invitation: Invitation | None, room: Room | None) -> ChatError | None:
    """A link lets in who has it, into a room that is in use, while it holds."""
    if invitation is None or room is None:
        return NotFound(NO_INVITATION, field="token")
    if room.is_archived:
        return Archived(ARCHIVED, field="room")
    state = invitation.state()
    if state == Invitation.State.ACTIVE:
        return None
    return Forbidden(phrase(_("this link does not work any more: %(why)s"), why=state.label), field="token")


def refusal_to_sign_up(invitation: Invitation | None, site: Site) -> ChatError | None:
    """A link to a room is an invitation to the site, too, where that asks for one and who made the link may invite to it."""
    if site.signup_policy == SignupPolicy.CLOSED:
        return Forbidden(_("sign-up is closed"), field="site")
    room = invitation.room if invitation else None
    if refusal := refusal_to_accept(invitation, room):
        return refusal
    assert invitation is not None
    if site.signup_policy == SignupPolicy.OPEN:
        return None
    return refusal_to_invite(invitation.created_by, site)


def refusal_to_attach(attachments: Sequence[Attachment | None], membership: Membership) -> ChatError | None:
    """One sends along what one uploaded oneself, to this room, and has not sent yet."""
    for each in attachments:
        if each is None or each.uploader_id != membership.user_id or each.room_id != membership.room_id:
            return NotFound(_("there is no such file of yours that waits in this room"), field="attachments")
    return None
