"""A connector that is only YAML, for tables of another database: `type: sql`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field, SecretStr, ValidationInfo, field_validator
from sqlalchemy.exc import NoSuchTableError, SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlalchemy.types import TypeEngine

from kpictl.catalog.table import ColumnType
from kpictl.connect.declared import (
    ColumnName,
    Columns,
    ColumnShape,
    Days,
    Name,
    Shape,
    TableShape,
    plain,
    record_of,
    without,
)
from kpictl.connect.exchange import AnswerError, Local, Mark, Pages, Walk
from kpictl.connect.redact import redact
from kpictl.connect.stream import Connector, Stream

ITEMS = 1_000
"""Rows that travel together."""

_TYPES: Mapping[ColumnType, type[TypeEngine[Any]]] = {
    "boolean": sa.Boolean,
    "bigint": sa.BigInteger,
    "decimal": sa.Numeric,
    "double": sa.Float,
    "text": sa.Text,
    "date": sa.Date,
    "timestamp": sa.DateTime,
    "timestamptz": sa.DateTime,
    "json": sa.JSON,
}


class RelationShape(TableShape):
    """A table or a view, and the raw table that it fills."""

    relation: str
    """Its name, with its schema where it has one: `public.orders`."""
    columns: Columns = Field(default_factory=dict)
    """Without them all columns, with the types that the database says."""
    updated: ColumnName | None = None
    lookback_hours: Annotated[float, Field(ge=0)] = 48
    full_every_days: Days | None = 7


class Settings(Shape):
    """What a connector of `type: sql` says in kpictl.yml."""

    url: SecretStr
    streams: Annotated[dict[Name, RelationShape], Field(min_length=1)]

    @field_validator("url")
    @classmethod
    def _in_the_project(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        """A file's path is relative to the project's folder; one that is not there is not made."""
        scheme, _, path = value.get_secret_value().partition(":///")
        if scheme.partition("+")[0] not in {"sqlite", "duckdb"} or path in {"", ":memory:"}:
            return value
        folder: Path = (info.context or {}).get("folder", Path())
        file = folder / path.partition("?")[0]
        if not file.is_file():
            raise ValueError(f"there is no file {file.name}")
        return SecretStr(f"{scheme}:///{file}{path[len(path.partition('?')[0]) :]}")


@dataclass(frozen=True, slots=True)
class _Relation:
    url: str
    shape: RelationShape
    columns: Columns

    def select(self, since: Mark | None) -> sa.Select[Any]:
        """The rows that have changed since, in the order of their change: a walk that breaks off can go on."""
        schema, _, name = self.shape.relation.rpartition(".")
        columns = [sa.column(_theirs(name, each), _type(each.type)) for name, each in self.columns.items()]
        query = sa.select(*columns).select_from(sa.table(name, *columns, schema=schema or None))
        by_name = dict(zip(self.columns, columns, strict=True))
        if self.shape.updated is None:
            return query
        updated = by_name[self.shape.updated]
        if since is not None:
            # Rows without a time are there whatever is asked: nobody knows when they have changed.
            query = query.where(updated.is_(None) | (updated >= self._bound(since)))
        return query.order_by(updated)

    def _bound(self, since: Mark) -> object:
        assert self.shape.updated is not None, "asked for by a walk of changes alone"
        kind = self.columns[self.shape.updated].type
        if not isinstance(since, datetime):
            return since
        if kind == "date":
            return since.date()
        return since.astimezone(UTC).replace(tzinfo=None) if kind == "timestamp" else since


def connector(settings: Settings) -> Connector:
    url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg2://", settings.url.get_secret_value())
    return Connector(
        name="sql",
        base_url="",
        streams=tuple(_stream(url, name, shape) for name, shape in settings.streams.items()),
    )


def _stream(url: str, name: str, shape: RelationShape) -> Stream:
    relation = _Relation(url, shape, shape.columns or _reflected(url, shape.relation))
    return Stream(
        name=name,
        table=shape.table or f"raw_{name.lower().replace('-', '_')}",
        key=tuple(shape.key),
        record=record_of(name, relation.columns),
        pages=_pages(relation),
        updated=shape.updated,
        lookback=timedelta(hours=shape.lookback_hours),
        full_every=None if shape.full_every_days is None else timedelta(days=shape.full_every_days),
        is_sorted=shape.updated is not None,
    )


def _pages(relation: _Relation) -> Callable[[Walk], Pages]:
    def pages(walk: Walk) -> Pages:
        with _connected(relation.url) as connection:
            result = connection.execution_options(stream_results=True).execute(relation.select(walk.since))
            for rows in result.mappings().partitions(ITEMS):
                yield Local(without([plain(dict(row)) for row in rows], relation.shape.leave_out))

    return pages


def _reflected(url: str, relation: str) -> Columns:
    schema, _, name = relation.rpartition(".")
    with _connected(url) as connection:
        found = sa.inspect(connection).get_columns(name, schema or None)
    return {
        column["name"].lower(): ColumnShape.model_validate({"type": _kind(column["type"]), "from": [column["name"]]})
        for column in found
    }


@contextmanager
def _connected(url: str) -> Iterator[sa.Connection]:
    """A connection for reading; the database's own words, without what the address has."""
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(sa.create_engine(url, poolclass=NullPool).connect())
        except (SQLAlchemyError, ImportError, ValueError) as error:
            # A password with an `@` makes the rest of it a host, which the driver then quotes.
            said = type(error).__name__ if url.count("@") > 1 else _first_line(error, url)
            message = f"no connection to the other database: {said}"
            raise AnswerError(message, help="check `url`, and whether it is up", code="KPI502") from None
        try:
            yield connection
        except NoSuchTableError as error:
            message = f"the other database has no table {error}"
            raise AnswerError(message, help="correct `relation`") from None
        except (SQLAlchemyError, ValueError) as error:
            message = f"the other database refused: {_first_line(error, url)}"
            raise AnswerError(message, help="check the names and types of its tables and columns") from None


def _first_line(error: Exception, url: str) -> str:
    said = (str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__])[0]
    with suppress(SQLAlchemyError, ValueError):
        parsed = sa.make_url(url)
        return redact(said, [url, *filter(None, (parsed.password, parsed.username))])
    return type(error).__name__


def _theirs(name: str, column: ColumnShape) -> str:
    return ".".join(column.path) or name


def _type(kind: ColumnType) -> TypeEngine[Any]:
    return sa.DateTime(timezone=True) if kind == "timestamptz" else _TYPES[kind]()


def _kind(found: TypeEngine[Any]) -> ColumnType:
    match found:
        case sa.Boolean():
            return "boolean"
        case sa.Integer():
            return "bigint"
        case sa.Float():
            return "double"
        case sa.Numeric():
            return "decimal"
        case sa.DateTime():
            return "timestamptz" if found.timezone else "timestamp"
        case sa.Date():
            return "date"
        case sa.JSON():
            return "json"
        case _:
            return "text"
