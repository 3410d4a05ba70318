"""Django's admin for rooms. Whatever is changed here goes through `actions`, so that connected people see it at once."""

from rooms.admin import message, room

__all__ = ["message", "room"]
