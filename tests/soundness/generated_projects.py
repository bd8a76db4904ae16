"""Which projects are generated: hypothesis strategies, simple choices first, so that failures shrink to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import strategies as st

from tests.soundness.generated import Description, Kpi, Source, with_ids
from tests.soundness.generated_choices import (
    ZONES,
    close_to,
    days,
    entities,
    places,
    retails,
    rows,
    seldom,
    settings_of,
    some,
    week_53,
)
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
from tests.soundness.generated_rows import CONDITIONS, COUNTED, FEW, NUMBERS, Condition, Value, both, either, opposite
from tests.soundness.generated_settings import Entity

CALENDAR_STARTS = (
    date(2022, 1, 1),
    date(2021, 4, 1),
    date(2022, 1, 1),
    date(2024, 1, 1),
    date(2022, 7, 1),
    date(2024, 2, 29),
    date(2025, 2, 1),
)
OVER_TIME = ("last", "last", "average", "first", "max", "min")

# Expressions


def conditions() -> st.SearchStrategy[Condition]:
    one = some(CONDITIONS)
    return st.one_of(one, one, st.builds(both, one, one), st.builds(either, one, one), st.builds(opposite, one))


LITERALS = some(("2", "0", "1", "3", "10", "0.5", "12.5", "0.001")).map(of_literal)


@st.composite
def formulas(draw: st.DrawFn, known: Sequence[Kpi]) -> Expression:
    kpi = some(known).map(lambda found: of_kpi(found.code, exact=found.is_exact))
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


# Projects


@st.composite
def sources(draw: st.DrawFn, code: str, day: st.SearchStrategy[date], known: Sequence[Entity]) -> Source:
    kinds = some(("date", "timestamp", "timestamptz"))
    types = draw(st.one_of(st.tuples(kinds), st.tuples(kinds), st.tuples(kinds, kinds)))
    is_numeric = any(entity.code == "1" for entity in known)
    entity = draw(some(("text", "bigint", None) if is_numeric else ("text", "text", None) if known else (None, "text")))
    zone = draw(some(ZONES))
    return Source(
        code,
        types,
        zone,
        draw(seldom(conditions())),
        draw(seldom(day)),
        draw(seldom(st.just(value=True))) is not None,
        entity,
        draw(rows(types, zone, day, places(known, entity))),
    )


@st.composite
def measures(draw: st.DrawFn, number: int, of: Sequence[Source]) -> Kpi:
    source = draw(some(of))
    is_validity = len(source.types) == 2
    rare = () if is_validity else ("count distinct", "max", "min", "count distinct")
    aggregate = draw(some(("sum", *rare, "count", "avg")))
    over_time = draw(some((None, *OVER_TIME) if is_validity else (None,) * 5 + OVER_TIME))
    id_, is_active = draw(identities(number))
    return Kpi(
        f"measure_{number}",
        id_,
        is_active,
        source=source.code,
        aggregate=aggregate,
        argument=draw(arguments(aggregate)),
        where=draw(st.one_of(st.none(), conditions(), st.none())),
        over_time=over_time,
        max_staleness=draw(some((None, None, 30, 3, 0))) if over_time and not is_validity else None,
    )


def arguments(aggregate: str) -> st.SearchStrategy[Value | None]:
    if aggregate == "count":
        return st.none() | some(COUNTED)
    return some(FEW) | some(COUNTED) if aggregate == "count distinct" else some(NUMBERS)


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
        over_time = draw(seldom(st.just("average")))
        found.append(Kpi(f"formula_{number}", id_, is_active, formula, over_time=over_time))
        depth[found[-1].code] = 1 + max(depth[code] for code in formula.inputs)
    return with_ids(found)


@st.composite
def projects(draw: st.DrawFn) -> Description:
    start = draw(some(CALENDAR_STARTS))
    first, length = draw(st.dates(date(2022, 9, 1), date(2025, 1, 1))), draw(some((600, 700, 500, 40, 600, 10)))
    # What is compared is worth more than a first year.
    second_year = first + timedelta(days=min(length, 370)), first + timedelta(days=length + 30)
    retail = draw(retails(*second_year)) if draw(st.booleans()) else None
    late = st.integers(length * 3 // 4, length + 30).map(lambda number: first + timedelta(days=number))
    long_weeks = week_53(retail, *second_year)
    as_of = st.one_of(late, some(long_weeks) if long_weeks else late, days(first, length))
    chosen = draw(dates(as_of.map(lambda found: max(found, start))))
    day = st.one_of(days(first, length), close_to(chosen), *([some(long_weeks)] if long_weeks else []))
    known = draw(entities())
    codes = [f"source_{number}" for number in range(1, 1 + draw(some((2, 1, 3))))]
    made = tuple(draw(sources(code, draw(bounded(day, first, length)), known)) for code in codes)
    return Description(
        settings=draw(settings_of(start, retail, max(chosen))),
        covers_from=draw(seldom(day)),
        sparse=draw(st.booleans()),
        entities=known,
        sources=made,
        kpis=draw(all_kpis(made)),
        dates=chosen,
    )


def bounded(day: st.SearchStrategy[date], first: date, length: int) -> st.SearchStrategy[st.SearchStrategy[date]]:
    """Days as they are, or of a source that begins late or ends early."""
    middle = first + timedelta(days=length // 2)
    return some((day, day, day.map(lambda found: max(found, middle)), day.map(lambda found: min(found, middle))))


@st.composite
def dates(draw: st.DrawFn, as_of: st.SearchStrategy[date]) -> tuple[date, ...]:
    chosen = draw(st.lists(as_of, min_size=1, max_size=3))
    return tuple(sorted(chosen) if draw(st.booleans()) else chosen)
