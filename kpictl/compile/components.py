"""Components: per business day and leaf of a source, what every window can be rebuilt from.

A sum or a count is its own component; an average has a sum and a count; rows that are valid from one day to
another are +1 on the first and -1 on the second. The same pass counts what the run warns about: rows without a
time, values that cannot be stored, expectations that fail.
"""

from __future__ import annotations

from sqlglot import exp

from kpictl.catalog import Column, Kpi, Source, TableName
from kpictl.compile.business_day import business_day
from kpictl.compile.expressions import is_finite, lower, row_value, unusable
from kpictl.compile.plan import Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.tree import (
    all_of,
    any_of,
    case,
    cast,
    coalesce,
    col,
    count_of,
    is_not_null,
    is_null,
    lit,
    named,
    only_where,
    select,
    sum_of,
    table,
    union_all,
    with_cte,
)

ROWS = "$rows"
"""How many rows the source has on the day. `$` cannot stand in a KPI's code, so these names are free."""
UNUSABLE = "$unusable"
"""How many of them have a value that cannot be stored: NaN, infinite, 10^17 or more."""

ALL_ENTITY = 0


def failed(position: int) -> str:
    """The column that counts the rows which fail a source's expectation."""
    return f"$failed_{position + 1}"


def weight(kpi: Kpi) -> str:
    """The column that counts an average's values."""
    return f"{kpi.code}$count"


def component_name(source: Source) -> TableName:
    return TableName(None, f"component_{source.code}")


def component(plan: Plan, source: Source) -> Relation:
    """The components of one source: a row for each business day (NULL for rows without a time) and leaf."""
    measures = plan.measures_of(source)
    query = _validity(plan, source, measures) if source.time is None else _events(plan, source, measures)
    columns = [Column("date_key", "date"), Column("entity_id", "bigint"), Column(ROWS, "bigint")]
    for kpi in measures:
        columns.append(Column(kpi.code, "decimal"))
        if _is_average(kpi):
            columns.append(Column(weight(kpi), "bigint"))
    columns.append(Column(UNUSABLE, "bigint"))
    columns.extend(Column(failed(position), "bigint") for position in range(len(source.expect)))
    comment = f"per business day, what the windows of the measures over {source.code} are rebuilt from"
    return computed(component_name(source), "work", comment, columns, ("date_key", "entity_id"), query)


def _is_average(kpi: Kpi) -> bool:
    return kpi.measure is not None and kpi.measure.aggregate == "avg"


def _is_count(kpi: Kpi) -> bool:
    return kpi.measure is not None and kpi.measure.aggregate == "count"


def _events(plan: Plan, source: Source, measures: tuple[Kpi, ...]) -> exp.Query:
    assert source.time is not None
    day = named(business_day(plan.catalog, source, source.time), "date_key")
    rows = _rows(plan, source, [day, named(lit(ALL_ENTITY), "entity_id")], measures)
    columns: list[exp.Expr] = [col("date_key"), col("entity_id"), named(count_of(), ROWS)]
    for kpi in measures:
        total = count_of(col(kpi.code)) if _is_count(kpi) else sum_of(col(kpi.code))
        columns.append(named(cast(total, "decimal"), kpi.code))
        if _is_average(kpi):
            columns.append(named(count_of(col(kpi.code)), weight(kpi)))
    columns.append(named(only_where(count_of(), col(UNUSABLE)), UNUSABLE))
    flags = [failed(position) for position in range(len(source.expect))]
    columns.extend(named(only_where(count_of(), col(flag)), flag) for flag in flags)
    query = select(columns).from_(table(TableName(None, "row")), copy=False)
    query = query.group_by(col("date_key"), col("entity_id"), copy=False)
    return with_cte(query, "row", rows, "the source's rows, each on its business day")


def _rows(plan: Plan, source: Source, keys: list[exp.Expr], measures: tuple[Kpi, ...]) -> exp.Select:
    """The source's rows: their days, a column per measure with its value where the measure counts the row."""
    floats = plan.floats[source.code]
    columns = [*keys, *(named(_measured(kpi, floats), kpi.code) for kpi in measures)]
    columns.append(named(_unusable(source, measures, floats), UNUSABLE))
    for position, expectation in enumerate(source.expect):
        fails = coalesce(exp.Not(this=exp.paren(lower(expectation.that, floats), copy=False)), lit(value=False))
        columns.append(named(fails, failed(position)))
    rows = select(columns).from_(table(source.relation), copy=False)
    return rows if source.where is None else rows.where(lower(source.where, floats), copy=False)


