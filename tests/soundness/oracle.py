"""The naive second implementation of what the numbers mean: plain loops over raw rows, to judge the compiler by.

Slow and obvious on purpose; it imports nothing of the package. Not offered: retail calendars, whole periods
(`agg_kpi_period`), sparse facts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, localcontext
from typing import Any, assert_never

from tests.soundness.oracle_days import each_day, prior_day, prior_window, window
from tests.soundness.oracle_model import (
    CONTEXT,
    WORST_FIRST,
    Answer,
    Cell,
    Condition,
    Entity,
    Formula,
    Measure,
    OverTime,
    Source,
    Status,
    add,
    divide,
    multiply,
    rounded,
    subtract,
)
from tests.soundness.oracle_rows import (
    Project,
    business_day,
    covered,
    data_through,
    defined,
    lineage,
    undated_rows,
    unknown_codes,
)

__all__ = [
    "Answer",
    "Cell",
    "Condition",
    "Entity",
    "Formula",
    "Measure",
    "Project",
    "Source",
    "add",
    "business_day",
    "covered",
    "dashboard",
    "data_through",
    "divide",
    "fact",
    "facts",
    "multiply",
    "prior_day",
    "prior_window",
    "rounded",
    "subtract",
    "undated_rows",
    "unknown_codes",
    "value",
    "window",
]


def value(
    project: Project, code: str, entity: str, first: date | None, last: date, *, as_of: date | None = None
) -> Answer:
    """A KPI over the days from `first` (None: since inception) to `last`, as known at `as_of`."""
    with localcontext(CONTEXT):
        answer = _answer(project, code, entity, first, last, as_of=as_of or last)
        return Answer(None if answer.value is None else rounded(answer.value), answer.status)


def fact(project: Project, code: str, entity: str, day: date, as_of: date) -> Answer:
    return value(project, code, entity, day, day, as_of=as_of)


def facts(project: Project, as_of: date) -> dict[tuple[date, str, str], Decimal | None]:
    """`fact_kpi_daily`, dense: every published KPI, entity and covered day."""
    found = {}
    for code, entity in published(project):
        for day in each_day(covered(project, code, entity, as_of)):
            found[day, code, entity] = fact(project, code, entity, day, as_of).value
    return found


def published(project: Project) -> list[tuple[str, str]]:
    pairs = [(kpi.code, entity.code) for kpi in project.kpis if kpi.id is not None for entity in project.entities]
    return [(code, entity) for code, entity in pairs if defined(project, code, entity)]


def _worst(*statuses: Status) -> Status:
    return min(statuses, key=WORST_FIRST.index)


def _answer(project: Project, code: str, entity: str, first: date | None, last: date, *, as_of: date) -> Answer:
    kpi = project.kpi[code]
    if isinstance(kpi, Formula) and kpi.over_time is None:
        return _formula(project, kpi, entity, first, last, as_of=as_of)
    known = covered(project, code, entity, as_of)
    if known is None:
        return Answer(None, "no_data")
    first = known[0] if first is None else first
    days = each_day((max(first, known[0]), min(last, known[1])))
    if not days:
        return Answer(None, "no_data")
    if isinstance(kpi, Formula):
        answer = _fold("average", lambda day: _formula(project, kpi, entity, day, day, as_of=as_of), days)
    elif project.source[kpi.source].valid_from is not None:
        answer = _fold(kpi.over_time or "last", lambda day: _valid(project, kpi, entity, day), days)
    elif kpi.over_time is not None:
        answer = _fold(kpi.over_time, lambda day: _stock(project, kpi, entity, day), days)
    else:
        leaves = _leaves(project, kpi, entity).values()
        answer = _aggregate(kpi, [x for rows in leaves for day in days for x in rows.get(day, [])])
    whole = (first, last) == (days[0], days[-1])
    return Answer(answer.value, answer.status if whole else _worst(answer.status, "partial"))


def _leaves(project: Project, measure: Measure, entity: str) -> dict[str | None, dict[date, list[Any]]]:
    found = project.by_leaf_and_day.get(measure.code, {})
    return {leaf: days for leaf, days in found.items() if entity in lineage(project, leaf)}


def _aggregate(measure: Measure, xs: list[Any]) -> Answer:
    answer: Decimal | None
    match measure.aggregate:
        case "count":
            answer = Decimal(len(set(xs)) if measure.distinct else len(xs))
        case "sum":
            answer = sum(xs, Decimal(0))
        case "avg":
            answer = sum(xs, Decimal(0)) / len(xs) if xs else None
        case "min":
            answer = min(xs, default=None)
        case "max":
            answer = max(xs, default=None)
        case _:
            assert_never(measure.aggregate)
    return Answer(answer, "undefined" if answer is None else "ok")


def _valid(project: Project, measure: Measure, entity: str, day: date) -> Answer:
    """The measure over the rows that are valid on the day."""
    xs = [
        x
        for row, x in project.matching[measure.code]
        if row.day <= day and (row.until is None or day < row.until) and entity in lineage(project, row.leaf)
    ]
    return _aggregate(measure, xs)


def _stock(project: Project, measure: Measure, entity: str, day: date) -> Answer:
    """The measure over each leaf's latest rows; a leaf that has never reported contributes nothing."""
    xs: list[Any] = []
    for rows in _leaves(project, measure, entity).values():
        latest = max((known for known in rows if known <= day), default=None)
        if latest is None:
            continue
        if measure.max_staleness is not None and (day - latest).days > measure.max_staleness:
            return Answer(None, "stale")
        xs += rows[latest]
    return _aggregate(measure, xs) if xs else Answer(None, "undefined")


