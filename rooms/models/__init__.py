"""What a chat is made of. One concept a file, its queries named on its QuerySet."""

from rooms.models.membership import Membership
from rooms.models.message import Message
from rooms.models.reaction import Reaction
from rooms.models.room import Room

__all__ = ["Membership", "Message", "Reaction", "Room"]
