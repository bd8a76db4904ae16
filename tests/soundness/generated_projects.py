"""Which projects are generated: hypothesis strategies, simple choices first, so that failures shrink to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.soundness.generated import Description, Kpi, Moment, Row, Source, TimeType, with_ids
from tests.soundness.generated_formulas import (
    Expression,
    absolute,
    combined,
    first_known,
    negative,
    null_if,
    of_kpi,
    of_literal,
)
from tests.soundness.generated_rows import CONDITIONS, COUNTED, NUMBERS, Condition, both, either, opposite

ZONES = ("UTC", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland")
STARTS_AT = (time(0), time(4), time(2, 30), time(12), time(23, 59))
CALENDAR_STARTS = (
    date(2022, 1, 1),
    date(2022, 4, 1),
    date(2024, 1, 1),
    date(2022, 7, 1),
    date(2024, 2, 29),
    date(2025, 2, 1),
)

# Leap days, ends of years, and the days of Los Angeles' and Auckland's clock changes.
SPECIAL_DAYS = tuple(
    date.fromisoformat(day)
    for day in (
        *("2025-01-01", "2024-12-31", "2024-02-29", "2024-02-28", "2024-03-01", "2025-02-28", "2025-03-01"),
        *("2024-03-10", "2024-11-03", "2025-03-09", "2025-11-02"),
        *("2024-04-07", "2024-09-29", "2025-04-06", "2025-09-28"),
    )
)
SPECIAL_TIMES = tuple(
    time.fromisoformat(clock)
    for clock in (
        *("12:00", "00:00", "23:59:59.999999", "00:30", "01:30", "01:59:59", "02:00", "02:10", "02:30", "03:00"),
        *("04:00", "08:30", "09:30", "10:00", "13:30", "14:00", "18:30"),
    )
)
FLAGS = st.booleans()


def some(values: Sequence[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


# Rows

MONEY = st.one_of(
    st.integers(-500, 1_000).map(Decimal),
    st.decimals(-1_000, 10_000, places=2),
    st.decimals(-10, 10, places=10),
    st.decimals(-(10**13), 10**13, places=10),
)
# Doubles that are decimals of few digits: engines round the others differently.
WEIGHTS = st.one_of(
    st.integers(-800, 8_000).map(lambda eighths: eighths / 8),
    st.integers(-10_000, 100_000).map(lambda cents: cents / 100),
    some((float("nan"), float("inf"), float("-inf"), -0.0)),
)
# Powers of two, so that what is divided by them is exact.
QUANTITIES = some((1, 0, 2, -1, 4, -4, 8, 1024))
CHANNELS = some(("web", "pos", "POS", "", "it's"))


def seldom(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One of the values once in five times, else None."""
    return st.integers(0, 4).flatmap(lambda die: values if die == 4 else st.none())


def or_null(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 5).flatmap(lambda die: st.none() if die == 5 else values)


CELLS = st.tuples(or_null(MONEY), or_null(QUANTITIES), or_null(WEIGHTS), or_null(CHANNELS), or_null(FLAGS))


def days(first: date, length: int) -> st.SearchStrategy[date]:
    near = st.dates(first, first + timedelta(days=length))
    return st.one_of(near, near, some(SPECIAL_DAYS))


@st.composite
def moments(draw: st.DrawFn, kind: TimeType, day: st.SearchStrategy[date]) -> Moment:
    chosen = draw(day)
    if kind == "date":
        return chosen
    clock = draw(st.one_of(some(SPECIAL_TIMES), st.times()))
    local = datetime.combine(chosen, clock)
    if kind == "timestamp":
        return local
    # Around the clock changes of the west and of the east, the UTC hours are others than the local ones.
    return local.replace(tzinfo=UTC) + timedelta(hours=draw(some((0, 7, 8, -12, -13))))


def close_to(chosen: Sequence[date]) -> st.SearchStrategy[date]:
    """Days around as-of dates and a year before them, so that short windows are not always empty."""
    offsets = st.builds(timedelta, st.integers(-8, 2)).flatmap(
        lambda near: some((timedelta(0), timedelta(days=-365))).map(lambda year: near + year)
    )
    return st.builds(lambda as_of, offset: as_of + offset, some(chosen), offsets)


def about(first: date, day: st.SearchStrategy[date]) -> st.SearchStrategy[date]:
    """The row's first day or one near it, or any: what begins and ends within days is where ends go wrong."""
    near = some((0, 1, -1, 5, 30)).map(lambda number: first + timedelta(days=number))
    return st.one_of(near, near, day)


@st.composite
def rows(draw: st.DrawFn, types: tuple[TimeType, ...], day: st.SearchStrategy[date]) -> tuple[Row, ...]:
    times = day.flatmap(lambda first: st.tuples(*(or_null(moments(kind, about(first, day))) for kind in types)))
    # Left alone, hypothesis would make most lists shorter than a year of comparisons needs.
    least = draw(some((3, 10, 20, 30, 0)))
    return tuple(draw(st.lists(st.builds(Row, times, CELLS), min_size=least, max_size=least + 12)))


# Expressions


def conditions() -> st.SearchStrategy[Condition]:
    one = some(CONDITIONS)
    return st.one_of(one, one, st.builds(both, one, one), st.builds(either, one, one), st.builds(opposite, one))


