"""Whole rows past the query compiler, for the path of every message: instances in, instances out, a cursor's price in between.

Compiling a SELECT takes 300-600 µs, `bulk_create` 100 µs a row, `Model.__init__` 10; SQLite itself needs 20, 10 and 3 (measured). SQLite gets a
statement with many rows to run, PostgreSQL, behind a wire, one statement that has them all. Invariants: names and conversions are those of the
model's fields, so what is read and written here follows the models by itself; an instance is what `Model.from_db` would have made of its row.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from operator import itemgetter
from typing import Any, TypeVar

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import signals
from django.db.models.base import ModelState

M = TypeVar("M", bound=models.Model)
N = TypeVar("N", bound=models.Model)
Row = Sequence[Any]
PLAIN = (models.IntegerField, models.CharField, models.TextField, models.ForeignKey)  # go in and out as they are


@dataclass(frozen=True, slots=True)
class Shape:
    """A model's table as one kind of database has it."""

    table: str
    columns: str  # with the table's name before each
    names: tuple[str, ...]
    converted: tuple[tuple[int, Any], ...]  # those columns that Python sees otherwise than the database
    insert: str


@cache
def _shape(model: type[models.Model], vendor: str, deferred: tuple[str, ...] = ()) -> Shape:
    connection = _connection(model)
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    fields = [field for field in model._meta.concrete_fields if field.attname not in deferred]
    own = [quote(str(field.column)) for field in fields if not field.primary_key]
    return Shape(
        table,
        ", ".join(f"{table}.{quote(str(field.column))}" for field in fields),
        tuple(field.attname for field in fields),
        tuple((n, field) for n, field in enumerate(fields) if not isinstance(field, (*PLAIN, models.AutoField))),
        f"INSERT INTO {table} ({', '.join(own)}) VALUES",
    )


def _connection(model: type[models.Model]) -> BaseDatabaseWrapper:
    return connections[router.db_for_write(model)]


def select(model: type[M], rest: str, params: Row, *, defer: tuple[str, ...] = ()) -> list[M]:
    """Return the instances of `SELECT ... FROM {table} <rest>`; {table} may stand in `rest`, too. `defer` as for `joined`."""
    columns = _shape(model, _connection(model).vendor, defer).columns
    return _instances(model, values(model, columns, rest, params), defer)


def joined(
    model: type[M], other: type[N], extra: Row, rest: str, params: Row, *, defer: tuple[str, ...] = ()
) -> list[tuple[M, N, Row]]:
    """The same with `other`, which `rest` joins, and more columns: an instance of each and the columns' values.

    `defer`: names of fields of either that are left to be loaded when they are asked for.
    """
    vendor = _connection(model).vendor
    ours, theirs = _shape(model, vendor, defer), _shape(other, vendor, defer)
    found = values(model, ", ".join([ours.columns, theirs.columns, *extra]), rest, params)
    end, last = len(ours.names), len(ours.names) + len(theirs.names)
    first = _instances(model, [row[:end] for row in found], defer)
    second = _instances(other, [row[end:last] for row in found], defer)
    return list(zip(first, second, [row[last:] for row in found], strict=True))


def _instances(model: type[M], found: Iterable[Row], deferred: tuple[str, ...] = ()) -> list[M]:
    connection = _connection(model)
    names = _shape(model, connection.vendor, deferred).names
    rows = [list(row) for row in found]
    for n, convert in _converters(model, connection.vendor, deferred):
        for row in rows:
            if row[n] is not None:
                row[n] = convert(row[n], connection)
    if signals.pre_init.has_listeners(model) or signals.post_init.has_listeners(model):
        return [model.from_db(connection.alias, names, row) for row in rows]
    made = []
    for row in rows:
        state = ModelState()
        state.db, state.adding = connection.alias, False
        made.append(_made(model, dict(zip(names, row, strict=True)), state))
    return made


