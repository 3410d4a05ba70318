"""Whether the site waits for its first person.

Not cached: it is asked by `/`, the sign-in page and the start of the server only, and costs one probe of an index.
"""

from accounts.models import User


def is_needed() -> bool:
    """Whether nobody is here yet, so that `/welcome/` is open."""
    return not User.objects.exists()
