"""Coverage: the days for which a source can know anything, per entity and as-of date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlglot import exp

from kpictl.catalog import Column, Source, TableName
from kpictl.compile.components import ROWS, component_name
from kpictl.compile.entities import ROOT, rolled_up
from kpictl.compile.inputs import RUN_DATE, RUN_FACTS, RUN_SYNC
from kpictl.compile.plan import Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.tree import (
    Step,
    all_of,
    any_of,
    case,
    cast,
    col,
    greatest,
    is_not_null,
    least,
    lit,
    max_of,
    min_of,
    named,
    select,
    table,
    union_all,
    unnest,
    with_steps,
)

COVERAGE = TableName(None, "coverage")
COVERAGE_KEY = ("as_of_date", "entity_id")
FIRST_DAY = "$first_day"
"""The first day that any source covers."""

KPI_COVERAGE = TableName(None, "kpi_coverage")
KPI_COVERAGE_KEY = ("as_of_date", "entity_id", "kpi_id")


def first_day(source: Source) -> str:
    """The column with a source's first covered day; NULL where it covers none."""
    return f"{source.code}$first_day"


def last_day(source: Source) -> str:
    """The column with a source's last covered day."""
    return f"{source.code}$last_day"


def data_through(source: Source) -> str:
    """The column with the last day on which a source has a row, of any entity."""
    return f"{source.code}$data_through"


def coverage(plan: Plan, dim_entity: TableName) -> Relation:
    """A row for each as-of date and entity, with three days of each source."""
    dates = select([col("as_of_date")]).from_(table(RUN_DATE), copy=False)
    facts = select([col("last_day")]).from_(table(RUN_FACTS), copy=False)
    entities = select([col("as_of_date", "date"), col("entity_id", "entity")])
    entities = entities.from_(table(TableName(None, "date")), copy=False)
    entities = entities.join(table(dim_entity, "entity"), join_type="cross", copy=False)
    steps = [
        Step("date", exp.Union(this=dates, expression=facts, distinct=True), "when coverage is asked for"),
        Step("at", entities, "and of which entities"),
    ]
    firsts = [col(first_day(source)) for source in plan.sources]
    columns: list[exp.Expr] = [*(col(key, "at") for key in COVERAGE_KEY), named(least(list(firsts)), FIRST_DAY)]
    query = select([]).from_(table(TableName(None, "at")), copy=False)
    described = [Column("as_of_date", "date"), Column("entity_id", "bigint"), Column(FIRST_DAY, "date")]
    for source in plan.sources:
        seen, name = f"rows_of_{source.code}", f"days_of_{source.code}"
        steps.append(Step(seen, _seen(plan, source), f"the days with a row of {source.code}, and the dates between"))
        steps.append(Step(name, _days(plan, source, seen), f"the days that {source.code} covers"))
        same = all_of(exp.EQ(this=col(key, name), expression=col(key, "at")) for key in COVERAGE_KEY)
        query = query.join(table(TableName(None, name)), on=same, join_type="left", copy=False)
        for column in (first_day(source), last_day(source), data_through(source)):
            columns.append(col(column))
            described.append(Column(column, "date"))
    query.set("expressions", columns)
    comment = "the days for which each source can know anything, at each as-of date"
    return computed(COVERAGE, "work", comment, described, COVERAGE_KEY, with_steps(query, steps))


def _seen(plan: Plan, source: Source) -> exp.Query:
    """Up to each as-of date the first and last day with a row: one walk along the days for all the dates.

    All days before the first as-of date are one step of it, however many there are.
    """
    (part, *_) = plan.parts_of(source)
    happened = all_of([exp.GT(this=col(ROWS), expression=lit(0)), is_not_null(col("date_key"))])
    asked = select(
        [
            col("entity_id"),
            named(col("as_of_date"), "date_key"),
            named(cast(lit(None), "date"), "first_row"),
            named(cast(lit(None), "date"), "last_row"),
            named(lit(value=True), "is_asked"),
        ]
    ).from_(table(TableName(None, "at")), copy=False)
    if source.entity is None:
        asked = asked.where(exp.EQ(this=col("entity_id"), expression=lit(ROOT)), copy=False)
    first_date = exp.Subquery(
        this=select([min_of(col("as_of_date"))]).from_(table(TableName(None, "date")), copy=False)
    )
    later = case((exp.GTE(this=col("date_key"), expression=first_date), col("date_key")))
    first_row, last_row = named(min_of(col("date_key")), "first_row"), named(max_of(col("date_key")), "last_row")
    steps = select([col("entity_id"), first_row, last_row]).from_(table(component_name(part)), copy=False)
    steps = steps.where(happened, copy=False).group_by(col("entity_id"), later, copy=False)
    leaf = exp.Subquery(this=steps, alias=exp.TableAlias(this=exp.to_identifier("leaf", quoted=True)))
    entity = col("entity_id", "leaf" if source.entity is None else "above")
    days = select(
        [
            entity,
            named(col("last_row", "leaf"), "date_key"),
            col("first_row", "leaf"),
            col("last_row", "leaf"),
            named(lit(value=False), "is_asked"),
        ]
    ).from_(leaf, copy=False)
    days = days if source.entity is None else rolled_up(days, "leaf")
    stacked = exp.Subquery(
        this=union_all([days, asked]), alias=exp.TableAlias(this=exp.to_identifier("day", quoted=True))
    )
    walk = [
        named(_so_far(min_of(col("first_row"))), "first_row"),
        named(_so_far(max_of(col("last_row"))), "last_row"),
    ]
    return select([col("entity_id"), col("date_key"), col("is_asked"), *walk]).from_(stacked, copy=False)


