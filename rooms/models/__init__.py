"""What a chat is made of. One concept a file, its queries named on its QuerySet."""

from rooms.models.attachment import Attachment
from rooms.models.done import Done
from rooms.models.follower import Follower
from rooms.models.invitation import Invitation
from rooms.models.membership import Membership
from rooms.models.mention import Mention
from rooms.models.message import Message
from rooms.models.reaction import Reaction
from rooms.models.report import Report
from rooms.models.revision import Revision
from rooms.models.room import Room
from rooms.models.sanction import Sanction
from rooms.models.saved import Saved

__all__ = [
    "Attachment",
    "Done",
    "Follower",
    "Invitation",
    "Membership",
    "Mention",
    "Message",
    "Reaction",
    "Report",
    "Revision",
    "Room",
    "Sanction",
    "Saved",
]
