"""Queries that say more about what a component's counters found: which values, how many, since when."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from kpictl.catalog import Expectation, Source
from kpictl.compile.business_day import business_day
from kpictl.compile.components import ROWS, component_name
from kpictl.compile.entities import ENTITY_CODE, UNKNOWN, with_leaf, zone
from kpictl.compile.expressions import ROW_VALUE_LIMIT, is_finite, lower
from kpictl.compile.plan import Part, Plan
from kpictl.compile.rows import UNUSABLE, failed, measured, used_floats
from kpictl.compile.tree import (
    all_of,
    case,
    cast,
    coalesce,
    col,
    count_of,
    is_not_null,
    is_null,
    lit,
    min_of,
    named,
    only_where,
    select,
    sum_of,
    table,
    union_all,
)


def counters(plan: Plan) -> exp.Query | None:
    """Per source: rows without a time, of no known entity, with an unusable value, that fail each expectation.

    Long: `(source_code, counter, rows)`, `counter` being `no_time`, `no_entity`, `unusable` or the expectation's
    position.
    """
    parts = [part for each in plan.parts for part in _counters(each)]
    return union_all(parts) if parts else None


def _counters(part: Part) -> list[exp.Select]:
    source = part.source
    totals: list[tuple[str, exp.Expr]] = [("unusable", sum_of(col(UNUSABLE)))]
    if part.number == 1:
        totals.append(("no_time", only_where(sum_of(col(ROWS)), is_null(col("date_key")))))
        totals += [(str(i), sum_of(col(failed(i)))) for i in range(len(source.expect))]
        if source.entity is not None:
            unknown = exp.EQ(this=col("entity_id"), expression=lit(UNKNOWN))
            totals.append(("no_entity", only_where(sum_of(col(ROWS)), unknown)))
    return [
        select(
            [
                named(lit(source.code), "source_code"),
                named(lit(counter), "counter"),
                named(cast(coalesce(total, lit(0)), "bigint"), "rows"),
            ]
        ).from_(table(component_name(part)), copy=False)
        for counter, total in totals
    ]


def unknown_codes(plan: Plan, source: Source, limit: int = 3) -> exp.Query:
    """The codes in a source's rows that no entity has, and in how many rows, the most frequent first."""
    assert source.entity is not None
    code = cast(col(source.entity), "text")
    known = select([lit(1)]).from_(table(ENTITY_CODE), copy=False)
    known = known.where(exp.EQ(this=col("$entity_code"), expression=code.copy()), copy=False)
    query = select([named(code, "$code"), named(count_of(), "$rows")]).from_(table(source.relation), copy=False)
    query = query.where(exp.Not(this=exp.Exists(this=known)), copy=False)
    if source.where is not None:
        query = query.where(exp.paren(lower(source.where, plan.floats[source.code])), copy=False)
    query = query.group_by(code.copy(), copy=False)
    query = query.order_by(exp.Ordered(this=col("$rows"), desc=True), code.copy(), copy=False)
    return query.limit(limit, copy=False)


def examples(plan: Plan, source: Source, expectation: Expectation, limit: int = 3) -> exp.Query:
    """The values of the columns that an expectation names, in the rows that fail it, the most frequent first."""
    floats = plan.floats[source.code]
    names = list(dict.fromkeys(column.name for column in expectation.that.columns()))
    query = select([*(col(name) for name in names), named(count_of(), "$rows")])
    query = query.from_(table(source.relation), copy=False)
    query = query.where(exp.Not(this=exp.paren(lower(expectation.that, floats), copy=False)), copy=False)
    if source.where is not None:
        query = query.where(lower(source.where, floats), copy=False)
    query = query.group_by(*(col(name) for name in names), copy=False)
    query = query.order_by(exp.Ordered(this=col("$rows"), desc=True), *(col(name) for name in names), copy=False)
    return query.limit(limit, copy=False)


def keyed(sources: Iterable[Source]) -> tuple[Source, ...]:
    """The sources whose key is to be looked at: what is unique in all rows of a relation is so in some of them."""
    sources = tuple(sources)
    whole = {(source.relation, source.key) for source in sources if source.where is None}
    return tuple(
        source
        for source in {(source.relation, source.key, _condition(source)): source for source in sources}.values()
        if source.key is not None and (source.where is None or (source.relation, source.key) not in whole)
    )


