"""What a run looks at between computing and publishing: whether its tables are whole, and what the project checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain
from zoneinfo import ZoneInfo

from kpictl.calendar import WEEKDAYS, business_day
from kpictl.catalog import Check, Freshness, Kpi, Project, Source
from kpictl.compile import Plan
from kpictl.compile.checked import (
    EXAMPLES,
    checked_values,
    dashboard_differences,
    fact_differences,
    newest,
    unexplained,
    volumes,
)
from kpictl.diagnostics import CheckError
from kpictl.engine import Engine
from kpictl.pipeline.events import Warned

UNPUBLISHED = "nothing was published; the tables of the last run stay"
SHOWN = EXAMPLES - 1
ROWS_AT_ONCE = 50_000
"""Rows of the dashboard that are looked at together: a backfill has millions."""

USUAL_ROWS_AT_LEAST = 20
"""On days with fewer rows chance alone makes a few, or none."""
FEW = Decimal("0.2")
"""The share of the usual rows that a day has at least, if nothing is amiss."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be; `stops` says whether it keeps the run from publishing."""

    message: str
    stops: bool
    help: str | None = None


def verify(plan: Plan, engine: Engine, dates: Sequence[date], began_at: datetime) -> Iterator[Warned]:
    """Look at all of it, in the run's transaction, and warn; CheckError with all that stops the publishing."""
    stopping = []
    for finding in chain(
        _whole(plan, engine),
        _fresh(plan, engine, began_at),
        _volumes(plan, engine, max(dates), began_at),
        _checks(plan, engine, dates),
    ):
        if finding.stops:
            stopping.append(finding.message)
        else:
            yield Warned(finding.message, finding.help)
    _refuse(stopping)


def verify_whole(plan: Plan, engine: Engine) -> None:
    """Look only at whether the tables are whole, as for the few rows of a KPI test; CheckError where not."""
    _refuse([finding.message for finding in _whole(plan, engine)])


def _refuse(messages: list[str]) -> None:
    if len(messages) == 1:
        raise CheckError(messages[0], help=UNPUBLISHED)
    if messages:
        raise CheckError(f"{len(messages)} checks failed: {'; '.join(messages)}", help=UNPUBLISHED)


def _whole(plan: Plan, engine: Engine) -> Iterator[Finding]:
    """Row counts as they must be, and no NULL without a reason: anything else is a fault of kpictl's own."""
    lacking, beyond = dashboard_differences(plan)
    yield from _rows(plan, engine.query(lacking), "agg_kpi_dashboard lacks rows")
    yield from _rows(plan, engine.query(beyond), "agg_kpi_dashboard has rows that it should not have")
    lacking, beyond = fact_differences(plan)
    yield from _rows(plan, engine.query(lacking), "fact_kpi_daily lacks rows")
    yield from _rows(plan, engine.query(beyond), "fact_kpi_daily has rows that it should not have")
    cells = [
        f"{name} of {_of(plan, kpi_id, entity_id)} at {as_of}"
        for as_of, kpi_id, entity_id, name in engine.query(unexplained(plan))
    ]
    if cells:
        yield Finding(f"agg_kpi_dashboard has values that do not fit their status: {_shown(cells)}", stops=True)


def _rows(plan: Plan, found: list[tuple[object, ...]], what: str) -> Iterator[Finding]:
    rows = [f"{_of(plan, kpi_id, entity_id)} at {day}" for day, kpi_id, entity_id in found]
    if rows:
        yield Finding(f"{what}: {_shown(rows)}", stops=True)


def _of(plan: Plan, kpi_id: object, entity_id: object) -> str:
    kpi = next((kpi.code for kpi in plan.catalog.kpis if kpi.id == kpi_id), f"KPI {kpi_id}")
    return f"{kpi} for {_entity(plan, entity_id)}"


def _entity(plan: Plan, entity_id: object) -> str:
    return next((each.code for each in plan.catalog.entities if each.id == entity_id), f"entity {entity_id}")


def _shown(items: list[str]) -> str:
    """The first few; a query brings one more than are shown."""
    return "; ".join(items[:SHOWN]) + ("; …" if len(items) > SHOWN else "")


def _fresh(plan: Plan, engine: Engine, began_at: datetime) -> Iterator[Finding]:
    project = plan.catalog.project
    today = business_day(began_at, project.timezone, project.day_starts_at)
    for source in plan.sources:
        if source.expect_fresh is not None and source.time is not None:
            ((found,),) = engine.query(newest(plan, source, began_at, today))
            yield from _freshness(project, source, source.expect_fresh, found, began_at)


def _freshness(
    project: Project, source: Source, expected: Freshness, found: object, began_at: datetime
) -> Iterator[Finding]:
    stops = expected.severity == "error"
    limit = f"expect_fresh is {expected.text}"
    if not isinstance(found, date):
        yield Finding(f"source {source.code}: there is no row, and {limit}", stops)
        return
    age = age_of(project, found, began_at)
    if age > expected.within:
        shown = str(found)
        if isinstance(found, datetime):
            shown = f"{found.astimezone(ZoneInfo(project.timezone)):%Y-%m-%d %H:%M}"
        message = f"source {source.code}: the newest row, of {shown}, is {_age(age)} old, and {limit}"
        yield Finding(message, stops)


