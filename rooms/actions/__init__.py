"""Everything that changes a room. Sockets, pages, API and admin all come through here; so does code of a site that embeds us:

from rooms import actions
actions.post([actions.Draft(author=user, room="lobby", body="Hello")])
"""

from rooms.actions.arranging import FIELDS as ROOM_FIELDS
from rooms.actions.arranging import archive, create_room, ensure_lobby, unarchive, update_room
from rooms.actions.editing import delete, delete_as_admin, edit
from rooms.actions.joining import admit, change_role, dismiss, join, join_defaults, leave
from rooms.actions.posting import Draft, Posted, post, post_one
from rooms.actions.reacting import react
from rooms.actions.reading import read

__all__ = [
    "ROOM_FIELDS",
    "Draft",
    "Posted",
    "admit",
    "archive",
    "change_role",
    "create_room",
    "delete",
    "delete_as_admin",
    "dismiss",
    "edit",
    "ensure_lobby",
    "join",
    "join_defaults",
    "leave",
    "post",
    "post_one",
    "react",
    "read",
    "unarchive",
    "update_room",
]
