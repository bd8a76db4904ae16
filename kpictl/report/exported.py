"""Rows as text for other programs: CSV, JSON and JSON lines, a batch at a time."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import StringIO
from types import MappingProxyType
from typing import Any
from unicodedata import category

from kpictl.catalog import Column, ColumnType
from kpictl.report.json_text import plain

Batches = Iterable[Sequence[Sequence[object]]]

# https://owasp.org/www-community/attacks/CSV_Injection
_SIGNS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
_ENDS = ("\t", "\r", "\n")
"""What may end a cell, so that the next one begins within the text."""
_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
"""Categories of characters that some programs drop before they look at a cell: spaces, controls, those of no width."""


def begins_a_formula(text: str) -> bool:
    """Whether a spreadsheet takes a text for something to compute.

    >>> begins_a_formula(" =1+1"), begins_a_formula("a=1")
    (True, False)
    """
    if text.startswith(_ENDS):
        return True
    first = next((each for each in text if category(each) not in _UNSEEN), "")
    return first in _SIGNS


def csv_text(columns: Sequence[Column], batches: Batches) -> Iterator[str]:
    """As RFC 4180 has it, with a header; a NULL is empty, a text that a spreadsheet would compute begins with `'`."""
    kept = StringIO(newline="")
    writer = csv.writer(kept, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    write = [_harmless if column.type == "text" else _WRITERS[column.type] for column in columns]
    for batch in batches:
        writer.writerows(
            ["" if value is None else to_text(value) for value, to_text in zip(row, write, strict=True)]
            for row in batch
        )
        yield _taken(kept)
    yield _taken(kept)


def json_lines_text(columns: Sequence[Column], batches: Batches) -> Iterator[str]:
    """An object for each row, on a line of its own."""
    for batch in batches:
        yield "".join(f"{each}\n" for each in _objects(columns, batch))


def json_array_text(columns: Sequence[Column], batches: Batches) -> Iterator[str]:
    """An array with an object for each row, on a line of its own."""
    opening = "["
    for batch in batches:
        for each in _objects(columns, batch):
            yield f"{opening}\n  {each}"
            opening = ","
    yield "[]\n" if opening == "[" else "\n]\n"


def _objects(columns: Sequence[Column], batch: Sequence[Sequence[object]]) -> Iterator[str]:
    keys = [f"{_ENCODER.encode(column.name)}: " for column in columns]
    write = [_quoted if column.type in _QUOTED else _WRITERS[column.type] for column in columns]
    for row in batch:
        cells = zip(keys, row, write, strict=True)
        yield f"{{{', '.join([key + ('null' if value is None else to(value)) for key, value, to in cells])}}}"


def _harmless(value: object) -> str:
    text = str(value)
    return f"'{text}" if begins_a_formula(text) else text


def _truth(value: object) -> str:
    return "true" if value else "false"


def _number(value: Any) -> str:
    return plain(value)


def _quoted(value: object) -> str:
    return _ENCODER.encode(str(value))


_ENCODER = json.JSONEncoder(ensure_ascii=False)
_QUOTED = frozenset({"text", "date"})
_WRITERS: Mapping[ColumnType, Callable[[object], str]] = MappingProxyType(
    {"bigint": str, "boolean": _truth, "date": str, "decimal": _number}
)
"""How a value is written that is no text, by the type of its column."""


def _taken(kept: StringIO) -> str:
    """What has been written since it was asked last."""
    text = kept.getvalue()
    kept.seek(0)
    kept.truncate()
    return text
