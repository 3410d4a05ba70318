"""The database connection of a greenlet: what an error has left unusable (a restart) is closed, and made anew by whoever asks next; what comes from
a pool is given back by who has done a job, or those who hold one and do nothing would leave none to the others.
"""

from django.conf import settings
from django.db import connections


def drop_broken_connections() -> bool:
    """Close those of this greenlet's database connections that an error has left unusable; tell whether there were."""
    broken = [each for each in connections.all(initialized_only=True) if each.errors_occurred and not each.is_usable()]
    for connection in broken:
        connection.close()
    return bool(broken)


def give_back() -> None:
    """This greenlet needs its connection no more for now."""
    if settings.DATABASE_IS_POOLED:
        connections.close_all()
