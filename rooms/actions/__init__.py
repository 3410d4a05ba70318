"""Everything that changes a room. Sockets, pages, API and admin all come through here; so does code of a site that embeds us.
It may run in a process that serves nobody (a command, a task queue's worker): with a broker everybody who is connected hears of it.

from rooms import actions
actions.post([actions.Draft(author=user, room="lobby", body="Hello")])
"""

from rooms.actions.arranging import FIELDS as ROOM_FIELDS
from rooms.actions.arranging import (
    archive,
    arrange,
    create_room,
    ensure_lobby,
    make_room,
    set_archived,
    unarchive,
    update_room,
)
from rooms.actions.attaching import upload, withdraw
from rooms.actions.conversing import call_anew, named, open_direct
from rooms.actions.editing import delete, delete_as_admin, edit
from rooms.actions.following import follow, standing_to, thread_read
from rooms.actions.inviting import accept, accepts, invite, make_invitation, opens_sign_up, revoke, revoke_invitation
from rooms.actions.involving import involve
from rooms.actions.joining import (
    admit,
    change_role,
    dismiss,
    join,
    join_defaults,
    leave,
    publish_admission,
    publish_dismissal,
)
from rooms.actions.moderating import add_members, remove_member, set_role
from rooms.actions.pinning import pin
from rooms.actions.posting import Draft, Joining, Posted, post, post_one, prepared
from rooms.actions.purging import Purged, purge, purge_as_staff
from rooms.actions.reacting import react
from rooms.actions.reading import read, unread
from rooms.actions.reporting import report, settle
from rooms.actions.sanctioning import ban, ban_as_staff, lift, lift_as_staff, mute, mute_as_staff
from rooms.actions.saving import save

__all__ = [
    "ROOM_FIELDS",
    "Draft",
    "Joining",
    "Posted",
    "Purged",
    "accept",
    "accepts",
    "add_members",
    "admit",
    "archive",
    "arrange",
    "ban",
    "ban_as_staff",
    "call_anew",
    "change_role",
    "create_room",
    "delete",
    "delete_as_admin",
    "dismiss",
    "edit",
    "ensure_lobby",
    "follow",
    "invite",
    "involve",
    "join",
    "join_defaults",
    "leave",
    "lift",
    "lift_as_staff",
    "make_invitation",
    "make_room",
    "mute",
    "mute_as_staff",
    "named",
    "open_direct",
    "opens_sign_up",
    "pin",
    "post",
    "post_one",
    "prepared",
    "publish_admission",
    "publish_dismissal",
    "purge",
    "purge_as_staff",
    "react",
    "read",
    "remove_member",
    "report",
    "revoke",
    "revoke_invitation",
    "save",
    "set_archived",
    "set_role",
    "settle",
    "standing_to",
    "thread_read",
    "unarchive",
    "unread",
    "update_room",
    "upload",
    "withdraw",
]