def instance(model: type[M], given: Mapping[str, Any], related: dict[str, Any]) -> M:
    """Return a new instance. `given`: attributes as they are, the other fields have their defaults; `related`: what its relations lead to."""
    state = ModelState()
    state.fields_cache = related
    return _made(model, {**_defaults(model), **given}, state)


def _made(model: type[M], attributes: dict[str, Any], state: ModelState) -> M:
    """An instance of these attributes: a whole dictionary put in its place, a fourth of what it takes to set them one by one (measured)."""
    made = model.__new__(model)
    attributes["_state"] = state
    made.__dict__ = attributes
    return made


@cache
def _defaults(model: type[models.Model]) -> dict[str, Any]:
    """The defaults of the concrete fields where those are plain values, None for the others."""
    return {
        field.attname: None if field.has_default() and callable(field.default) else field.get_default()
        for field in model._meta.concrete_fields
    }


@cache
def _converters(
    model: type[models.Model], vendor: str, deferred: tuple[str, ...]
) -> list[tuple[int, Callable[[Any, BaseDatabaseWrapper], Any]]]:
    """How the values of some columns are made what Python sees: the column's number, and a function of the value and its connection."""
    connection = _connection(model)
    found: list[tuple[int, Callable[[Any, BaseDatabaseWrapper], Any]]] = []
    for n, field in _shape(model, vendor, deferred).converted:
        column = field.get_col(model._meta.db_table)
        if vendor == "sqlite" and isinstance(field, models.DateTimeField):
            found.append((n, _moment))
            continue
        converters = [*connection.ops.get_db_converters(column), *field.get_db_converters(connection)]
        found += [(n, partial(_converted, convert, column)) for convert in converters]
    return found


def _converted(convert: Callable[..., Any], column: Any, value: Any, connection: BaseDatabaseWrapper) -> Any:
    return convert(value, column, connection)


def _moment(value: datetime, _: BaseDatabaseWrapper) -> datetime:
    """SQLite's moments are in UTC and do not say so."""
    return value.replace(tzinfo=UTC)


def values(model: type[models.Model], columns: str, rest: str, params: Row) -> list[Row]:
    """Return the rows of `SELECT <columns> FROM {table} <rest>`, as the driver gives them; {table} may stand in both."""
    connection = _connection(model)
    table = _shape(model, connection.vendor).table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {{table}} {rest}".replace("{table}", table), params)
        found: list[Row] = cursor.fetchall()
    return found


def query(model: type[models.Model], text: str, params: Row) -> list[Row]:
    """Return the rows of a whole query about one model, as the driver gives them; {table} may stand in it."""
    connection = _connection(model)
    with connection.cursor() as cursor:
        cursor.execute(text.replace("{table}", _shape(model, connection.vendor).table), params)
        found: list[Row] = cursor.fetchall()
    return found


def insert(objects: Sequence[models.Model], returning: Sequence[str] = ()) -> list[Row] | None:
    """Store new instances of one model. Their primary keys are not set; `returning`: columns of what is stored, in any order; None where
    the database does not tell (SQLite, of many)."""
    model = type(objects[0])
    connection = _connection(model)
    shape = _shape(model, connection.vendor)
    of = itemgetter(*[name for name in shape.names if name != model._meta.pk.attname])
    rows = [list(of(each.__dict__)) for each in objects]  # past the descriptors of the fields
    for n, prepare in _preparers(model, connection.vendor):
        last = made = None
        for row in rows:
            if row[n] is not last:  # those who are stored together share a moment
                last = row[n]
                made = None if last is None else prepare(last, connection)
            row[n] = made
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(f"{shape.insert} ({marks(len(rows[0]))})", rows)
            return None
        told = f" RETURNING {', '.join(returning)}" if returning else ""
        cursor.execute(f"{shape.insert} {_groups(rows)}{told}", _flat(rows))
        return cursor.fetchall() if returning else []