LITERALS = some(("2", "0", "1", "3", "10", "0.5", "12.5", "0.001")).map(of_literal)


@st.composite
def formulas(draw: st.DrawFn, known: Sequence[Kpi]) -> Expression:
    kpi = some(known).map(lambda found: of_kpi(found.code, exact=found.is_exact, average=_is_average(found)))
    leaf = st.one_of(kpi, kpi, LITERALS)
    binary = st.builds(combined, leaf, some("+-*/"), leaf)
    inner = st.one_of(leaf, binary, *_shapes(leaf))
    outer = st.one_of(st.builds(combined, inner, some("+-*/"), inner), *_shapes(inner), kpi)
    found = draw(outer)
    return found if found.inputs else combined(draw(kpi), draw(some("+-*/")), found)


def _shapes(inner: st.SearchStrategy[Expression]) -> list[st.SearchStrategy[Expression]]:
    return [
        st.builds(negative, inner),
        st.builds(absolute, inner),
        st.builds(first_known, inner, inner),
        st.builds(null_if, inner, inner),
    ]


def _is_average(kpi: Kpi) -> bool:
    return kpi.formula is None and kpi.aggregate == "avg"


# Projects


@st.composite
def sources(draw: st.DrawFn, code: str, day: st.SearchStrategy[date]) -> Source:
    kinds = some(("date", "timestamp", "timestamptz"))
    types = draw(st.one_of(st.tuples(kinds), st.tuples(kinds), st.tuples(kinds, kinds)))
    return Source(
        code,
        types,
        draw(some(ZONES)),
        draw(seldom(conditions())),
        draw(seldom(day)),
        draw(seldom(st.just(value=True))) is not None,
        draw(rows(types, day)),
    )


@st.composite
def measures(draw: st.DrawFn, number: int, of: Sequence[Source]) -> Kpi:
    source = draw(some(of))
    aggregate = draw(some(("sum", "count", "avg")))
    argument = draw(some(NUMBERS) if aggregate != "count" else st.none() | some(COUNTED))
    id_, is_active = draw(identities(number))
    return Kpi(
        f"measure_{number}",
        id_,
        is_active,
        source=source.code,
        aggregate=aggregate,
        argument=argument,
        where=draw(st.none() | conditions()),
        over_time=draw(some((None, "last"))) if len(source.types) == 2 else None,
    )


def identities(number: int) -> st.SearchStrategy[tuple[int | None, bool]]:
    """An id, or that of a helper; and whether it is active."""
    return some(((number, True), (number, True), (number, True), (None, True), (number, False)))


@st.composite
def all_kpis(draw: st.DrawFn, of: Sequence[Source]) -> tuple[Kpi, ...]:
    found = [draw(measures(number, of)) for number in range(1, 1 + draw(some((3, 1, 5, 2, 4))))]
    depth = {kpi.code: 0 for kpi in found}
    for number in range(11, 11 + draw(some((2, 0, 4, 1, 3)))):
        usable = [kpi for kpi in found if depth[kpi.code] < 3]
        # The last first: chains are what is worth seeing.
        formula = draw(formulas(usable[::-1]))
        id_, is_active = draw(identities(number))
        found.append(Kpi(f"formula_{number}", id_, is_active, formula))
        depth[found[-1].code] = 1 + max(depth[code] for code in formula.inputs)
    return with_ids(found)


def windows() -> st.SearchStrategy[tuple[str, ...]]:
    last = st.one_of(st.integers(1, 60), st.integers(1, 400)).map(lambda number: f"last{number}")
    named = some(("mtd", "wtd", "day", "qtd", "ytd"))
    names = st.integers(0, 3).flatmap(lambda die: last if die == 3 else named)
    return some((3, 1, 5)).flatmap(lambda size: st.lists(names, min_size=size, max_size=5, unique=True)).map(tuple)


@st.composite
def projects(draw: st.DrawFn) -> Description:
    start = draw(some(CALENDAR_STARTS))
    first, length = draw(st.dates(date(2023, 9, 1), date(2025, 1, 1))), draw(some((600, 700, 500, 40, 600, 10)))
    late = st.integers(length * 3 // 4, length + 30).map(lambda number: first + timedelta(days=number))
    as_of = st.one_of(late, late, days(first, length)).map(lambda chosen: max(chosen, start))
    chosen = draw(dates(as_of))
    day = st.one_of(days(first, length), close_to(chosen))
    codes = [f"source_{number}" for number in range(1, 1 + draw(some((2, 1, 3))))]
    made = tuple(draw(sources(code, day)) for code in codes)
    return Description(
        timezone=draw(some(ZONES)),
        day_starts_at=draw(some(STARTS_AT)),
        calendar_start=start,
        calendar_end=max(chosen) + timedelta(days=draw(some((0, 1, 90)))),
        week_starts_on=draw(st.integers(0, 6)),
        windows=draw(windows()),
        covers_from=draw(seldom(day)),
        sparse=draw(st.booleans()),
        sources=made,
        kpis=draw(all_kpis(made)),
        dates=chosen,
    )


@st.composite
def dates(draw: st.DrawFn, as_of: st.SearchStrategy[date]) -> tuple[date, ...]:
    chosen = draw(st.lists(as_of, min_size=1, max_size=3))
    return tuple(sorted(chosen) if draw(st.booleans()) else chosen)
