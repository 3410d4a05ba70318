"""Django's admin for rooms. Whatever is changed here goes through `actions`, so that connected people see it at once."""

from rooms.admin import invitation, message, report, room, sanction

__all__ = ["invitation", "message", "report", "room", "sanction"]
