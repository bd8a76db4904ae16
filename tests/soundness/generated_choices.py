"""Which rows, entities and settings generated projects have: strategies, simple choices first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.soundness.generated import EntityType, Moment, Row, TimeType
from tests.soundness.generated_settings import ROOT, Entity, Settings
from tests.soundness.oracle import Retail, retail_year

ZONES = ("UTC", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland")
STARTS_AT = (*(time(hour) for hour in (0, 4, 9, 14, 22, 7, 20)), time(2, 30), time(23, 59))
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
# Local times that occur twice or never. The hours at which days start part the two instants they could be.
CHANGES = {
    zone: tuple(datetime.fromisoformat(clock) for clock in clocks)
    for zone, clocks in {
        "America/Los_Angeles": ("2024-11-03 01:15", "2025-03-09 02:10", "2025-11-02 01:15", "2024-03-10 02:30"),
        "Pacific/Auckland": ("2024-04-07 02:30", "2025-04-06 02:30", "2024-09-29 02:10", "2025-09-28 02:30"),
    }.items()
}
FLAGS = st.booleans()


def some(values: Sequence[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


def seldom(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One of the values once in five times, else None."""
    return st.integers(0, 4).flatmap(lambda die: values if die == 4 else st.none())


def or_null(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 5).flatmap(lambda die: st.none() if die == 5 else values)


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
DUE = some((date(2025, 1, 1), date(2024, 2, 29), date(2024, 12, 31)))
CELLS = st.tuples(
    or_null(MONEY), or_null(QUANTITIES), or_null(WEIGHTS), or_null(CHANNELS), or_null(FLAGS), or_null(DUE)
)


def days(first: date, length: int) -> st.SearchStrategy[date]:
    near = st.dates(first, first + timedelta(days=length))
    return st.one_of(near, near, some(SPECIAL_DAYS))


@st.composite
def moments(draw: st.DrawFn, kind: TimeType, zone: str, day: st.SearchStrategy[date]) -> Moment:
    chosen = draw(day)
    if kind == "date":
        return chosen
    if kind == "timestamp" and zone in CHANGES and draw(seldom(FLAGS)) is not None:
        changed: datetime = draw(some(CHANGES[zone]))
        return changed
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
def rows(
    draw: st.DrawFn,
    types: tuple[TimeType, ...],
    zone: str,
    day: st.SearchStrategy[date],
    place: st.SearchStrategy[Any],
) -> tuple[Row, ...]:
    times = day.flatmap(lambda first: st.tuples(*(or_null(moments(kind, zone, about(first, day))) for kind in types)))
    # Left alone, hypothesis would make most lists shorter than a year of comparisons needs. It likes the first best.
    least = draw(some((10, 20, 30, 20, 3, 0)))
    return tuple(draw(st.lists(st.builds(Row, times, CELLS, place), min_size=least, max_size=least + 12)))


# Entities


@st.composite
def entities(draw: st.DrawFn) -> tuple[Entity, ...]:
    """No list, or a tree of up to three levels below `ALL`, whose codes are texts or numbers."""
    size = draw(some((3, 0, 5, 2, 1)))
    numeric = draw(st.booleans())
    codes = ("1", "2", "30", "4", "05") if numeric else ("a", "b", "A", "it's", 'é "d"')
    found: list[Entity] = []
    depth = {ROOT: 0}
    for number, code in enumerate(codes[:size], start=1):
        parents = [None, *(known for known in reversed(depth) if depth[known] < 3)]
        parent = draw(some(parents))
        depth[code] = depth[parent or ROOT] + 1
        aliases = draw(seldom(st.just((str(100 + number) if numeric else f"{code}1",)))) or ()
        found.append(Entity(number, code, parent, draw(some((None, None, *ZONES))), aliases))
    if not found or draw(seldom(st.just(value=True))):
        return tuple(found)  # the root is implied
    root = Entity(
        0, ROOT, None, draw(some((None, *ZONES))), draw(seldom(st.just(("100" if numeric else "all",)))) or ()
    )
    listed = (root, *found)
    return listed[::-1] if draw(st.booleans()) else listed


def places(known: Sequence[Entity], kind: EntityType | None) -> st.SearchStrategy[Any]:
    """What stands in an entity column: mostly codes and aliases, some of the root's, some of nobody's."""
    if kind is None:
        return st.none()
    below = [code for entity in known if entity.code != ROOT for code in (entity.code, *entity.aliases)]
    others = [*(alias for entity in known if entity.code == ROOT for alias in entity.aliases), "77", ROOT, "B"]
    if kind == "text":
        return st.one_of(some(below or others), some(below or others), some([*others, None]))
    # Numbers are known by their plain digits alone: "05" is nobody's.
    mine, nobodys = [int(code) for code in below if code.isdigit()], [int(code) for code in others if code.isdigit()]
    return st.one_of(some(mine or nobodys), some(mine or nobodys), some([*nobodys, None]))


# Settings


RETAIL_YEARS = tuple(
    (weekday, month, day)
    for month, day in ((1, None), (1, 31), (12, None), (8, None), (12, 31), (2, 3), (6, 30), (1, 1))
    for weekday in (5, 6, 4, 2)
)


@st.composite
def retails(draw: st.DrawFn, first: date, last: date) -> Retail:
    """Any rule, or one with a 53rd week between the two days."""
    pattern = draw(some(((4, 4, 5), (4, 5, 4), (5, 4, 4))))
    rules = [Retail(pattern, *rule) for rule in RETAIL_YEARS]
    long = [rule for rule in rules if week_53(rule, first, last)]
    chosen: Retail = draw(st.one_of(some(long or rules), some(rules)))
    return chosen


def week_53(retail: Retail | None, first: date, last: date) -> list[date]:
    """The days of 53rd weeks in a range of days."""
    found = []
    day = first
    while retail is not None and day <= last:
        begins, ends = retail_year(day, retail)
        if (ends - begins).days == 53 * 7 - 1:
            found += [ends - timedelta(days=number) for number in range(7)]
        day = ends + timedelta(days=1)
    return [day for day in found if first <= day <= last]


WINDOW_NAMES = ("mtd", "wtd", "day", "qtd", "ytd", "ttm", "itd", "calendar_mtd", "calendar_qtd", "calendar_ytd")


def windows() -> st.SearchStrategy[tuple[str, ...]]:
    last = st.one_of(st.integers(1, 60), st.integers(1, 400)).map(lambda number: f"last{number}")
    names = st.integers(0, 4).flatmap(lambda die: last if die == 4 else some(WINDOW_NAMES))
    return some((3, 1, 5)).flatmap(lambda size: st.lists(names, min_size=size, max_size=5, unique=True)).map(tuple)


@st.composite
def settings_of(draw: st.DrawFn, start: date, retail: Retail | None, last: date) -> Settings:
    fiscal_starts = draw(some((1, 1, 7, 2, 3, 12))) if retail is None else 1
    compare = draw(some((None, None, "same_weekday", "same_date" if retail is None else "fiscal")))
    return Settings(
        timezone=draw(some(ZONES)),
        day_starts_at=draw(some(STARTS_AT)),
        start=start,
        end=last + timedelta(days=draw(some((0, 1, 90)))),
        week_starts_on=draw(st.integers(0, 6)),
        fiscal_starts=fiscal_starts,
        retail=retail,
        compare=compare,
        windows=draw(windows()),
    )