def _so_far(aggregate: exp.Expr) -> exp.Window:
    """An aggregate of an entity's rows up to the day, that of the same day included."""
    by_day = exp.Order(expressions=[exp.Ordered(this=col("date_key"), nulls_first=False)])
    return exp.Window(this=aggregate, partition_by=[col("entity_id")], order=by_day)


def _days(plan: Plan, source: Source, seen: str) -> exp.Select:
    project = plan.catalog.project
    covers_from = source.covers_from or project.covers_from
    first_row, last_row = col("first_row", seen), col("last_row", seen)
    ends = last_row.copy() if source.covers_to == "last_row" else col("date_key", seen)
    columns = [
        named(col("date_key", seen), "as_of_date"),
        col("entity_id", seen),
        named(_not_before(project.calendar.start, covers_from, first_row), first_day(source)),
        named(_not_after(ends, col("last_day", "sync")), last_day(source)),
        named(exp.Window(this=max_of(last_row), partition_by=[col("date_key", seen)]), data_through(source)),
    ]
    of_source = exp.EQ(this=col("source_code", "sync"), expression=lit(source.code))
    return (
        select(columns)
        .from_(table(TableName(None, seen)), copy=False)
        .join(table(RUN_SYNC, "sync"), on=of_source, join_type="left", copy=False)
        .where(col("is_asked", seen), copy=False)
    )


def _not_before(start: date, covers_from: date | None, first_row: exp.Expr) -> exp.Expr:
    """The first covered day, never before the calendar starts; NULL without `covers_from` and without a row."""
    if covers_from is not None:
        return lit(max(covers_from, start))
    early = exp.LT(this=first_row.copy(), expression=lit(start))
    return case((early, lit(start)), default=first_row)


def _not_after(day: exp.Expr, end: exp.Expr) -> exp.Expr:
    """The earlier of the two; no end is no limit."""
    return case((exp.GT(this=day.copy(), expression=end.copy()), end), default=day)


def kpi_coverage(plan: Plan) -> Relation:
    """The days that all of a KPI's sources cover: a row for each as-of date, published KPI and entity that it has."""
    ids: list[exp.Expr] = [lit(kpi.id) for kpi in plan.published]
    columns = [*(col(key) for key in COVERAGE_KEY), named(unnest(ids), "kpi_id")]
    for name, day, extreme in (
        ("covered_from", first_day, greatest),
        ("covered_until", last_day, least),
        ("data_through", data_through, least),
    ):
        days = [
            extreme_of_all([col(day(source)) for source in plan.sources_of(kpi)], extreme) for kpi in plan.published
        ]
        columns.append(named(unnest(days), name))
    every = select(columns).from_(table(COVERAGE), copy=False)
    query = select([exp.Star()]).from_(
        exp.Subquery(this=every, alias=exp.TableAlias(this=exp.to_identifier("every", quoted=True))), copy=False
    )
    described = [Column("as_of_date", "date"), Column("entity_id", "bigint"), Column("kpi_id", "bigint")]
    described += [Column(name, "date") for name in ("covered_from", "covered_until", "data_through")]
    comment = "the days that all of a KPI's sources cover, at each as-of date"
    return computed(KPI_COVERAGE, "work", comment, described, KPI_COVERAGE_KEY, only_defined(plan, query))


def extreme_of_all(days: list[exp.Expr], extreme: Callable[[list[exp.Expr]], exp.Expr]) -> exp.Expr:
    """The latest or earliest of some days; NULL where one of them is."""
    if len(days) == 1:
        return days[0]
    return case((all_of(is_not_null(day.copy()) for day in days), extreme(days)))


def only_defined(plan: Plan, query: exp.Select) -> exp.Select:
    """Only the KPIs that an entity has: those over sources without entities are values of `ALL` alone."""
    everywhere = [kpi for kpi in plan.published if plan.has_entities(kpi)]
    if len(everywhere) == len(plan.published):
        return query
    root = exp.EQ(this=col("entity_id"), expression=lit(ROOT))
    if not everywhere:
        return query.where(root, copy=False)
    known = exp.In(this=col("kpi_id"), expressions=[lit(kpi.id) for kpi in everywhere])
    return query.where(any_of([root, known]), copy=False)
