"""A source's rows as measures see them: each on its business day and leaf, with the values that it gives."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from kpictl.catalog import Kpi, Source, TableName
from kpictl.compile.business_day import business_day
from kpictl.compile.entities import leaf, with_leaf, zone
from kpictl.compile.expressions import is_finite, lower, row_value, unusable
from kpictl.compile.plan import Plan
from kpictl.compile.tree import (
    all_of,
    any_of,
    case,
    cast,
    coalesce,
    col,
    is_not_null,
    lit,
    min_of,
    named,
    select,
    table,
)

ZONES_DAYS = 4
"""A row's time lies within so many days of its business day, whatever the zones and `day_starts_at`."""
UNUSABLE = "$unusable"
"""Whether a row has a value that cannot be stored: NaN, infinite, 10^17 or more. `$` cannot stand in a KPI's code."""


def failed(position: int) -> str:
    """The column that says, or counts, which rows fail a source's expectation."""
    return f"$failed_{position + 1}"


def source_rows(plan: Plan, source: Source, columns: Sequence[exp.Expr]) -> exp.Select:
    """The rows that belong to the source: their days, their leaf, and the columns that are asked for."""
    days = {source.time: "date_key"} if source.time else {source.valid_from: "valid_from", source.valid_to: "valid_to"}
    keys = [
        named(business_day(plan, source, name, zone(plan, source)), alias)
        for name, alias in days.items()
        if name is not None
    ]
    rows = select([*keys, leaf(source), *columns]).from_(table(source.relation), copy=False)
    rows = with_leaf(rows, source)
    return rows if source.where is None else rows.where(lower(source.where, plan.floats[source.code]), copy=False)


def findings(plan: Plan, source: Source, measures: tuple[Kpi, ...], *, first: bool) -> list[exp.Expr]:
    """What a run has to say of a row: whether a value is unusable, and which expectations it fails.

    The expectations are asked once, in the first of a source's parts.
    """
    floats = plan.floats[source.code]
    columns = [named(_unusable(source, measures, floats), UNUSABLE)]
    for position, expectation in enumerate(source.expect if first else ()):
        fails = coalesce(exp.Not(this=exp.paren(lower(expectation.that, floats), copy=False)), lit(value=False))
        columns.append(named(fails, failed(position)))
    return columns


def value(kpi: Kpi, floats: frozenset[str]) -> exp.Expr:
    """The value that one row gives to a measure; NULL where the measure leaves the row out."""
    assert kpi.measure is not None
    argument = kpi.measure.argument
    conditions = conditions_of(kpi, floats)
    if argument is not None and is_count(kpi):
        conditions.append(is_not_null(exp.paren(lower(argument, floats), copy=False)))
    found = lit(1) if argument is None or is_count(kpi) else row_value(_operand(lower(argument, floats)))
    return case((all_of(conditions), found)) if conditions else found


def key(kpi: Kpi, floats: frozenset[str]) -> exp.Expr:
    """What `count(distinct x)` tells rows apart by, in the type that it has; NULL where the row is left out."""
    assert kpi.measure is not None
    assert kpi.measure.argument is not None
    found = lower(kpi.measure.argument, floats)
    conditions = conditions_of(kpi, floats)
    return case((all_of(conditions), found)) if conditions else found


def distinct_rows(plan: Plan, kpi: Kpi, days: TableName | None = None) -> exp.Select:
    """The different values of `count(distinct x)` per business day and leaf; from the first of some `days` on."""
    source = plan.source_of(kpi)
    keys = ("date_key", "entity_id")
    found = source_rows(plan, source, [named(key(kpi, plan.floats[source.code]), "key")])
    if days is not None and source.time is not None:
        early = exp.Sub(this=min_of(col("date_key")), expression=lit(ZONES_DAYS))
        first = exp.Subquery(this=select([cast(early, "timestamp")]).from_(table(days), copy=False))
        found = found.where(exp.GTE(this=col(source.time), expression=first), copy=False)
    rows = exp.Subquery(this=found, alias=exp.TableAlias(this=exp.to_identifier("row", quoted=True)))
    query = select([*(col(name) for name in keys), col("key")]).distinct(copy=False).from_(rows, copy=False)
    return query.where(all_of([is_not_null(col("date_key")), is_not_null(col("key"))]), copy=False)


def conditions_of(kpi: Kpi, floats: frozenset[str]) -> list[exp.Expr]:
    return [] if kpi.where is None else [exp.paren(lower(kpi.where, floats), copy=False)]


def is_average(kpi: Kpi) -> bool:
    return kpi.measure is not None and kpi.measure.aggregate == "avg"


def is_count(kpi: Kpi) -> bool:
    return kpi.measure is not None and kpi.measure.aggregate == "count"


def _operand(tree: exp.Expr) -> exp.Expr:
    return tree if isinstance(tree, exp.Column | exp.Literal) else exp.paren(tree, copy=False)


def _unusable(source: Source, measures: tuple[Kpi, ...], floats: frozenset[str]) -> exp.Expr:
    """Whether a row has a value that a measure cannot take, or a column in use is no number."""
    flags = [all_of([*conditions, unusable(tree)]) for tree, conditions in measured(measures, floats).values()]
    flags += [
        exp.Not(this=coalesce(is_finite(col(name)), lit(value=True))) for name in used_floats(source, measures, floats)
    ]
    return any_of(flags) if flags else lit(value=False)


def measured(measures: tuple[Kpi, ...], floats: frozenset[str]) -> dict[str, tuple[exp.Expr, list[exp.Expr]]]:
    """What measures take numbers of, by what their author wrote: the value, and the rows' conditions."""
    found: dict[str, tuple[exp.Expr, list[exp.Expr]]] = {}
    for kpi in measures:
        argument = None if kpi.measure is None or is_count(kpi) else kpi.measure.argument
        if argument is not None:
            written = argument.text if kpi.where is None else f"{argument.text} where {kpi.where.text}"
            if (words := " ".join(written.split())) not in found:
                found[words] = (_operand(lower(argument)), conditions_of(kpi, floats))
    return found


def used_floats(source: Source, measures: tuple[Kpi, ...], floats: frozenset[str]) -> list[str]:
    """The floating point columns that conditions and counts read, each once."""
    expressions = [source.where, *(kpi.where for kpi in measures)]
    expressions += [kpi.measure.argument for kpi in measures if kpi.measure is not None and is_count(kpi)]
    names = (column.name for each in expressions if each is not None for column in each.columns())
    return [name for name in dict.fromkeys(names) if name in floats] if floats else []
