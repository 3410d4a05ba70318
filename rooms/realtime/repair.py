"""After an error of the database: connections that it has left unusable (a restart) are closed, and made anew by whoever asks next."""

from django.db import connections


def drop_broken_connections() -> bool:
    """Close those of this greenlet's database connections that an error has left unusable; tell whether there were."""
    broken = [each for each in connections.all(initialized_only=True) if each.errors_occurred and not each.is_usable()]
    for connection in broken:
        connection.close()
    return bool(broken)
