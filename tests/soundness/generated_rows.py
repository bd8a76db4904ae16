"""Rows of generated projects: their columns, and what measures and conditions make of them, as SQL and in Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any

from kpictl.catalog import Column
from tests.soundness.oracle_model import Row, add, divide, multiply

COLUMNS = (
    Column("amount", "decimal"),
    Column("quantity", "bigint"),
    Column("weight", "double"),
    Column("channel", "text"),
    Column("flag", "boolean"),
    Column("due", "date"),
)


@dataclass(frozen=True, slots=True)
class Value:
    """What a measure takes from a row."""

    sql: str
    of: Callable[[Row], Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """What a row must meet; None is SQL's unknown."""

    sql: str
    of: Callable[[Row], bool | None]


def text(row: Row) -> str | None:
    found = row["channel"]
    assert found is None or isinstance(found, str)
    return found


def flag(row: Row) -> bool | None:
    found = row["flag"]
    assert found is None or isinstance(found, bool)
    return found


def due(row: Row) -> date | None:
    found = row["due"]
    assert found is None or isinstance(found, date)
    return found


def number(row: Row, name: str) -> Decimal | None:
    """A number of the row; NaN and infinities count as NULL."""
    found = row[name]
    if found is None or (isinstance(found, float) and not isfinite(found)):
        return None
    return Decimal(str(found))


def amount(row: Row) -> Decimal | None:
    return number(row, "amount")


def quantity(row: Row) -> Decimal | None:
    return number(row, "quantity")


def weight(row: Row) -> Decimal | None:
    return number(row, "weight")


def _unless(value: Decimal | None, other: Decimal) -> Decimal | None:
    return None if value == other else value


NUMBERS = (
    Value("amount", amount),
    Value("quantity", quantity),
    Value("weight", weight),
    Value("-amount", lambda row: multiply(-1, amount(row))),
    Value("amount * 2", lambda row: multiply(2, amount(row))),
    Value("amount + quantity", lambda row: add(amount(row), quantity(row))),
    Value("amount - quantity * 3", lambda row: add(amount(row), multiply(-3, quantity(row)))),
    Value("weight * 2", lambda row: multiply(2, weight(row))),
    Value("coalesce(amount, 0)", lambda row: amount(row) or Decimal(0)),
    Value("coalesce(weight, 1)", lambda row: Decimal(1) if weight(row) is None else weight(row)),
    Value("coalesce(weight, quantity)", lambda row: quantity(row) if weight(row) is None else weight(row)),
    Value("abs(quantity)", lambda row: None if (found := quantity(row)) is None else abs(found)),
    Value("nullif(quantity, 0)", lambda row: _unless(quantity(row), Decimal(0))),
    Value("quantity / 4", lambda row: divide(quantity(row), 4)),
    Value("4 / quantity", lambda row: divide(Decimal(4), quantity(row))),
    Value("8 / quantity / 2", lambda row: divide(divide(Decimal(8), quantity(row)), 2)),
    Value("case when flag then amount else 0 end", lambda row: amount(row) if flag(row) else Decimal(0)),
    Value("case when weight > 1 then quantity end", lambda row: quantity(row) if _above(weight(row), 1) else None),
)
# Of few different values, so that they come again.
FEW = (
    Value("channel", text),
    Value("quantity", quantity),
    Value("due", due),
    Value("flag", flag),
    Value("nullif(channel, 'pos')", lambda row: None if text(row) == "pos" else text(row)),
)
COUNTED = (*NUMBERS, *FEW)


def _above(value: Decimal | None, limit: int) -> bool | None:
    return None if value is None else value > limit


def _is(value: object, *others: object) -> bool | None:
    return None if value is None else value in others


CONDITIONS = (
    Condition("flag", flag),
    Condition("not flag", lambda row: None if flag(row) is None else not flag(row)),
    Condition("flag is null", lambda row: flag(row) is None),
    Condition("flag is not true", lambda row: flag(row) is not True),
    Condition("channel = 'pos'", lambda row: _is(text(row), "pos")),
    Condition("channel <> 'pos'", lambda row: None if text(row) is None else text(row) != "pos"),
    Condition("channel in ('web', 'it''s')", lambda row: _is(text(row), "web", "it's")),
    Condition("channel not in ('web', '')", lambda row: None if text(row) is None else text(row) not in ("web", "")),
    Condition(
        "lower(channel) = 'pos'", lambda row: _is(None if (found := text(row)) is None else found.lower(), "pos")
    ),
    Condition("channel is null", lambda row: text(row) is None),
    Condition("amount > 1", lambda row: _above(amount(row), 1)),
    Condition("quantity <> 0", lambda row: None if (found := quantity(row)) is None else found != 0),
    Condition("weight > 1", lambda row: _above(weight(row), 1)),
    Condition("weight is null", lambda row: weight(row) is None),
    Condition("coalesce(weight, 5) > 1", lambda row: weight(row) is None or _above(weight(row), 1)),
    Condition("amount / quantity > 1", lambda row: _above(divide(amount(row), quantity(row)), 1)),
    Condition("due is not null", lambda row: due(row) is not None),
    Condition(
        "due < cast('2025-01-01' as date)",
        lambda row: None if (found := due(row)) is None else found < date(2025, 1, 1),
    ),
    Condition("quantity between 0 and 4", lambda row: None if (found := quantity(row)) is None else 0 <= found <= 4),
)


def both(left: Condition, right: Condition) -> Condition:
    def of(row: Row) -> bool | None:
        sides = (left.of(row), right.of(row))
        return False if False in sides else None if None in sides else True

    return Condition(f"({left.sql}) and ({right.sql})", of)


def either(left: Condition, right: Condition) -> Condition:
    # Without brackets: no operator holds less tightly than `or`.
    def of(row: Row) -> bool | None:
        sides = (left.of(row), right.of(row))
        return True if True in sides else None if None in sides else False

    return Condition(f"{left.sql} or {right.sql}", of)


def opposite(inner: Condition) -> Condition:
    def of(row: Row) -> bool | None:
        found = inner.of(row)
        return None if found is None else not found

    return Condition(f"not ({inner.sql})", of)
