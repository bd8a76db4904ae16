"""`agg_kpi_period`: every KPI over whole weeks, months, quarters and years, against the year before."""

from __future__ import annotations

from sqlglot import exp

from kpictl.catalog import Column, TableName
from kpictl.compile.cells import SPAN_CELL, change, side_value, status
from kpictl.compile.coverage import KPI_COVERAGE
from kpictl.compile.inputs import RUN_FACTS, RUN_PERIOD
from kpictl.compile.relation import Relation, computed
from kpictl.compile.tree import Step, all_of, col, lit, named, select, table, with_steps

PERIOD_COLUMNS = (
    Column("period", "text", "week, month, quarter or year"),
    Column("period_start", "date", "the first day"),
    Column("period_end", "date", "the nominal last day"),
    Column("through", "date", "the last day that counts"),
    Column("kpi_id", "bigint", "the KPI, of dim_kpi"),
    Column("entity_id", "bigint", "the entity, of dim_entity"),
    Column("value", "decimal", "the value over the period"),
    Column("prior", "decimal", "the value over the period one year earlier"),
    Column("delta", "decimal", "value less prior"),
    Column("delta_pct", "decimal", "delta in percent of the prior's size: 12.5 is +12.5%"),
    Column("status", "text", "ok, undefined, partial, stale or no_data"),
    Column("prior_status", "text", "the same for the prior"),
    Column("in_progress", "boolean", "whether the nominal last day is still to come"),
)
PERIOD_KEY = ("period", "period_start", "kpi_id", "entity_id")


PERIOD_CELL = TableName(None, "period_cell")


def period_cell() -> Relation:
    """One row for each period from the KPI's and entity's first covered day to the last day of the facts."""
    steps = [
        Step("of", _covered(), "the periods of each KPI and entity"),
        Step("now", _side("current"), "their values"),
        Step("before", _side("prior"), "and those of the year before"),
    ]
    value, prior = col("value", "now"), col("value", "before")
    delta, delta_pct = change(value, prior)
    columns: list[exp.Expr] = [col(key, "of") for key in ("period", "period_start", "period_end", "through")]
    columns += [col("kpi_id", "of"), col("entity_id", "of"), value, named(prior, "prior")]
    columns += [named(delta, "delta"), named(delta_pct, "delta_pct")]
    columns.append(named(status(col("status_rank", "now")), "status"))
    columns.append(named(status(col("status_rank", "before")), "prior_status"))
    columns.append(col("in_progress", "of"))
    query = select(columns).from_(table(TableName(None, "of")), copy=False)
    for side in ("now", "before"):
        same = all_of(exp.EQ(this=col(key, side), expression=col(key, "of")) for key in PERIOD_KEY)
        query = query.join(table(TableName(None, side)), on=same, join_type="left", copy=False)
    comment = "the rows of agg_kpi_period, worked out once"
    return computed(PERIOD_CELL, "work", comment, PERIOD_COLUMNS, PERIOD_KEY, with_steps(query, steps))


def agg_kpi_period(name: TableName) -> Relation:
    """The published periods."""
    query = select([col(column.name) for column in PERIOD_COLUMNS]).from_(table(PERIOD_CELL), copy=False)
    comment = "every KPI over whole weeks, months, quarters and years"
    return computed(name, "facts", comment, PERIOD_COLUMNS, PERIOD_KEY, query)


def _covered() -> exp.Select:
    columns = [col(key, "period") for key in ("period", "period_start", "period_end", "through", "in_progress")]
    columns += [col("kpi_id", "known"), col("entity_id", "known")]
    at = exp.EQ(this=col("as_of_date", "known"), expression=col("last_day", "facts"))
    begun = all_of(
        [
            exp.EQ(this=col("side", "period"), expression=lit("current")),
            exp.LTE(this=col("covered_from", "known"), expression=col("through", "period")),
            exp.LTE(this=col("covered_from", "known"), expression=col("covered_until", "known")),
        ]
    )
    return (
        select(columns)
        .from_(table(RUN_FACTS, "facts"), copy=False)
        .join(table(KPI_COVERAGE, "known"), on=at, copy=False)
        .join(table(RUN_PERIOD, "period"), on=begun, copy=False)
    )


def _side(side: str) -> exp.Select:
    rank = named(side_value("period", "cell"), "status_rank")
    columns = [col("period", "period"), col("period_start", "period"), col("kpi_id", "cell"), col("entity_id", "cell")]
    of_span = exp.EQ(this=col("span_id", "cell"), expression=col("span_id", "period"))
    query = select([*columns, col("value", "cell"), rank]).from_(table(RUN_PERIOD, "period"), copy=False)
    query = query.join(table(SPAN_CELL, "cell"), on=of_span, copy=False)
    return query.where(exp.EQ(this=col("side", "period"), expression=lit(side)), copy=False)