def _measured(kpi: Kpi, floats: frozenset[str]) -> exp.Expr:
    """The value that one row gives to a measure; NULL where the measure leaves the row out."""
    assert kpi.measure is not None
    argument = kpi.measure.argument
    conditions: list[exp.Expr] = [] if kpi.where is None else [exp.paren(lower(kpi.where, floats), copy=False)]
    if argument is not None and _is_count(kpi):
        conditions.append(is_not_null(exp.paren(lower(argument, floats), copy=False)))
    value = lit(1) if argument is None or _is_count(kpi) else row_value(_operand(lower(argument, floats)))
    return case((all_of(conditions), value)) if conditions else value


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
    """What sums and averages are taken of, by what their author wrote: the value, and the rows' conditions."""
    found: dict[str, tuple[exp.Expr, list[exp.Expr]]] = {}
    for kpi in measures:
        argument = None if kpi.measure is None or _is_count(kpi) else kpi.measure.argument
        if argument is not None:
            written = argument.text if kpi.where is None else f"{argument.text} where {kpi.where.text}"
            conditions: list[exp.Expr] = []
            if kpi.where is not None:
                conditions.append(exp.paren(lower(kpi.where, floats), copy=False))
            found.setdefault(" ".join(written.split()), (_operand(lower(argument)), conditions))
    return found


def used_floats(source: Source, measures: tuple[Kpi, ...], floats: frozenset[str]) -> list[str]:
    """The floating point columns that conditions and counts read, each once."""
    expressions = [source.where, *(kpi.where for kpi in measures)]
    expressions += [kpi.measure.argument for kpi in measures if kpi.measure is not None and _is_count(kpi)]
    names = (column.name for each in expressions if each is not None for column in each.columns())
    return [name for name in dict.fromkeys(names) if name in floats]


def _validity(plan: Plan, source: Source, measures: tuple[Kpi, ...]) -> exp.Query:
    """Each row counts from its first day until the day before its last: +1 on the one, -1 on the other."""
    assert source.valid_from is not None
    assert source.valid_to is not None
    days = [
        named(business_day(plan.catalog, source, name), alias)
        for name, alias in ((source.valid_from, "valid_from"), (source.valid_to, "valid_to"))
    ]
    rows = _rows(plan, source, [*days, named(lit(ALL_ENTITY), "entity_id")], measures)
    events = union_all([_begin(source, measures), _end(source, measures)])
    columns: list[exp.Expr] = [col("date_key"), col("entity_id"), named(_total(ROWS), ROWS)]
    for kpi in measures:
        value = exp.Mul(this=col("sign"), expression=col(kpi.code))
        columns.append(named(cast(sum_of(value), "decimal"), kpi.code))
        if _is_average(kpi):
            counted = case((is_not_null(col(kpi.code)), col("sign")))
            columns.append(named(cast(sum_of(counted), "bigint"), weight(kpi)))
    columns.append(named(_total(UNUSABLE), UNUSABLE))
    columns.extend(named(_total(failed(i)), failed(i)) for i in range(len(source.expect)))
    totals = select(columns).from_(table(TableName(None, "event")), copy=False)
    totals = totals.group_by(col("date_key"), col("entity_id"), copy=False)
    query = with_cte(totals, "row", rows, "the source's rows with their first day and the day they end")
    return with_cte(query, "event", events, "+1 on the day that a row begins to count, -1 on the day it ends")


def _total(column: str) -> exp.Expr:
    return cast(sum_of(col(column)), "bigint")


def _counts() -> exp.Expr:
    """Whether a row counts on any day: it must not end before, or on, the day that it begins."""
    later = exp.GT(this=col("valid_to"), expression=col("valid_from"))
    return any_of([is_null(col("valid_to")), later])


def _begin(source: Source, measures: tuple[Kpi, ...]) -> exp.Select:
    columns = [named(col("valid_from"), "date_key"), col("entity_id"), named(lit(1), "sign")]
    columns.append(named(lit(1), ROWS))
    columns.extend(named(case((_counts(), col(kpi.code))), kpi.code) for kpi in measures)
    flags = [UNUSABLE, *(failed(position) for position in range(len(source.expect)))]
    columns.extend(named(case((col(flag), lit(1)), default=lit(0)), flag) for flag in flags)
    return select(columns).from_(table(TableName(None, "row")), copy=False)


def _end(source: Source, measures: tuple[Kpi, ...]) -> exp.Select:
    columns = [named(col("valid_to"), "date_key"), col("entity_id"), named(lit(-1), "sign")]
    columns.append(named(lit(0), ROWS))
    columns.extend(col(kpi.code) for kpi in measures)
    flags = [UNUSABLE, *(failed(position) for position in range(len(source.expect)))]
    columns.extend(named(lit(0), flag) for flag in flags)
    ends = exp.GT(this=col("valid_to"), expression=col("valid_from"))
    return select(columns).from_(table(TableName(None, "row")), copy=False).where(ends, copy=False)
