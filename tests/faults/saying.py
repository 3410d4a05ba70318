"""What a site says in its log, record by record, and which of it a fault explains that has begun by then.

Invariant: nothing is forgiven for a word that it has among others. A record without a traceback is explained by its line; one with tracebacks only if
each error in them is: what was raised while a connection was lost is told with the loss, and may be another thing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

BEGINS = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \w+ ")
RAISED = re.compile(r"^(?:\w+\.)*[A-Z]\w*[a-z]\w*(?:: .*)?$", re.MULTILINE)  # the last line of a traceback
TRACEBACK = "Traceback (most recent call last)"
NOTHING = "(?!)"
# What is told with another error that came while it was dealt with, and is none: a session that was not read yet; a message that was said again.
MET = re.compile(
    r"^AttributeError: 'SessionStore' object has no attribute '_session_cache'"
    r"|^(psycopg\.errors\.UniqueViolation|django\.db\.utils\.IntegrityError): .*\"one_message_a_client_id\"$"
)


@dataclass(frozen=True)
class Explains:
    """What a fault makes a site say."""

    lines: str = NOTHING  # a pattern of records without a traceback
    errors: str = NOTHING  # of each error in those that have some


def records(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield each record with the number of its first line."""
    begun = [n for n, line in enumerate(lines) if n == 0 or BEGINS.match(line)]
    for first, after in zip(begun, [*begun[1:], len(lines)], strict=True):
        yield first, "\n".join(lines[first:after])


def is_explained(record: str, by: Sequence[Explains]) -> bool:
    """Whether some of these faults, together, are all that the record tells of."""
    if TRACEBACK not in record:
        return any(re.search(each.lines, record) for each in by)
    errors = [error for error in RAISED.findall(record) if not MET.match(error)]
    return bool(errors) and all(any(re.search(each.errors, error) for each in by) for error in errors)


def unexplained(
    troubles: Sequence[tuple[int, str]], faults: Mapping[str, Explains], begun: Mapping[str, int]
) -> list[str]:
    """Of records that tell of trouble, those that no fault explains. `begun`: how many lines there were when each kind first came."""
    return [
        record
        for at, record in troubles
        if not is_explained(record, [faults[name] for name, since in begun.items() if name in faults and since <= at])
    ]