def last_keys(model: type[models.Model], count: int) -> range | None:
    """Return the primary keys of the `count` rows that this transaction stored last: SQLite, to which nobody else writes meanwhile, counts on.

    None where others may have written, too.
    """
    connection = _connection(model)
    if connection.vendor != "sqlite":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_insert_rowid()")
        [last] = cursor.fetchone()
    return range(last - count + 1, last + 1)


@cache
def _preparers(model: type[models.Model], vendor: str) -> list[tuple[int, Callable[[Any, BaseDatabaseWrapper], Any]]]:
    """How the values of some columns are made what the database takes: the column's number, not counting the primary key, and a function."""
    names = [name for name in _shape(model, vendor).names if name != model._meta.pk.attname]
    return [(names.index(field.attname), _preparer(field, vendor)) for _, field in _shape(model, vendor).converted]


def _preparer(field: Any, vendor: str) -> Callable[[Any, BaseDatabaseWrapper], Any]:
    if vendor == "sqlite" and type(field) is models.UUIDField:
        return lambda value, _: value.hex
    return field.get_db_prep_save


def update(model: type[models.Model], names: Sequence[str], given: Sequence[tuple[int, ...]]) -> None:
    """Set number columns of many rows: each of `given` is an id, then a value for each of `names`. A third of `bulk_update` (measured)."""
    connection = _connection(model)
    table = _shape(model, connection.vendor).table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            changes = ", ".join(f"{name} = %s" for name in names)
            cursor.executemany(f"UPDATE {table} SET {changes} WHERE id = %s", [(*row[1:], row[0]) for row in given])
        else:
            changes = ", ".join(f"{name} = fresh.{name}" for name in names)
            fresh = f"(VALUES {_groups(given)}) AS fresh (id, {', '.join(names)})"
            cursor.execute(f"UPDATE {table} SET {changes} FROM {fresh} WHERE {table}.id = fresh.id", _flat(given))


def _groups(given: Sequence[Row]) -> str:
    return ", ".join([f"({marks(len(given[0]))})"] * len(given))


def _flat(given: Sequence[Row]) -> list[Any]:
    return [value for row in given for value in row]


@contextmanager
def few_round_trips(model: type[models.Model]) -> Iterator[None]:
    """What is written within is sent to PostgreSQL at once, and waited for with the next answer that somebody reads, the commit's at the latest.

    For transactions that hold a lock others wait for: each time we wait, the hub lets others of this process work. An error comes up as ever, but
    perhaps at a later statement. To SQLite there is no way to save. To be entered before the
    transaction.
    """
    connection = _connection(model)
    if (
        connection.vendor != "postgresql" or connection.in_atomic_block
    ):  # there, an error could not be taken back to a savepoint
        yield
        return
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def prepared(model: type[models.Model], name: str, given: Iterable[Any]) -> list[Any]:
    """Return the values as the database compares them with the column of the field `name`."""
    field: Any = model._meta.get_field(name)
    connection = _connection(model)
    return [field.get_db_prep_value(value, connection) for value in given]


def for_update(model: type[models.Model]) -> str:
    """What ends a SELECT that locks its rows; nothing where the transaction locks everything (SQLite).

    Without the key: rows that refer to one of these are stored meanwhile, also by who holds what we want next.
    """
    connection = _connection(model)
    return connection.ops.for_update_sql(no_key=True) if connection.features.has_select_for_update else ""


def marks(count: int) -> str:
    """`%s, %s, ...`: the values of an IN. Of none NULL, which nothing equals: PostgreSQL has no empty IN."""
    return ", ".join(["%s"] * count) or "NULL"


@cache
def either(condition: str, count: int) -> str:
    """`(condition OR condition OR ...)`. For pairs: SQLite scans the index for (a, b) IN, and looks up each of these.

    Halved again and again: SQLite refuses an expression that is 1,000 deep.
    """
    half = count // 2
    return f"({either(condition, half)} OR {either(condition, count - half)})" if half else condition
