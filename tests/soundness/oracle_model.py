"""What the oracle judges: sources, measures, formulas; what it answers; and arithmetic with NULL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Literal

Row = Mapping[str, Any]
Condition = Callable[[Row], bool | None]
OverTime = Literal["last", "first", "average", "min", "max"]
Status = Literal["no_data", "stale", "partial", "undefined", "ok"]
Inputs = dict[str, Decimal | None]

ROOT = "ALL"
WORST_FIRST: tuple[Status, ...] = ("no_data", "stale", "partial", "undefined", "ok")
# A hundred digits: far better than double, and exact for every sum of DECIMAL(38, 10).
CONTEXT = Context(prec=100, rounding=ROUND_HALF_UP)
# Twice the unit of double precision: the conversion from a decimal may round once more.
UNIT = Decimal(2) ** -51
INFINITE = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Entity:
    """A node of the tree; the root is `ALL`, and the parent of those that name none."""

    code: str
    parent: str | None = None
    aliases: tuple[str, ...] = ()
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Rows that happened: with a `time`, or with `valid_from` and `valid_to`; each names a key of the row."""

    code: str
    rows: Sequence[Row]
    time: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    timezone: str = "UTC"
    where: Condition | None = None
    covers_from: date | None = None
    covers_to_last_row: bool = False
    synced_through: date | None = None
    entity: str | None = None

    def __post_init__(self) -> None:
        assert (self.time is None) != (self.valid_from is None), "a source has `time` or `valid_from`"


@dataclass(frozen=True, slots=True)
class Measure:
    """One aggregate over one source; `argument` None means `count(*)`, `id` None a helper."""

    code: str
    source: str
    aggregate: Literal["sum", "avg", "min", "max", "count"]
    argument: Callable[[Row], Any] | None = None
    distinct: bool = False
    where: Condition | None = None
    over_time: OverTime | None = None
    max_staleness: int | None = None
    id: int | None = None

    def __post_init__(self) -> None:
        assert self.aggregate == "count" or (self.argument is not None and not self.distinct)


@dataclass(frozen=True, slots=True)
class Formula:
    """A function of other KPIs' values; where `exact`, engines must agree on it digit for digit."""

    code: str
    inputs: tuple[str, ...]
    evaluate: Callable[[Inputs], Decimal | None]
    exact: bool = False
    over_time: Literal["average"] | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    value: Decimal | None
    status: Status


@dataclass(frozen=True, slots=True)
class Cell:
    """What the dashboard says of a KPI, an entity and a window; `first` is None for an `itd` not covered."""

    value: Decimal | None
    status: Status
    prior: Decimal | None
    prior_status: Status
    delta: Decimal | None
    delta_pct: Decimal | None
    first: date | None
    last: date
    prior_first: date | None
    prior_last: date


@dataclass(frozen=True, slots=True)
class Period:
    """A week, month, quarter or year of a KPI and an entity; its cell's range ends at the last day counted."""

    cell: Cell
    last: date
    in_progress: bool


# Values that engines compute in double precision


class Approximate(Decimal):
    """An exact value from which doubles may be `error` away; where that is infinite, no answer is expected."""

    error = Decimal(0)


def approximate(value: Decimal, error: Decimal) -> Approximate:
    found = Approximate(value)
    found.error = error
    return found


def error_of(value: Decimal | None) -> Decimal:
    return value.error if isinstance(value, Approximate) else Decimal(0)


def quotient(total: Decimal, count: int) -> Approximate:
    """An average of rows: the total is exact, and what is rounded is the quotient."""
    found = total / count
    return approximate(found, abs(found) * UNIT)


def mean(values: Sequence[Decimal]) -> Approximate:
    """A mean of days, whose values may be doubles, added up in any order."""
    errors = [error_of(value) for value in values]
    if INFINITE in errors:
        return approximate(Decimal(0), INFINITE)
    rounding = sum((abs(value) for value in values), Decimal(0)) * UNIT
    return approximate(sum(values, Decimal(0)) / len(values), sum(errors, Decimal(0)) / len(values) + rounding)


# Arithmetic with NULL, for formulas


def add(*values: Decimal | None) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if len(known) == len(values) else None


def subtract(a: Decimal | None, b: Decimal | None) -> Decimal | None:
    return None if a is None or b is None else a - b


def multiply(a: Decimal | int | None, b: Decimal | None) -> Decimal | None:
    return None if a is None or b is None else a * b


def divide(a: Decimal | None, b: Decimal | int | None) -> Decimal | None:
    return None if a is None or b is None or b == 0 else a / b


def rounded(value: Decimal) -> Decimal:
    """Ten decimals, half away from zero, and never -0."""
    found = CONTEXT.add(CONTEXT.quantize(value, Decimal("1e-10")), Decimal(0))
    return approximate(found, value.error) if isinstance(value, Approximate) else found


def row_value(x: Any) -> Decimal:
    value = rounded(Decimal(str(x)) if isinstance(x, float) else Decimal(x))
    if abs(value) >= Decimal(10) ** 17:
        raise OverflowError(f"a row value of 10^17 or more: {value}")
    return value
