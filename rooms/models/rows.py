"""Whole rows past the query compiler, for the path of every message: instances in, instances out, a cursor's price in between.

Compiling a SELECT takes 300-600 µs, `bulk_create` 100 µs a row; SQLite itself needs 20 and 10 (measured). SQLite gets a statement with many rows to
run, PostgreSQL, behind a wire, one statement that has them all. Invariant: names, conversions and
defaults are those of the model's fields, so what is read and written here follows the models by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper

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
def _shape(model: type[models.Model], vendor: str) -> Shape:
    connection = _connection(model)
    quote = connection.ops.quote_name
    table, fields = quote(model._meta.db_table), model._meta.concrete_fields
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


def select(model: type[M], rest: str, params: Row) -> list[M]:
    """Return the instances of `SELECT ... FROM {table} <rest>`; {table} may stand in `rest`, too."""
    return _instances(model, values(model, _shape(model, _connection(model).vendor).columns, rest, params))


def joined(model: type[M], other: type[N], extra: str, rest: str, params: Row) -> list[tuple[M, N, Any]]:
    """The same with `other`, which `rest` joins, and one more column: an instance of each and the column's value."""
    vendor = _connection(model).vendor
    ours, theirs = _shape(model, vendor), _shape(other, vendor)
    found = values(model, f"{ours.columns}, {theirs.columns}, {extra}", rest, params)
    end = len(ours.names)
    first, second = _instances(model, [row[:end] for row in found]), _instances(other, [row[end:-1] for row in found])
    return list(zip(first, second, [row[-1] for row in found], strict=True))


def _instances(model: type[M], found: Iterable[Row]) -> list[M]:
    connection = _connection(model)
    shape = _shape(model, connection.vendor)
    rows = [list(row) for row in found]
    for n, field in shape.converted:
        column = field.get_col(model._meta.db_table)
        for convert in [*connection.ops.get_db_converters(column), *field.get_db_converters(connection)]:
            for row in rows:
                row[n] = None if row[n] is None else convert(row[n], column, connection)
    return [model.from_db(connection.alias, shape.names, row) for row in rows]


def values(model: type[models.Model], columns: str, rest: str, params: Row) -> list[Row]:
    """Return the rows of `SELECT <columns> FROM {table} <rest>`, as the driver gives them; {table} may stand in both."""
    connection = _connection(model)
    table = _shape(model, connection.vendor).table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {{table}} {rest}".replace("{table}", table), params)
        found: list[Row] = cursor.fetchall()
    return found


def insert(objects: Sequence[models.Model]) -> None:
    """Store new instances of one model. Their primary keys are not set."""
    model = type(objects[0])
    connection = _connection(model)
    shape = _shape(model, connection.vendor)
    of = attrgetter(*shape.names)
    rows = [list(of(each)) for each in objects]
    for n, field in shape.converted:
        for row in rows:
            row[n] = None if row[n] is None else field.get_db_prep_save(row[n], connection)
    pk = shape.names.index(model._meta.pk.attname)
    for row in rows:
        del row[pk]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(f"{shape.insert} ({marks(len(rows[0]))})", rows)
        else:
            cursor.execute(f"{shape.insert} {_groups(rows)}", _flat(rows))


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


def prepared(model: type[models.Model], name: str, given: Iterable[Any]) -> list[Any]:
    """Return the values as the database compares them with the column of the field `name`."""
    field: Any = model._meta.get_field(name)
    connection = _connection(model)
    return [field.get_db_prep_value(value, connection) for value in given]


def for_update(model: type[models.Model]) -> str:
    """What ends a SELECT that locks its rows; nothing where the transaction locks everything (SQLite)."""
    connection = _connection(model)
    return connection.ops.for_update_sql() if connection.features.has_select_for_update else ""


def marks(count: int) -> str:
    """`%s, %s, ...`: the values of an IN."""
    return ", ".join(["%s"] * count)


@cache
def either(condition: str, count: int) -> str:
    """`(condition OR condition OR ...)`. For pairs: SQLite scans the index for (a, b) IN, and looks up each of these.

    Halved again and again: SQLite refuses an expression that is 1,000 deep.
    """
    half = count // 2
    return f"({either(condition, half)} OR {either(condition, count - half)})" if half else condition
