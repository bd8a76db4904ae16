"""How a KPI's value over a window comes about: what a reader can add up, divide or look up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from itertools import groupby
from typing import Literal

from kpictl.catalog import Kpi

DAYS_AT_MOST = 31
"""So many days are shown one by one …"""
MONTHS_AT_MOST = 24
"""… and more of them by calendar month, up to so many; beyond that by year."""


@dataclass(frozen=True, slots=True)
class Part:
    """The sum of some days in a row."""

    first_day: date
    last_day: date
    value: Decimal


@dataclass(frozen=True, slots=True)
class Sum:
    """The value is the sum of its days; `by` says how they are put together."""

    by: Literal["day", "month", "year"]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Quotient:
    """The value is a total by the number of values, of rows or of days, that it is of."""

    total: Decimal
    number: int
    of: Literal["rows", "days"]


@dataclass(frozen=True, slots=True)
class Distinct:
    """The value counts each different value once; the days' own counts come to `daily_total`."""

    daily_total: Decimal


@dataclass(frozen=True, slots=True)
class Reached:
    """The value is that of one day: the first with it."""

    day: date


@dataclass(frozen=True, slots=True)
class Report:
    """What an entity last reported; `number` is that of the values that an average is of."""

    entity: str
    day: date
    value: Decimal
    number: int | None
    is_stale: bool


@dataclass(frozen=True, slots=True)
class Reports:
    """The value is what the entities last reported, on `day` or before it."""

    day: date
    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True)
class OnDay:
    """The value is that of one day: the last one that is covered."""

    day: date


@dataclass(frozen=True, slots=True)
class Term:
    """An input of a formula over the same days; `working` is there if it is a formula itself."""

    code: str
    value: Decimal | None
    status: str
    working: Arithmetic | None


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The value is a formula of its terms."""

    kpi: Kpi
    terms: tuple[Term, ...]


Working = Sum | Quotient | Distinct | Reached | Reports | OnDay | Arithmetic

Daily = Sequence[tuple[date, Decimal | None]]
"""The daily values of covered days, the first day first."""


def total(values: Sequence[Decimal]) -> Decimal:
    """A sum that keeps every digit: Python's decimals have 28 unless told otherwise, the tables' 38."""
    with localcontext() as context:
        context.prec = 80
        return sum(values, Decimal(0))


def summed(daily: Daily) -> Sum:
    """Days one by one where they are few, else by month or by year."""
    known = [(day, value) for day, value in daily if value is not None]
    months = {(day.year, day.month) for day, _ in known}
    if len(known) <= DAYS_AT_MOST:
        return Sum("day", tuple(Part(day, day, value) for day, value in known))
    if len(months) <= MONTHS_AT_MOST:
        return Sum("month", tuple(_part(list(days)) for _, days in groupby(known, lambda one: one[0].replace(day=1))))
    return Sum("year", tuple(_part(list(days)) for _, days in groupby(known, lambda one: one[0].year)))


def _part(days: list[tuple[date, Decimal]]) -> Part:
    return Part(days[0][0], days[-1][0], total([value for _, value in days]))


def averaged(daily: Daily) -> Quotient | None:
    """The mean of daily values; None without any."""
    known = [value for _, value in daily if value is not None]
    return Quotient(total(known), len(known), "days") if known else None


def reached(kpi: Kpi, daily: Daily) -> Reached | None:
    """The day on which the least, the greatest or the first of daily values was reached first."""
    known = [(day, value) for day, value in daily if value is not None]
    if not known:
        return None
    word = kpi.over_time if kpi.over_time is not None else kpi.measure.aggregate if kpi.measure is not None else "first"
    match word:
        case "min":
            return Reached(min(known, key=lambda one: (one[1], one[0]))[0])
        case "max":
            return Reached(max(known, key=lambda one: (one[1], -one[0].toordinal()))[0])
        case _:
            return Reached(known[0][0])


def last_reports(
    kpi: Kpi, rows: Sequence[tuple[int, date, Decimal, int | None]], names: Mapping[int, str], day: date
) -> Reports:
    """Of each entity's rows the last one up to a day, in the order of `names`."""
    latest: dict[int, Report] = {}
    for entity_id, reported, value, number in sorted(rows, key=lambda row: row[1]):
        if reported <= day:
            is_stale = kpi.max_staleness is not None and (day - reported).days > kpi.max_staleness
            latest[entity_id] = Report(names[entity_id], reported, value, number, is_stale)
    return Reports(day, tuple(latest[entity_id] for entity_id in names if entity_id in latest))
