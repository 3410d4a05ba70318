"""Whole rows written past the query compiler, as `rows` reads them.

`bulk_create` takes 100 µs a row, SQLite itself 10 (measured). SQLite gets a statement with many rows to run, PostgreSQL, behind a wire, one statement
that has them all. Invariant: names and conversions are those of the model's fields, so what is written here follows the models by itself.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from operator import itemgetter
from typing import Any

from django.db import models

from rooms.models.rows import Row, connection_of, marks, shape_of


def insert(objects: Sequence[models.Model], returning: Sequence[str] = ()) -> list[Row] | None:
    """Store new instances of one model. Their primary keys are not set; `returning`: columns of what is stored, in any order; None where
    the database does not tell (SQLite, of many)."""
    model = type(objects[0])
    connection: Any = connection_of(model)
    given = [each.__dict__ for each in objects]  # past the descriptors of the fields
    text, of, preparers = _insertion(model, connection.vendor, _left_out(model, given))
    rows = [list(of(attributes)) for attributes in given]
    for n, prepare in preparers:
        last = made = None
        for row in rows:
            if row[n] is not last:  # those who are stored together share a moment
                last = row[n]
                made = None if last is None else prepare(last)
            row[n] = made
    if connection.vendor == "sqlite":
        connection.rows(f"{text} ({marks(len(rows[0]))})", rows, many=True)
        return None
    told = f" RETURNING {', '.join(returning)}" if returning else ""
    with connection.cursor() as cursor:
        cursor.execute(f"{text} {_groups(rows)}{told}", _flat(rows))
        return cursor.fetchall() if returning else []


def _left_out(model: type[models.Model], given: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """The columns in which all of them have NULL: they have it unsaid, too, and each that is said takes Python's driver of SQLite an exception."""
    names, of = _optional(model)
    kinds = set(map(of, given))
    return tuple([name for n, name in enumerate(names) if all(kind[n] is None for kind in kinds)])


@cache
def _optional(model: type[models.Model]) -> tuple[list[str], Callable[[Any], Row]]:
    """The columns that may be NULL, and what takes their values from the attributes of an instance."""
    names = [field.attname for field in model._meta.concrete_fields if field.null and not field.has_db_default()]
    return names, lambda attributes: tuple([attributes[name] for name in names])


@cache
def _insertion(
    model: type[models.Model], vendor: str, left_out: tuple[str, ...]
) -> tuple[str, Callable[[Any], Row], list[tuple[int, Callable[[Any], Any]]]]:
    """The beginning of the statement, without some columns; what takes the values of the others from the attributes of an instance; and how some
    of those are made what the database takes: the value's number, and a function."""
    shape, quote = shape_of(model, vendor), connection_of(model).ops.quote_name
    fields = [field for field in model._meta.concrete_fields if not field.primary_key and field.attname not in left_out]
    names = [field.attname for field in fields]
    columns = ", ".join([quote(str(field.column)) for field in fields])
    preparers = [
        (names.index(field.attname), _preparer(model, field, vendor))
        for _, field in shape.converted
        if field.attname in names
    ]
    return f"INSERT INTO {shape.table} ({columns}) VALUES", itemgetter(*names), preparers


def last_keys(model: type[models.Model], count: int) -> range | None:
    """Return the primary keys of the `count` rows that this transaction stored last: SQLite, to which nobody else writes meanwhile, counts on.

    None where others may have written, too.
    """
    connection: Any = connection_of(model)
    if connection.vendor != "sqlite":
        return None
    [[last]] = connection.rows("SELECT last_insert_rowid()", ())
    return range(last - count + 1, last + 1)


def _preparer(model: type[models.Model], field: Any, vendor: str) -> Callable[[Any], Any]:
    if vendor == "sqlite" and type(field) is models.UUIDField:
        return _hex
    return partial(_prepared, model, field)


def _hex(value: Any) -> str:
    return value.int.to_bytes(16, "big").hex()  # a third of `value.hex`


def _prepared(model: type[models.Model], field: Any, value: Any) -> Any:
    return field.get_db_prep_save(value, connection_of(model))


def update(model: type[models.Model], names: Sequence[str], given: Sequence[tuple[int, ...]]) -> None:
    """Set number columns of many rows: each of `given` has a value for each of `names`, then an id. A third of `bulk_update` (measured)."""
    connection: Any = connection_of(model)
    table = shape_of(model, connection.vendor).table
    if connection.vendor == "sqlite":
        changes = ", ".join([f"{name} = %s" for name in names])
        connection.rows(f"UPDATE {table} SET {changes} WHERE id = %s", given, many=True)
        return
    changes = ", ".join([f"{name} = fresh.{name}" for name in names])
    fresh = f"(VALUES {_groups(given)}) AS fresh ({', '.join(names)}, id)"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {changes} FROM {fresh} WHERE {table}.id = fresh.id", _flat(given))


def _groups(given: Sequence[Row]) -> str:
    return ", ".join([f"({marks(len(given[0]))})"] * len(given))


def _flat(given: Sequence[Row]) -> list[Any]:
    return [value for row in given for value in row]


@contextmanager
def few_round_trips(model: type[models.Model]) -> Iterator[None]:
    """What is written within is sent to PostgreSQL at once, and waited for with the next answer that somebody reads, the commit's at the latest.

    For transactions that hold a lock others wait for: each time we wait, the hub lets others of this process work. An error comes up as ever, but
    perhaps at a later statement. To SQLite there is no way to save. To be entered before the transaction.
    """
    connection: Any = connection_of(model)
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield  # in a transaction, an error could not be taken back to a savepoint
        return
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield
