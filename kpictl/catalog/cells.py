"""The values of rows that a test gives: what type a column of them has, and each as that type."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from kpictl.catalog.model import Cell
from kpictl.catalog.table import ColumnType

_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_BIGINT_LIMIT = 2**63
_DECIMAL_LIMIT, _DECIMAL_PLACES = Decimal(10) ** 28, 10
_NUMBERS: frozenset[str] = frozenset({"bigint", "decimal"})

Times = Literal["date", "timestamp", "timestamptz"]

WRITTEN: dict[ColumnType, str] = {
    "boolean": "`true` or `false`",
    "bigint": "a whole number",
    "decimal": "a number, with at most ten decimals",
    "double": "a number",
    "text": "a text",
    "date": "a date: 2025-01-31",
    "timestamp": 'a date, or a time without a zone: "2025-01-31 10:00"',
    "timestamptz": 'a time with its offset from UTC: "2025-01-31 10:00-08:00", or "2025-01-31 18:00Z"',
    "json": "a mapping or a list",
}
"""How a value of each type is written."""


def type_of(cells: Collection[Cell]) -> ColumnType | None:
    """The type that all values of a column fit, told by how they are written; None where there is none.

    >>> from kpictl.diagnostics import Span
    >>> from pathlib import Path
    >>> nowhere = Span.whole_file(Path())
    >>> type_of([Cell("day", "text", "2025-01-31", nowhere), Cell("day", "text", "2025-02-01 10:00", nowhere)])
    'timestamp'
    """
    kinds = {cell.kind for cell in cells}
    if kinds == {"text"}:
        return _type_of_texts([str(cell.value) for cell in cells])
    if len(kinds) == 1:
        (kind,) = kinds
        return kind
    if kinds == {"json", "text"}:
        return "json"
    return "decimal" if kinds == _NUMBERS else None


def _type_of_texts(texts: Collection[str]) -> ColumnType | None:
    kinds = {_time_of(text) for text in texts}
    if None in kinds:
        return "text"
    if kinds == {"date"}:
        return "date"
    if "timestamptz" not in kinds:
        return "timestamp"
    return "timestamptz" if len(kinds) == 1 else None


def _time_of(text: str) -> Times | None:
    moment = _MOMENT.fullmatch(text)
    try:
        if moment is not None:
            datetime.fromisoformat(text)
            return "timestamp" if moment.group(1) is None else "timestamptz"
        return "date" if date.fromisoformat(text).isoformat() == text else None
    except ValueError:
        return None


def fitted(cell: Cell, kind: ColumnType) -> str | int | Decimal | date | None:
    """The value as that type; None where it is none."""
    value = cell.value
    match kind:
        case "boolean":
            return value if cell.kind == "boolean" else None
        case "bigint":
            fits = cell.kind == "bigint" and isinstance(value, int) and abs(value) < _BIGINT_LIMIT
            return value if fits else None
        case "decimal":
            return _decimal(value) if cell.kind in _NUMBERS else None
        case "double":
            return Decimal(value) if cell.kind in _NUMBERS else None
        case "text":
            # Many ids are texts of digits; a number says the same.
            return str(value) if cell.kind in {*_NUMBERS, "text"} else None
        case "json":
            return _json(cell)
        case "date" | "timestamp" | "timestamptz":
            return _time(str(value), kind) if cell.kind == "text" else None


def _decimal(value: object) -> Decimal | None:
    number = Decimal(str(value))
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return number if abs(number) < _DECIMAL_LIMIT and exponent >= -_DECIMAL_PLACES else None


def _time(text: str, kind: Times) -> date | datetime | None:
    found = _time_of(text)
    if found == kind or (found, kind) == ("date", "timestamp"):
        return date.fromisoformat(text) if kind == "date" else datetime.fromisoformat(text)
    return None


def _json(cell: Cell) -> str | None:
    """The JSON text; a text that begins like JSON is JSON, which alone can say null."""
    text = str(cell.value)
    if cell.kind == "json":
        return text
    if cell.kind != "text" or not text.startswith(("{", "[")):
        return json.dumps(cell.value) if not isinstance(cell.value, Decimal) else text
    try:
        json.loads(text)
    except ValueError:
        return None
    return text
