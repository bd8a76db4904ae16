"""A KPI's value over days, for an entity: the rules of each kind, straight from the rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, localcontext
from typing import Any, assert_never

from tests.soundness.oracle_days import Range, each_day
from tests.soundness.oracle_model import (
    CONTEXT,
    INFINITE,
    WORST_FIRST,
    Answer,
    Formula,
    Measure,
    OverTime,
    Status,
    approximate,
    error_of,
    mean,
    quotient,
    rounded,
)
from tests.soundness.oracle_rows import Project, covered, days_below, remembered, rows_below


def value(
    project: Project, code: str, entity: str, first: date | None, last: date, *, as_of: date | None = None
) -> Answer:
    """A KPI over the days from `first` (None: since inception) to `last`, as known at `as_of`."""
    with localcontext(CONTEXT):
        answer = _answer(project, code, entity, first, last, as_of or last)
        return Answer(None if answer.value is None else rounded(answer.value), answer.status)


def fact(project: Project, code: str, entity: str, day: date, as_of: date) -> Answer:
    return value(project, code, entity, day, day, as_of=as_of)


def worst(*statuses: Status) -> Status:
    return min(statuses, key=WORST_FIRST.index)


@remembered
def _answer(project: Project, code: str, entity: str, first: date | None, last: date, as_of: date) -> Answer:
    kpi = project.kpi[code]
    if isinstance(kpi, Formula) and kpi.over_time is None:
        return _formula(project, code, entity, first, last, as_of)
    known = covered(project, code, entity, as_of)
    if known is None:
        return Answer(None, "no_data")
    first = known[0] if first is None else first
    days = (max(first, known[0]), min(last, known[1]))
    if days[0] > days[1]:
        return Answer(None, "no_data")
    answer = _over(project, kpi, entity, days, as_of)
    return Answer(answer.value, answer.status if days == (first, last) else worst(answer.status, "partial"))


def _over(project: Project, kpi: Measure | Formula, entity: str, days: Range, as_of: date) -> Answer:
    """A KPI over days that are all covered."""
    if isinstance(kpi, Formula):
        return _fold("average", [_formula(project, kpi.code, entity, day, day, as_of) for day in each_day(days)])
    if project.source[kpi.source].valid_from is not None:
        over_time = kpi.over_time or "last"
        return _fold(over_time, [_valid(project, kpi.code, entity, day) for day in _folded(over_time, days)])
    if kpi.over_time is not None:
        return _fold(kpi.over_time, [_stock(project, kpi.code, entity, day) for day in _folded(kpi.over_time, days)])
    by_day = days_below(project, kpi.code, entity)
    return _aggregate(kpi, [x for day in each_day(days) for x in by_day.get(day, [])])


def _aggregate(measure: Measure, xs: list[Any]) -> Answer:
    answer: Decimal | None
    match measure.aggregate:
        case "count":
            answer = Decimal(len(set(xs)) if measure.distinct else len(xs))
        case "sum":
            answer = sum(xs, Decimal(0))
        case "avg":
            answer = quotient(sum(xs, Decimal(0)), len(xs)) if xs else None
        case "min":
            answer = min(xs, default=None)
        case "max":
            answer = max(xs, default=None)
        case _:
            assert_never(measure.aggregate)
    return Answer(answer, "undefined" if answer is None else "ok")


@remembered
def _valid(project: Project, code: str, entity: str, day: date) -> Answer:
    """The measure over the rows that are valid on the day."""
    measure = project.kpi[code]
    assert isinstance(measure, Measure)
    xs = [
        x
        for rows in rows_below(project, code, entity).values()
        for row, x in rows
        if row.day <= day and (row.until is None or day < row.until)
    ]
    return _aggregate(measure, xs)


@remembered
def _stock(project: Project, code: str, entity: str, day: date) -> Answer:
    """The measure over each leaf's latest rows; a leaf that has never reported contributes nothing."""
    measure = project.kpi[code]
    assert isinstance(measure, Measure)
    xs: list[Any] = []
    for rows in rows_below(project, code, entity).values():
        latest = max((row.day for row, _ in rows if row.day <= day), default=None)
        if latest is None:
            continue
        if measure.max_staleness is not None and (day - latest).days > measure.max_staleness:
            return Answer(None, "stale")
        xs += [x for row, x in rows if row.day == latest]
    return _aggregate(measure, xs) if xs else Answer(None, "undefined")


def _folded(over_time: OverTime, days: Range) -> list[date]:
    """The days that are folded: of `last` the last one alone, stale or not."""
    return [days[1]] if over_time == "last" else each_day(days)


def _fold(over_time: OverTime, answers: Sequence[Answer]) -> Answer:
    """Folds daily values, skipping days without one."""
    values = [answer.value for answer in answers if answer.value is not None]
    if not values:
        return Answer(None, worst(*(answer.status for answer in answers)))
    match over_time:
        case "last":
            return Answer(values[-1], "ok")
        case "first":
            return Answer(values[0], "ok")
        case "average":
            return Answer(mean(values), "ok")
        case "min":
            return Answer(_extreme(min(values), values), "ok")
        case "max":
            return Answer(_extreme(max(values), values), "ok")
        case _:
            assert_never(over_time)


def _extreme(found: Decimal, values: Sequence[Decimal]) -> Decimal:
    error = max(error_of(value) for value in values)
    return approximate(found, error) if error else found


@remembered
def _formula(project: Project, code: str, entity: str, first: date | None, last: date, as_of: date) -> Answer:
    formula = project.kpi[code]
    assert isinstance(formula, Formula)
    inputs = {name: _answer(project, name, entity, first, last, as_of) for name in formula.inputs}
    status = worst(*(answer.status for answer in inputs.values()))
    if status == "no_data":
        return Answer(None, "no_data")
    if not all(error_of(answer.value).is_finite() for answer in inputs.values()):
        # Whether an input has a value at all hangs on a double's last digit: the status hangs on it too, even where
        # the formula's own value does not, as that of `coalesce(known, unknown)`.
        return Answer(approximate(Decimal(0), INFINITE), status)
    result = formula.evaluate({name: answer.value for name, answer in inputs.items()})
    if result is None and all(answer.value is not None for answer in inputs.values()):
        status = worst(status, "undefined")
    return Answer(result, status)