def _fold(over_time: OverTime, daily: Callable[[date], Answer], days: list[date]) -> Answer:
    """Folds daily values, skipping days without one; `last` is the last day, stale or not."""
    if over_time == "last":
        return daily(days[-1])
    answers = [daily(day) for day in days]
    values = [answer.value for answer in answers if answer.value is not None]
    if not values:
        return Answer(None, _worst(*(answer.status for answer in answers)))
    match over_time:
        case "first":
            return Answer(values[0], "ok")
        case "average":
            return Answer(sum(values, Decimal(0)) / len(values), "ok")
        case "min":
            return Answer(min(values), "ok")
        case "max":
            return Answer(max(values), "ok")
        case _:
            assert_never(over_time)


def _formula(project: Project, formula: Formula, entity: str, first: date | None, last: date, *, as_of: date) -> Answer:
    inputs = {name: _answer(project, name, entity, first, last, as_of=as_of) for name in formula.inputs}
    status = _worst(*(answer.status for answer in inputs.values()))
    if status == "no_data":
        return Answer(None, "no_data")
    result = formula.evaluate({name: answer.value for name, answer in inputs.items()})
    if result is None and all(answer.value is not None for answer in inputs.values()):
        status = _worst(status, "undefined")
    return Answer(result, status)


# The dashboard


def dashboard(project: Project, as_of: date) -> dict[tuple[str, str], dict[str, Cell]]:
    """Every published KPI and entity, every window."""
    return {
        (code, entity): {name: _cell(project, code, entity, name, as_of) for name in project.windows}
        for code, entity in published(project)
    }


def _cell(project: Project, code: str, entity: str, name: str, as_of: date) -> Cell:
    first, last = window(name, as_of, project)
    prior_first, prior_last = prior_window(name, as_of, project)
    now = value(project, code, entity, first, last, as_of=as_of)
    if prior_first is not None and prior_first < project.calendar_start:
        prior = Answer(None, "no_data")
    else:
        prior = value(project, code, entity, prior_first, prior_last, as_of=as_of)
    known = covered(project, code, entity, as_of)
    inception = None if known is None else known[0]
    with localcontext(CONTEXT):
        delta = subtract(now.value, prior.value)
        percent = multiply(100, divide(delta, None if prior.value is None else abs(prior.value)))
    return Cell(
        value=now.value,
        status=now.status,
        prior=prior.value,
        prior_status=prior.status,
        delta=delta,
        delta_pct=None if percent is None else rounded(percent),
        first=first or inception,
        last=last,
        prior_first=prior_first or inception,
        prior_last=prior_last,
    )