def _condition(source: Source) -> str | None:
    return None if source.where is None else source.where.tree.sql()


def duplicates(plan: Plan, source: Source, limit: int = 3) -> exp.Query:
    """The keys of a source that stand in more than one row, and in how many."""
    assert source.key is not None
    query = select([col(source.key), named(count_of(), "$rows")]).from_(table(source.relation), copy=False)
    query = query.where(is_not_null(col(source.key)), copy=False)
    if source.where is not None:
        query = query.where(lower(source.where, _floats(plan, source)), copy=False)
    query = query.group_by(col(source.key), copy=False)
    query = query.having(exp.GT(this=count_of(), expression=lit(1)), copy=False)
    query = query.order_by(exp.Ordered(this=col("$rows"), desc=True), col(source.key), copy=False)
    return query.limit(limit, copy=False)


def some_row(plan: Plan, source: Source) -> exp.Query:
    """A row of one value, if the source has any."""
    return _rows(plan, source, [named(lit(1), "some")]).limit(1, copy=False)


def days(plan: Plan, source: Source) -> exp.Query:
    """How many rows a source has, and how many different days, each entity's own: `(rows, different)`.

    Days are the date of the time as it is written, which is near enough for telling a row a day from events.
    """
    rows = _rows(plan, source, [named(count_of(), "$rows")]).group_by(*_day(source), copy=False)
    query = select([named(coalesce(sum_of(col("$rows")), lit(0)), "rows"), named(count_of(), "different")])
    return query.from_(exp.Subquery(this=rows, alias=exp.TableAlias(this=exp.to_identifier("each"))), copy=False)


def repeated_days(plan: Plan, source: Source, limit: int = 3) -> exp.Query:
    """The days that stand in more than one row of an entity, and in how many."""
    first, *_ = _day(source)
    query = _rows(plan, source, [named(first, "$day"), named(count_of(), "$rows")])
    query = query.group_by(*_day(source), copy=False)
    query = query.having(exp.GT(this=count_of(), expression=lit(1)), copy=False)
    return query.order_by(first.copy(), copy=False).limit(limit, copy=False)


def _day(source: Source) -> list[exp.Expr]:
    begins = source.time or source.valid_from
    assert begins is not None
    return [cast(col(begins), "date"), *([] if source.entity is None else [cast(col(source.entity), "text")])]


def _rows(plan: Plan, source: Source, columns: list[exp.Expr]) -> exp.Select:
    """Columns of the rows that belong to a source."""
    query = select(columns).from_(table(source.relation), copy=False)
    if source.where is None:
        return query
    return query.where(lower(source.where, _floats(plan, source)), copy=False)


def _floats(plan: Plan, source: Source) -> frozenset[str]:
    """The columns that may hold NaN, of a source that no KPI uses none: nothing is computed of it."""
    return frozenset(plan.floats.get(source.code, ()))


def unusable_values(plan: Plan, source: Source) -> exp.Query | None:
    """What a source has of unusable values: `(what, not_a_number, too_large, first_day)`.

    `what` is the expression that a measure takes, or a floating point column that a condition reads.
    """
    measures = plan.measures_of(source)
    floats = plan.floats[source.code]
    subjects = measured(measures, floats)
    subjects |= {name: (col(name), []) for name in used_floats(source, measures, floats)}
    parts = []
    for what, (tree, conditions) in subjects.items():
        large = exp.GTE(this=exp.Abs(this=cast(exp.paren(tree), "double")), expression=ROW_VALUE_LIMIT.copy())
        too_large = all_of([is_finite(exp.paren(tree)), large])
        begins = source.time or source.valid_from
        assert begins is not None
        day = business_day(plan, source, begins, zone(plan, source))
        columns = [
            named(lit(what), "what"),
            named(only_where(count_of(), exp.Not(this=exp.paren(is_finite(exp.paren(tree))))), "not_a_number"),
            named(only_where(count_of(), too_large), "too_large"),
            named(min_of(case((too_large.copy(), day))), "first_day"),
        ]
        rows = with_leaf(select(columns).from_(table(source.relation), copy=False), source)
        kept = [] if source.where is None else [exp.paren(lower(source.where, floats), copy=False)]
        parts.append(rows.where(*kept, *conditions, copy=False))
    return union_all(parts) if parts else None
