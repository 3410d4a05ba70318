"""The one table of the Django peers, the tutorial's: a message and the unique offset that its author gave it."""

from django.db import IntegrityError, connection, models


class Message(models.Model):
    """A stored message."""

    room = models.CharField(max_length=50)
    client_offset = models.CharField(max_length=50, unique=True)
    content = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["room", "id"])]

    def __str__(self) -> str:
        return self.content


def make_table() -> None:
    """Make the table, unless it is there."""
    if Message._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.create_model(Message)
    connection.close()


def store(room: str, content: str, client_offset: str) -> int | None:
    """Store a message; return its id, or None if this is a retry."""
    try:
        return Message.objects.create(room=room, content=content, client_offset=client_offset).pk
    except IntegrityError:
        return None
