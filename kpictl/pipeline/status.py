"""How a project stands: its last run, its sources, what has gone stale, and what the next run would do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlglot import exp

from kpictl.calendar import business_day
from kpictl.catalog import Catalog, Source, TableName
from kpictl.compile import Plan, Tables, needed_by, plan
from kpictl.compile import compile as relations_of
from kpictl.compile.checked import newest
from kpictl.compile.components import ROWS, component_name
from kpictl.compile.entities import UNKNOWN
from kpictl.compile.tree import cast, coalesce, col, count_of, is_null, lit, named, only_where, select, sum_of, table
from kpictl.pipeline.changes import Memory
from kpictl.pipeline.compute import steps
from kpictl.pipeline.dates import default_as_of, today
from kpictl.pipeline.inputs import RunDates
from kpictl.pipeline.journal import Entry
from kpictl.pipeline.look import Look, Nothing
from kpictl.pipeline.own import restatement_table, stale_table, state_table
from kpictl.pipeline.refresh import last_syncs
from kpictl.pipeline.restated import stale_rows
from kpictl.pipeline.run import source_types
from kpictl.pipeline.verify import age_of

RESTATED_DAYS = 7
"""How far back restated numbers are counted."""

FAILED = frozenset({"failed", "died"})


@dataclass(frozen=True, slots=True)
class SourceState:
    """What is known of a source's rows; None where it is not known.

    `newest_day` is the business day of the newest row that is not in the future, `synced_at` the last sync of the
    oldest of the raw tables below. `no_entity` and `no_time` count rows, as of the last run.
    """

    code: str
    is_there: bool | None
    newest_day: date | None
    synced_at: datetime | None
    expect_fresh: str | None
    is_late: bool
    no_entity: int | None
    no_time: int | None


@dataclass(frozen=True, slots=True)
class StaleDates:
    """The as-of dates that were reported before late data came in."""

    as_of_dates: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class NextRun:
    """What a run would do now; `all_days` says why it would compute all of them.

    `stopped_by` says why it could not begin. Where it is not `is_foreseen`, nothing is known of what it would compute.
    """

    as_of: date
    syncs: tuple[str, ...]
    stopped_by: str | None
    is_foreseen: bool
    all_days: str | None


@dataclass(frozen=True, slots=True)
class Status:
    """How a project stands; `last` is the last run, `ended` the last that has come to an end."""

    holder: str | None
    is_copy: bool
    last: Entry | None
    ended: Entry | None
    last_success: Entry | None
    sources: tuple[SourceState, ...]
    stale: StaleDates | None
    restated: int
    next_run: NextRun

    @property
    def is_alarming(self) -> bool:
        """Whether somebody has to look: the last run has failed, or a source is late."""
        return (self.ended is not None and self.ended.status in FAILED) or any(each.is_late for each in self.sources)


def status(look: Look | Nothing, catalog: Catalog, errors: int, now: datetime) -> Status:
    """How it stands now; `errors` is how many the catalog has: then its sources are not looked at."""
    if isinstance(look, Nothing):
        next_run = _next_run(catalog, errors, now, is_foreseen=errors == 0, all_days="the first run")
        return Status(look.file_holder, False, None, None, None, (), None, 0, next_run)
    holder = look.holder()
    runs = look.runs(2)
    ended = next((each for each in runs if each.status != "running"), None)
    sources: tuple[SourceState, ...] = ()
    is_foreseen, reason = False, None
    if errors == 0:
        types = source_types(catalog, look.engine, look.tables)
        made = plan(catalog, types)
        sources = tuple(_sources(look, made, now))
        if not look.is_copy:
            is_foreseen, reason = True, _foreseen(look, made, types, now)
    return Status(
        holder=holder,
        is_copy=look.is_copy,
        last=runs[0] if runs else None,
        ended=ended,
        last_success=next(iter(look.runs(1, status="succeeded")), None),
        sources=sources,
        stale=_stale(look),
        restated=_restated(look, now - timedelta(days=RESTATED_DAYS)),
        next_run=_next_run(catalog, errors, now, is_foreseen=is_foreseen, all_days=reason),
    )


def _sources(look: Look, made: Plan, now: datetime) -> Iterator[SourceState]:
    syncs = {} if look.is_copy else last_syncs(look.catalog, look.engine)
    for source in made.sources:
        columns = look.tables.get(source.relation)
        is_there = None if look.is_copy else columns is not None
        found = None
        if source.time is not None and columns is not None and source.time in columns:
            ((found,),) = look.engine.query(newest(made, source, now, today(look.catalog, now)))
        no_entity, no_time = _counted(look, made, source)
        fresh = source.expect_fresh
        yield SourceState(
            code=source.code,
            is_there=is_there,
            newest_day=_day(look.catalog, found),
            synced_at=_synced(look.catalog, source, syncs),
            expect_fresh=None if fresh is None else fresh.text,
            is_late=fresh is not None and is_there is not None and _is_late(look, found, fresh.within, now),
            no_entity=no_entity,
            no_time=no_time,
        )


def _is_late(look: Look, found: object, within: timedelta, now: datetime) -> bool:
    return not isinstance(found, date) or age_of(look.catalog.project, found, now) > within


def _day(catalog: Catalog, found: object) -> date | None:
    match found:
        case datetime():
            return business_day(found, catalog.project.timezone, catalog.project.day_starts_at)
        case date():
            return found
        case _:
            return None


def _synced(catalog: Catalog, source: Source, syncs: Mapping[TableName, datetime]) -> datetime | None:
    return min((syncs[name] for name in needed_by(catalog, {source.relation}) if name in syncs), default=None)


def _counted(look: Look, made: Plan, source: Source) -> tuple[int | None, int | None]:
    """The rows of no known entity and those without a time that the last run has found."""
    kept = TableName(look.catalog.project.schemas.kpi, f"kept_{made.parts_of(source)[0].name}")
    if kept not in look.tables:
        return None, None
    unknown = exp.EQ(this=col("entity_id"), expression=lit(UNKNOWN))
    sums = [
        named(cast(coalesce(only_where(sum_of(col(ROWS)), condition), lit(0)), "bigint"), name)
        for name, condition in (("no_entity", unknown), ("no_time", is_null(col("date_key"))))
    ]
    ((no_entity, no_time),) = look.engine.query(select(sums).from_(table(kept), copy=False))
    return int(str(no_entity)) if source.entity is not None else None, int(str(no_time))


def _stale(look: Look) -> StaleDates | None:
    if stale_table(look.catalog).name not in look.tables:
        return None
    found = stale_rows(look.catalog, look.engine)
    return StaleDates(len(found), found[0][0], found[-1][0]) if found else None


def _restated(look: Look, since: datetime) -> int:
    known = restatement_table(look.catalog).name
    if known not in look.tables:
        return 0
    recent = exp.GTE(this=col("restated_at"), expression=cast(lit(since.isoformat()), "timestamptz"))
    query = select([named(count_of(), "numbers")]).from_(table(known), copy=False).where(recent, copy=False)
    ((numbers,),) = look.engine.query(query)
    return int(str(numbers))


def _foreseen(look: Look, made: Plan, types: Tables, now: datetime) -> str | None:
    """Why a run would compute all days, as it would find before it looks at the sources' rows."""
    if state_table(look.catalog).name not in look.tables:
        return "the first run"
    day = default_as_of(look.catalog, now)
    memory = Memory.of(look.catalog, look.engine, made, RunDates((day,), day, now), is_full=False)
    by_step = steps(look.catalog, relations_of(look.catalog, types))
    by_name = {relation.name: relation for relation in by_step["sources"]}
    of_sources = [
        (source, [(part, by_name[component_name(part)]) for part in made.parts_of(source)]) for source in made.sources
    ]
    return memory.foreseen(of_sources, [*by_step["facts"], *by_step["dashboard"]])


def _next_run(catalog: Catalog, errors: int, now: datetime, *, is_foreseen: bool, all_days: str | None) -> NextRun:
    as_of, calendar = default_as_of(catalog, now), catalog.project.calendar
    stopped_by = None
    if errors:
        stopped_by = f"the project's files have {'1 error' if errors == 1 else f'{errors:,} errors'}"
    elif not calendar.start <= as_of <= calendar.end:
        stopped_by = f"it lies outside the calendar, which goes from {calendar.start} to {calendar.end}"
    syncs = tuple(connector.name for connector in catalog.project.connectors)
    return NextRun(as_of, syncs, stopped_by, is_foreseen, all_days)
