"""Records as APIs send them: tolerant pydantic models, from which the columns of the raw tables follow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from math import isfinite
from types import MappingProxyType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from kpictl.catalog.table import Column, ColumnType

BIGINT_LIMIT = 2**63
DECIMAL_LIMIT = 10**28


class Record(BaseModel):
    """The base of a record's model: camelCase in the API, snake_case here; unknown fields are ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=True,
        extra="ignore",
        coerce_numbers_to_str=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,  # a record holds what people told in confidence
        frozen=True,
    )


def half_even(value: Any) -> Any:
    """A number or its text, rounded to whole; anything else as it is, for pydantic to say what is wrong."""
    if not isinstance(value, float | str):
        return value
    try:
        return int(Decimal(str(value)).to_integral_value(ROUND_HALF_EVEN))
    except (InvalidOperation, ValueError, OverflowError):
        return value


Rounded = Annotated[int, BeforeValidator(half_even)]
"""A whole number (cents, millilitres) that some senders give with a fraction: rounded half to even."""


@dataclass(frozen=True, slots=True)
class As:
    """The type of a field's column, where its annotation means another."""

    type: ColumnType


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))

_TYPES: Mapping[Any, ColumnType] = MappingProxyType(
    {
        str: "text",
        int: "bigint",
        bool: "boolean",
        float: "double",
        Decimal: "decimal",
        datetime: "timestamptz",
        date: "date",
        dict: "json",
        list: "json",
        Any: "json",
    }
)


def columns(record: type[Record]) -> tuple[Column, ...]:
    """The columns of a record's fields, in their order; a field's description is its column's comment."""
    return tuple(
        Column(name, _column_type(record, name, field), field.description or "")
        for name, field in record.model_fields.items()
    )


def values(record: Record, described: tuple[Column, ...]) -> tuple[object, ...]:
    """The record's values as a sink takes them: JSON as text, instants in UTC; OverflowError for what no bigint is."""
    given = record.__dict__
    return tuple([_value(value, each) if (value := given[each.name]) is not None else None for each in described])


def defaults(record: type[Record]) -> dict[str, object]:
    """What a record's columns hold where the API says nothing, for those that hold anything then."""
    found: dict[str, object] = {}
    for column in columns(record):
        field = record.model_fields[column.name]
        value = None if field.is_required() else field.get_default(call_default_factory=True)
        if value is not None:
            found[column.name] = _value(value, column)
    return found


def json_text(value: Any) -> str:
    """Compact JSON, people's letters as they are."""
    return _ENCODER.encode(value)


def strict_json(value: Any) -> Any:
    """A value of Python as JSON can hold it, without loss: what JSON lacks becomes a text."""
    match value:
        case None | str() | bool() | int():
            return value
        case float():
            return value if isfinite(value) else None
        case datetime() | date() | time():
            return value.isoformat()
        case dict():
            return {str(key): strict_json(member) for key, member in value.items()}
        case list() | tuple():
            return [strict_json(member) for member in value]
        case bytes():
            return value.hex()
        case _:
            return str(value)


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC; APIs that leave out the zone mean UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _value(value: Any, column: Column) -> object:
    # The order is that of how often they come: this is called for every value that lands.
    kind = column.type
    if kind == "bigint":
        if -BIGINT_LIMIT <= value < BIGINT_LIMIT:
            return value
        raise OverflowError(f"{column.name}: the number is too large for a bigint")
    if kind == "json":
        return json_text(value)
    if kind == "decimal" and not -DECIMAL_LIMIT < value < DECIMAL_LIMIT:
        raise OverflowError(f"{column.name}: the number is too large for a decimal(38, 10)")
    return in_utc(value) if kind == "timestamptz" else value


def _column_type(record: type[Record], name: str, field: FieldInfo) -> ColumnType:
    said = [each.type for each in field.metadata if isinstance(each, As)]
    found = said[0] if said else _TYPES.get(_plain(field.annotation))
    if found is None:
        raise TypeError(f"{record.__name__}.{name}: no column type for {field.annotation}")
    return found


def _plain(annotation: Any) -> Any:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _plain(get_args(annotation)[0])
    if origin is Union or origin is UnionType:
        members = [member for member in get_args(annotation) if member is not type(None)]
        return _plain(members[0]) if len(members) == 1 else annotation
    return annotation if origin is None else origin
