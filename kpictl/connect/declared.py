"""Columns that YAML declares: the shapes that every connector without Python has in common, and records of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, create_model

from kpictl.catalog.table import ColumnType
from kpictl.connect.exchange import Item, Spoilt
from kpictl.connect.json_stream import storable
from kpictl.connect.record import As, Record, strict_json

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=60)]
ColumnName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$", max_length=60)]
Days = Annotated[float, Field(gt=0)]


class Shape(BaseModel):
    """The base of all settings: what is not known is refused, and what was given is in no message."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, coerce_numbers_to_str=True, frozen=True)


class ColumnShape(Shape):
    """A column's type, and where in the record its value stands: a path, `customer.id`, or its parts."""

    type: ColumnType
    from_: Annotated[str | list[str] | None, Field(alias="from")] = None

    @property
    def path(self) -> list[str]:
        return self.from_.split(".") if isinstance(self.from_, str) else list(self.from_ or [])


def _long(value: Any) -> Any:
    return {"type": value} if isinstance(value, str) else value


Columns = dict[ColumnName, Annotated[ColumnShape, BeforeValidator(_long)]]


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Key = Annotated[list[ColumnName], BeforeValidator(_several), Field(min_length=1)]


class TableShape(Shape):
    """What every stream says of its table."""

    table: ColumnName | None = None
    key: Key
    leave_out: list[str] = []
    """Paths that must not be stored, as `customer.email`; in lists they mean every member."""


class DeclaredRecord(Record):
    """The base of records that YAML declares: names are the API's own."""

    model_config = ConfigDict(alias_generator=None)


def _blank_is_null(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _moment(value: Any) -> Any:
    """Eight digits are a day; ten or thirteen are seconds or milliseconds since 1970; others are no time."""
    if not isinstance(value, str) or not value.strip().isdecimal():
        return _blank_is_null(value)
    text = value.strip()
    if len(text) == 8:
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if len(text) not in {10, 13}:
        raise ValueError("a number of so many digits is no time")
    return value


def _without_zone(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is not None:
        raise ValueError("the time has a zone: declare the column as timestamptz")
    return value


def _text(value: Any) -> Any:
    """What a person would read: true and 1 as JSON writes them."""
    return ("false", "true")[value] if isinstance(value, bool) else value


_ANNOTATIONS: Mapping[ColumnType, Any] = {
    "text": Annotated[str | None, BeforeValidator(_text)],
    "json": Any,
    "boolean": Annotated[bool | None, BeforeValidator(_blank_is_null)],
    "bigint": Annotated[int | None, BeforeValidator(_blank_is_null)],
    "decimal": Annotated[Decimal | None, BeforeValidator(_blank_is_null)],
    "double": Annotated[float | None, BeforeValidator(_blank_is_null)],
    "date": Annotated[date | None, BeforeValidator(_moment)],
    "timestamp": Annotated[datetime | None, BeforeValidator(_moment), AfterValidator(_without_zone), As("timestamp")],
    "timestamptz": Annotated[datetime | None, BeforeValidator(_moment)],
}


def record_of(name: str, columns: Mapping[str, ColumnShape]) -> type[Record]:
    """A record with these columns, all of which may be missing: a key that is makes a record a misfit."""
    fields: dict[str, Any] = {
        column: (_ANNOTATIONS[shape.type], Field(None, validation_alias=AliasPath(*(shape.path or [column]))))
        for column, shape in columns.items()
    }
    return create_model(name, __base__=DeclaredRecord, **fields)


def without(items: Sequence[Item], paths: Sequence[str]) -> list[Item]:
    """The records without what must not be stored."""
    routes = [path.split(".") for path in paths]
    if not routes:
        return list(items)
    found: list[Item] = []
    for item in items:
        kept = _without(item, routes)
        found.append(Spoilt(kept, item.reason) if isinstance(item, Spoilt) else kept)
    return found


def _without(value: Any, routes: Sequence[Sequence[str]]) -> Any:
    if isinstance(value, list):
        return [_without(member, routes) for member in value]
    if not isinstance(value, dict):
        return value
    gone = {route[0] for route in routes if len(route) == 1}
    kept = {}
    for key, member in value.items():
        if key not in gone:
            below = [route[1:] for route in routes if len(route) > 1 and route[0] == key]
            kept[key] = _without(member, below) if below else member
    return kept


def plain(item: Mapping[str, Any]) -> Item:
    """A row of a database or a file as JSON can hold it: times, decimals and bytes as texts."""
    return {str(name): storable(strict_json(value)) for name, value in item.items()}


def column_names(headings: Sequence[str]) -> Iterator[tuple[str, str]]:
    """For each heading of a file the name of its column: `Order ID` becomes `order_id`."""
    for heading in headings:
        name = re.sub(r"[^a-z0-9]+", "_", heading.strip().lower()).strip("_") or "column"
        yield (name if not name[0].isdigit() else f"column_{name}"), heading
