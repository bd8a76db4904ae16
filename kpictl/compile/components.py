"""Components: per business day and leaf what every window can be rebuilt from, and what a run has to warn of.

A leaf's rows are aggregated once. Days and windows of any entity are sums, least or greatest values of these.
"""

from __future__ import annotations

from sqlglot import exp

from kpictl.catalog import Column, Kpi, TableName
from kpictl.compile.entities import rolled_up
from kpictl.compile.inputs import RUN_DAY
from kpictl.compile.plan import Part, Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.rows import UNUSABLE, failed, findings, is_average, is_count, key, source_rows, value
from kpictl.compile.tree import (
    cast,
    col,
    count_of,
    max_of,
    min_of,
    named,
    only_where,
    select,
    sum_of,
    table,
    with_cte,
)

ROWS = "$rows"
"""How many rows the source has on the day. `$` cannot stand in a KPI's code, so these names are free."""

COMPONENT_KEY = ("date_key", "entity_id")


def weight(kpi: Kpi) -> str:
    """The column that counts an average's values."""
    return f"{kpi.code}$count"


def digest(kpi: Kpi) -> str:
    """The column that changes when the different values of a `count(distinct x)` do.

    It is the sum of a hash of each row's value: 64 bits, so that it misses a change once in 10^19 of them.
    """
    return f"{kpi.code}$digest"


def component_name(part: Part) -> TableName:
    return TableName(None, f"component_{part.name}")


def daily_name(part: Part) -> TableName:
    """The relation with a part's components by entity: where rows have no entity that is the component itself."""
    if part.source.time is not None and part.source.entity is None:
        return component_name(part)
    return TableName(None, f"daily_{part.name}")


def columns_of(kpis: tuple[Kpi, ...]) -> list[Column]:
    """The columns of measures' components."""
    columns = []
    for kpi in kpis:
        columns.append(Column(kpi.code, "decimal"))
        if is_average(kpi):
            columns.append(Column(weight(kpi), "bigint"))
    return columns


def counters_of(part: Part) -> list[str]:
    """The columns that count what a run has to say of rows."""
    expectations = len(part.source.expect) if part.number == 1 else 0
    return [UNUSABLE, *(failed(position) for position in range(expectations))]


def component(plan: Plan, part: Part) -> Relation:
    """A row for each business day (NULL for rows without a time) and leaf; `entity_id` is the leaf."""
    floats = plan.floats[part.source.code]
    values = [named(value(kpi, floats), kpi.code) for kpi in part.measures]
    different = distinct_of(plan, part)
    values += [named(key(kpi, floats), kpi.code) for kpi in different]
    found = findings(plan, part.source, part.measures, first=part.number == 1)
    rows = source_rows(plan, part.source, [*values, *found])
    columns: list[exp.Expr] = [*(col(key) for key in COMPONENT_KEY), named(count_of(), ROWS)]
    columns += [column for kpi in part.measures for column in _aggregated(kpi)]
    columns += [named(_digested(kpi), digest(kpi)) for kpi in different]
    columns += [named(only_where(count_of(), col(name)), name) for name in counters_of(part)]
    grouped = select(columns).from_(table(TableName(None, "row")), copy=False)
    grouped = grouped.group_by(*(col(key) for key in COMPONENT_KEY), copy=False)
    query = with_cte(grouped, "row", rows, "the source's rows, each on its business day")
    comment = f"per business day and leaf, what the windows of the measures over {part.source.code} are rebuilt from"
    return computed(component_name(part), "work", comment, described(plan, part), COMPONENT_KEY, query)


def described(plan: Plan, part: Part) -> list[Column]:
    columns = [Column("date_key", "date"), Column("entity_id", "bigint"), Column(ROWS, "bigint")]
    columns += columns_of(part.measures)
    columns += [Column(digest(kpi), "decimal") for kpi in distinct_of(plan, part)]
    return [*columns, *(Column(name, "bigint") for name in counters_of(part))]


def distinct_of(plan: Plan, part: Part) -> tuple[Kpi, ...]:
    """The measures that tell values apart, whose digests stand in the first of a source's parts."""
    if part.number > 1:
        return ()
    return tuple(kpi for kpi in plan.measures_of(part.source) if kpi.measure is not None and kpi.measure.distinct)


def _digested(kpi: Kpi) -> exp.Expr:
    written = exp.FarmFingerprint(expressions=[cast(col(kpi.code), "text")])
    return cast(sum_of(written), "decimal")


def _aggregated(kpi: Kpi) -> list[exp.Expr]:
    assert kpi.measure is not None
    if is_count(kpi):
        return [named(cast(count_of(col(kpi.code)), "decimal"), kpi.code)]
    columns = [named(cast(folded(kpi, col(kpi.code)), "decimal"), kpi.code)]
    if is_average(kpi):
        columns.append(named(count_of(col(kpi.code)), weight(kpi)))
    return columns


def folded(kpi: Kpi, column: exp.Expr) -> exp.Expr:
    """A measure's components of several days or leaves as one."""
    assert kpi.measure is not None
    match kpi.measure.aggregate:
        case "min":
            return min_of(column)
        case "max":
            return max_of(column)
        case "sum" | "count" | "avg":
            return sum_of(column)


def sums(kpis: tuple[Kpi, ...], alias: str) -> list[exp.Expr]:
    """The columns of components, folded over the rows of a group."""
    found = []
    for kpi in kpis:
        found.append(named(cast(folded(kpi, col(kpi.code, alias)), "decimal"), kpi.code))
        if is_average(kpi):
            found.append(named(cast(sum_of(col(weight(kpi), alias)), "bigint"), weight(kpi)))
    return found


def events(plan: Plan, part: Part) -> tuple[Kpi, ...]:
    """The measures of a part that are folded from the rows of any days; stocks are not."""
    return tuple(kpi for kpi in part.measures if plan.kind(kpi) in {"additive", "average", "extreme"})


def daily(plan: Plan, part: Part) -> Relation:
    """The components up the tree of entities: a row for each day that is looked at and entity that has rows on it."""
    kpis = events(plan, part)
    keys: list[exp.Expr] = [col("date_key", "leaf"), col("entity_id", "above")]
    rows = named(cast(sum_of(col(ROWS, "leaf")), "bigint"), ROWS)
    query = rolled_up(select([*keys, rows, *sums(kpis, "leaf")]).from_(table(component_name(part), "leaf")), "leaf")
    asked = select([col("date_key")]).from_(table(RUN_DAY), copy=False)
    query = query.where(exp.In(this=col("date_key", "leaf"), query=exp.Subquery(this=asked)), copy=False)
    query = query.group_by(*(key.copy() for key in keys), copy=False)
    columns = [Column("date_key", "date"), Column("entity_id", "bigint"), Column(ROWS, "bigint"), *columns_of(kpis)]
    comment = f"the components of {part.source.code} per business day and entity"
    return computed(daily_name(part), "work", comment, columns, COMPONENT_KEY, query)
