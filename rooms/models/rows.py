"""Whole rows past the query compiler, for the path of every message: instances in, instances out, a cursor's price in between.

Compiling a SELECT takes 300-600 µs, `Model.__init__` 10; SQLite itself needs 20 and 3 (measured). Invariants: names and conversions are those of the
model's fields, so what is read here follows the models by itself; an instance is what `Model.from_db` would have made of its row. `storing` writes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, TypeVar
from uuid import UUID

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


@cache
def shape_of(model: type[models.Model], vendor: str, deferred: tuple[str, ...] = ()) -> Shape:
    """The table of `model`, without the fields named in `deferred`."""
    connection = connection_of(model)
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    fields = [field for field in model._meta.concrete_fields if field.attname not in deferred]
    return Shape(
        table,
        ", ".join(f"{table}.{quote(str(field.column))}" for field in fields),
        tuple(field.attname for field in fields),
        tuple((n, field) for n, field in enumerate(fields) if not isinstance(field, (*PLAIN, models.AutoField))),
    )


@cache
def but(model: type[models.Model], *names: str) -> tuple[str, ...]:
    """The names of all fields but these, to be deferred. The key is never among them."""
    return tuple(field.attname for field in model._meta.concrete_fields if field.attname not in (*names, "id"))


def connection_of(model: type[models.Model]) -> BaseDatabaseWrapper:
    """This greenlet's connection to the database that has `model`."""
    return connections[router.db_for_write(model)]


def run(connection: Any, text: str, params: Row) -> list[Row]:
    """Run a SELECT; return its rows, as the driver gives them."""
    found: list[Row]
    if connection.vendor == "sqlite":
        found = connection.rows(text, params)  # our own backend's: chatsite/backends/sqlite3
    else:
        with connection.cursor() as cursor:
            cursor.execute(text, params)
            found = cursor.fetchall()
    return found


def select(model: type[M], rest: str, params: Row, *, defer: tuple[str, ...] = ()) -> list[M]:
    """Return the instances of `SELECT ... FROM {table} <rest>`; {table} may stand in `rest`, too. `defer` as for `joined`."""
    connection = connection_of(model)
    shape = shape_of(model, connection.vendor, defer)
    found = run(connection, f"SELECT {shape.columns} FROM {{table}} {rest}".replace("{table}", shape.table), params)
    return _instances(model, connection, found, defer)


def joined(
    model: type[M], other: type[N], extra: Row, rest: str, params: Row, *, defer: tuple[str, ...] = ()
) -> list[tuple[M, N, Row]]:
    """The same with `other`, which `rest` joins, and more columns: an instance of each and the columns' values.

    `defer`: names of fields of either that are left to be loaded when they are asked for.
    """
    connection = connection_of(model)
    ours, theirs = shape_of(model, connection.vendor, defer), shape_of(other, connection.vendor, defer)
    found = values(model, ", ".join([ours.columns, theirs.columns, *extra]), rest, params)
    end, last = len(ours.names), len(ours.names) + len(theirs.names)
    first = _instances(model, connection, [row[:end] for row in found], defer)
    second = _instances(other, connection, [row[end:last] for row in found], defer)
    return list(zip(first, second, [row[last:] for row in found], strict=True))


def _instances(
    model: type[M], connection: BaseDatabaseWrapper, found: Iterable[Row], deferred: tuple[str, ...] = ()
) -> list[M]:
    names, alias = shape_of(model, connection.vendor, deferred).names, connection.alias
    rows = [list(row) for row in found]
    for n, convert in _converters(model, connection.vendor, deferred):
        for row in rows:
            if row[n] is not None:
                row[n] = convert(row[n])
    if signals.pre_init.has_listeners(model) or signals.post_init.has_listeners(model):
        return [model.from_db(alias, names, row) for row in rows]
    made = []
    for row in rows:
        state = ModelState()
        state.db, state.adding = alias, False
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
) -> list[tuple[int, Callable[[Any], Any]]]:
    """How the values of some columns are made what Python sees: the column's number, and a function."""
    connection = connection_of(model)
    found: list[tuple[int, Callable[[Any], Any]]] = []
    for n, field in shape_of(model, vendor, deferred).converted:
        column = field.get_col(model._meta.db_table)
        if vendor == "sqlite" and type(field) in _QUICK:
            found.append((n, _QUICK[type(field)]))
            continue
        converters = [*connection.ops.get_db_converters(column), *field.get_db_converters(connection)]
        found += [(n, partial(_converted, convert, column, model)) for convert in converters]
    return found


def _converted(convert: Callable[..., Any], column: Any, model: type[models.Model], value: Any) -> Any:
    return convert(value, column, connection_of(model))


def _moment(value: datetime) -> datetime:
    """SQLite's moments are in UTC and do not say so."""
    return value.replace(tzinfo=UTC)


_QUICK: dict[type[Any], Callable[[Any], Any]] = {
    models.DateTimeField: _moment,
    models.BooleanField: bool,
    models.UUIDField: UUID,
}


def aware(moment: datetime) -> datetime:
    """A moment as `values` has it: SQLite's are in UTC and do not say so."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def values(model: type[models.Model], columns: str, rest: str, params: Row) -> list[Row]:
    """Return the rows of `SELECT <columns> FROM {table} <rest>`, as the driver gives them; {table} may stand in both."""
    return query(model, f"SELECT {columns} FROM {{table}} {rest}", params)


def query(model: type[models.Model], text: str, params: Row) -> list[Row]:
    """Return the rows of a whole query about one model, as the driver gives them; {table} may stand in it."""
    connection = connection_of(model)
    return run(connection, text.replace("{table}", shape_of(model, connection.vendor).table), params)


def prepared(model: type[models.Model], name: str, given: Iterable[Any]) -> list[Any]:
    """Return the values as the database compares them with the column of the field `name`."""
    field: Any = model._meta.get_field(name)
    connection = connection_of(model)
    return [field.get_db_prep_value(value, connection) for value in given]


def for_update(model: type[models.Model], by: str) -> str:
    """What ends a SELECT that locks its rows in the order of a column; nothing where the transaction locks everything (SQLite).

    Without the key: rows that refer to one of these are stored meanwhile, also by who holds what we want next.
    """
    connection = connection_of(model)
    locks = connection.features.has_select_for_update
    return f"ORDER BY {by} {connection.ops.for_update_sql(no_key=True)}" if locks else ""


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
