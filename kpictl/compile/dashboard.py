"""`agg_kpi_dashboard`: a row per as-of date, KPI and entity, a group of columns per window, and the payload."""

from __future__ import annotations

from sqlglot import exp

from kpictl.catalog import Column, TableName
from kpictl.compile.cells import SPAN_CELL, change, side_value, status
from kpictl.compile.coverage import KPI_COVERAGE
from kpictl.compile.inputs import RUN_DATE, RUN_WINDOW
from kpictl.compile.payload import KPI_CARD, payload
from kpictl.compile.plan import Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.tree import Step, all_of, col, lit, max_of, named, only_where, select, table, with_steps
from kpictl.compile.trend import TREND

DASHBOARD_KEY = ("as_of_date", "kpi_id", "entity_id")
SIDES = ("current", "prior")


def dashboard_columns(windows: tuple[str, ...]) -> tuple[Column, ...]:
    columns = [
        Column("as_of_date", "date", "the last business day that the row takes into account"),
        Column("kpi_id", "bigint", "the KPI, of dim_kpi"),
        Column("entity_id", "bigint", "the entity, of dim_entity"),
    ]
    for name in windows:
        columns += [
            Column(f"{name}_value", "decimal", f"the value over {name}"),
            Column(f"{name}_prior", "decimal", f"the value over {name} one year earlier"),
            Column(f"{name}_delta", "decimal", "value less prior"),
            Column(f"{name}_delta_pct", "decimal", "delta in percent of the prior's size: 12.5 is +12.5%"),
            Column(f"{name}_status", "text", "ok, undefined, partial, stale or no_data"),
            Column(f"{name}_prior_status", "text", "the same for the prior"),
        ]
    columns += [
        Column("payload", "json", "all that a frontend needs to draw the KPI's card"),
        Column("data_through", "date", "the last business day with a row in the KPI's source"),
        Column("refreshed_at", "timestamptz", "when the run that wrote the row began"),
    ]
    return tuple(columns)


def agg_kpi_dashboard(plan: Plan, name: TableName, dim_entity: TableName) -> Relation:
    windows = plan.catalog.project.windows
    steps = [
        Step("range", _ranges(windows), "the first and last day of each window"),
        Step("cell", _pivot(windows), "one row per KPI, the windows side by side"),
        Step("change", _changes(windows), "each window against its prior"),
    ]
    result = with_steps(_rows(plan, dim_entity), steps)
    comment = "every KPI over every window at each as-of date, against the same days a year before"
    return computed(name, "snapshot", comment, dashboard_columns(windows), DASHBOARD_KEY, result)


def _step(name: str) -> exp.Table:
    return table(TableName(None, name))


def _at(window: str, side: str) -> exp.Expr:
    return all_of(
        [
            exp.EQ(this=col("window_name", "window"), expression=lit(window)),
            exp.EQ(this=col("side", "window"), expression=lit(side)),
        ]
    )


def _ranges(windows: tuple[str, ...]) -> exp.Query:
    columns: list[exp.Expr] = [col("as_of_date", "window")]
    for window in windows:
        for side, prefix in zip(SIDES, ("", "prior_"), strict=True):
            columns += [
                named(only_where(max_of(col(bound, "window")), _at(window, side)), f"{window}_{prefix}{name}")
                for bound, name in (("first_day", "from"), ("last_day", "to"))
            ]
    query = select(columns).from_(table(RUN_WINDOW, "window"), copy=False)
    return query.group_by(col("as_of_date", "window"), copy=False)


def _pivot(windows: tuple[str, ...]) -> exp.Query:
    keys: list[exp.Expr] = [col("as_of_date", "window"), col("kpi_id", "cell"), col("entity_id", "cell")]
    columns = list(keys)
    for window in windows:
        for side, value, rank in (
            ("current", f"{window}_value", f"{window}_rank"),
            ("prior", f"{window}_prior", f"{window}_prior_rank"),
        ):
            columns.append(named(only_where(max_of(col("value", "cell")), _at(window, side)), value))
            columns.append(named(only_where(max_of(side_value("window", "cell")), _at(window, side)), rank))
    of_span = exp.EQ(this=col("span_id", "cell"), expression=col("span_id", "window"))
    query = select(columns).from_(table(RUN_WINDOW, "window"), copy=False)
    query = query.join(table(SPAN_CELL, "cell"), on=of_span, copy=False)
    return query.group_by(*(key.copy() for key in keys), copy=False)


def _changes(windows: tuple[str, ...]) -> exp.Query:
    """One row for every KPI and entity that it has, with data or without."""
    days = ("covered_from", "covered_until", "data_through")
    columns: list[exp.Expr] = [*(col(key, "of") for key in DASHBOARD_KEY), *(col(day, "of") for day in days)]
    columns.append(col("refreshed_at", "run_date"))
    for window in windows:
        value, prior = col(f"{window}_value", "cell"), col(f"{window}_prior", "cell")
        delta, delta_pct = change(value, prior)
        columns += [value, prior, named(delta, f"{window}_delta"), named(delta_pct, f"{window}_delta_pct")]
        columns.append(named(status(col(f"{window}_rank", "cell")), f"{window}_status"))
        columns.append(named(status(col(f"{window}_prior_rank", "cell")), f"{window}_prior_status"))
    query = select(columns).from_(table(RUN_DATE), copy=False)
    at = exp.EQ(this=col("as_of_date", "of"), expression=col("as_of_date", "run_date"))
    query = query.join(table(KPI_COVERAGE, "of"), on=at, copy=False)
    return query.join(_step("cell"), on=_same("cell", "of", DASHBOARD_KEY), join_type="left", copy=False)


def _same(left: str, right: str, keys: tuple[str, ...]) -> exp.Expr:
    return all_of(exp.EQ(this=col(key, left), expression=col(key, right)) for key in keys)


def _rows(plan: Plan, dim_entity: TableName) -> exp.Select:
    windows = plan.catalog.project.windows
    columns: list[exp.Expr] = [col(key, "change") for key in DASHBOARD_KEY]
    for window in windows:
        names = ("value", "prior", "delta", "delta_pct", "status", "prior_status")
        columns += [col(f"{window}_{name}", "change") for name in names]
    columns += [named(payload(windows), "payload"), col("data_through", "change"), col("refreshed_at", "change")]
    query = select(columns).from_(_step("change"), copy=False)
    for joined, keys in (
        (_step("range"), ("as_of_date",)),
        (table(KPI_CARD), ("kpi_id",)),
        (table(dim_entity, "dim_entity"), ("entity_id",)),
        (table(TREND), DASHBOARD_KEY),
    ):
        query = query.join(joined, on=_same(joined.alias_or_name, "change", keys), copy=False)
    return query
