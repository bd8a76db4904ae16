"""Values as JSON text, numbers with all their digits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

STEP = "  "


class Written(str):
    """A text that is JSON already, as a database has written it: it is taken as it is."""

    __slots__ = ()


def json_text(value: object, indent: str = "") -> str:
    """A value as JSON, a line for each member; `json` itself would round decimals to floats."""
    inner = indent + STEP
    match value:
        case Written():
            return str(value)
        case Decimal():
            return plain(value)
        case date():
            return json.dumps(value.isoformat())
        case Mapping() if value:
            members = [f"{inner}{json.dumps(str(key))}: {json_text(item, inner)}" for key, item in value.items()]
            return "{\n" + ",\n".join(members) + f"\n{indent}}}"
        case str() | int() | float() | None | Mapping():
            return json.dumps(value, ensure_ascii=False, allow_nan=False)
        case Sequence() if value and all(_is_short(item) for item in value):
            return json.dumps(list(value), ensure_ascii=False)
        case Sequence():
            lines = ",\n".join(inner + json_text(item, inner) for item in value)
            return f"[\n{lines}\n{indent}]" if lines else "[]"
        case _:
            raise TypeError(f"no JSON for a {type(value).__name__}")


def _is_short(item: object) -> bool:
    return isinstance(item, str | int) and not isinstance(item, Written)


def plain(value: Decimal, separator: str = "") -> str:
    """A number with all its digits and no needless zeros; `Decimal.normalize` would round it to 28.

    >>> plain(Decimal("1234.5000000000"), ",")
    '1,234.5'
    """
    text = f"{value:{separator}f}" if value else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text