def age_of(project: Project, newest: date, now: datetime) -> timedelta:
    """How old a row is: a day is as old as its end is past; a moment as it is."""
    if isinstance(newest, datetime):
        return now - newest
    return now - datetime.combine(newest + timedelta(days=1), project.day_starts_at, ZoneInfo(project.timezone))


def _age(age: timedelta) -> str:
    hours, minutes = divmod(int(age.total_seconds() // 60), 60)
    return f"{hours} h {minutes:02} min" if hours < 72 else f"{age.days} days"


def _volumes(plan: Plan, engine: Engine, as_of: date, began_at: datetime) -> Iterator[Finding]:
    """The last complete day, next to what the same weekday had in the weeks before."""
    project = plan.catalog.project
    yesterday = business_day(began_at, project.timezone, project.day_starts_at) - timedelta(days=1)
    day = min(as_of, yesterday)
    query = volumes(plan, day)
    for code, first_day, last_day, rows, *before in [] if query is None else engine.query(query):
        source = plan.source_by_code[str(code)]
        is_known = isinstance(first_day, date) and first_day <= day - timedelta(weeks=len(before))
        is_over = source.covers_to == "last_row" and isinstance(last_day, date) and last_day < day
        usual = _median([int(str(each)) for each in before])
        if is_known and not is_over and usual >= USUAL_ROWS_AT_LEAST and int(str(rows)) < FEW * usual:
            weekday = f"{WEEKDAYS[day.weekday()].title()}s"
            have = "1 row" if rows == 1 else f"{rows:,} rows"
            message = f"source {code}: {have} on {day}, where {weekday} have {usual:,.0f}"
            yield Finding(message, stops=False, help="unless the day was a special one, rows have not come in")


def _median(numbers: list[int]) -> Decimal:
    """The mean of the two in the middle: there are as many as WEEKS, which is even."""
    above = len(numbers) // 2
    ordered = sorted(numbers)
    return Decimal(ordered[above - 1] + ordered[above]) / 2


@dataclass(slots=True)
class _Failed:
    """The cells that a check fails on: how many, and the first few."""

    cells: int
    shown: list[str]


def _checks(plan: Plan, engine: Engine, dates: Sequence[date]) -> Iterator[Finding]:
    """What the project's own checks say, each once for all that it fails on."""
    kpis = [kpi for kpi in plan.published if kpi.checks]
    if not kpis:
        return
    columns = list(dict.fromkeys(_column(plan, check) for kpi in kpis for check in kpi.checks))
    columns = [name for name in columns if name != "day"]
    failed: dict[tuple[str, int], _Failed] = {}
    dates = sorted(dates)
    step = max(1, ROWS_AT_ONCE // (len(kpis) * len(plan.catalog.entities)))
    by_id = {kpi.id: kpi for kpi in kpis}
    for at in range(0, len(dates), step):
        query = checked_values(plan, kpis, columns, dates[at : at + step])
        for as_of, kpi_id, entity_id, *values in engine.query(query):
            assert isinstance(kpi_id, int)
            kpi, row = by_id[kpi_id], dict(zip(("day", *columns), values, strict=True))
            entity = _entity(plan, entity_id)
            for number, check in enumerate(kpi.checks):
                value = row[_column(plan, check)]
                assert value is None or isinstance(value, Decimal)
                if check.entity in {None, entity} and not _holds(check, value):
                    found = failed.setdefault((kpi.code, number), _Failed(0, []))
                    found.cells += 1
                    if len(found.shown) < SHOWN:
                        window = check.window_of(plan.catalog.project)
                        found.shown.append(f"{window} of {entity} at {as_of} {_said(check, value)}")
    for kpi in kpis:
        for number, check in enumerate(kpi.checks):
            if (kpi.code, number) in failed:
                yield _told(kpi, check, failed[kpi.code, number])


def _told(kpi: Kpi, check: Check, found: _Failed) -> Finding:
    more = found.cells - len(found.shown)
    shown = "; ".join(found.shown) + (f"; and {more:,} more" if more else "")
    what = check.message or f"`{check.text}` does not hold"
    return Finding(f"KPI {kpi.code}: {what}: {shown}", stops=check.severity == "error")


def _column(plan: Plan, check: Check) -> str:
    """The column of the dashboard that a check looks at; `day` is the day's value, whatever its windows are."""
    window = check.window_of(plan.catalog.project)
    if check.key == "max_change_pct":
        return f"{window}_delta_pct"
    return window if window == "day" else f"{window}_value"


def _holds(check: Check, value: Decimal | None) -> bool:
    """What has no value is neither too small nor too large, and has not changed."""
    if check.key == "not_null":
        return value is not None
    assert check.limit is not None
    if value is None:
        return True
    match check.key:
        case "min":
            return value >= check.limit
        case "max":
            return value <= check.limit
        case _:
            return abs(value) <= check.limit


def _said(check: Check, value: Decimal | None) -> str:
    if value is None:
        return "has no value"
    return f"changed by {value:+,.1f}%" if check.key == "max_change_pct" else f"is {_digits(value)}"


def _digits(value: Decimal) -> str:
    """All of a number's digits, without the zeros at its end."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
