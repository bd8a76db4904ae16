"""`agg_kpi_dashboard`: a row per as-of date, KPI and entity, a group of columns per window, and the payload."""

from __future__ import annotations

from sqlglot import exp

from kpictl.catalog import Column, TableName
from kpictl.compile.coverage import COVERAGE, COVERAGE_KEY, data_through, last_day
from kpictl.compile.evaluate import Rank
from kpictl.compile.expressions import stored
from kpictl.compile.facts import DAILY_CELL
from kpictl.compile.inputs import RUN_DATE, RUN_TREND, RUN_WINDOW
from kpictl.compile.payload import KPI_CARD, payload, trend
from kpictl.compile.plan import Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.tree import (
    Step,
    all_of,
    case,
    cast,
    col,
    is_not_null,
    least,
    lit,
    max_of,
    named,
    only_where,
    select,
    table,
    unnest,
    with_steps,
)

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


def agg_kpi_dashboard(plan: Plan, name: TableName, dim_entity: TableName, window_cell: TableName) -> Relation:
    windows = plan.catalog.project.windows
    query = _rows(plan, dim_entity)
    steps = [
        Step("range", _ranges(windows), "the first and last day of each window"),
        Step("cell", _pivot(windows, window_cell), "one row per KPI, the windows side by side"),
        Step("change", _changes(windows), "each window against its prior"),
        Step("through", _through(plan), "the last days of all of a KPI's sources"),
        Step("trend", trend(RUN_TREND, DAILY_CELL, table(TableName(None, "through"), "k")), "the last 28 days"),
    ]
    result = with_steps(query, steps)
    comment = "every KPI over every window at each as-of date, against the same days a year before"
    return computed(name, "snapshot", comment, dashboard_columns(windows), DASHBOARD_KEY, result)


def _step(name: str) -> exp.Table:
    return table(TableName(None, name))


def _at(window: str, side: str) -> exp.Expr:
    return all_of(
        [
            exp.EQ(this=col("window_name"), expression=lit(window)),
            exp.EQ(this=col("side"), expression=lit(side)),
        ]
    )


def _ranges(windows: tuple[str, ...]) -> exp.Query:
    columns: list[exp.Expr] = [col("as_of_date")]
    for window in windows:
        for side, prefix in zip(SIDES, ("", "prior_"), strict=True):
            columns += [
                named(only_where(max_of(col(bound)), _at(window, side)), f"{window}_{prefix}{name}")
                for bound, name in (("first_day", "from"), ("last_day", "to"))
            ]
    query = select(columns).from_(table(RUN_WINDOW), copy=False)
    return query.group_by(col("as_of_date"), copy=False)


def _pivot(windows: tuple[str, ...], window_cell: TableName) -> exp.Query:
    keys = [col(key) for key in DASHBOARD_KEY]
    columns: list[exp.Expr] = list(keys)
    for window in windows:
        for side, value, status in (
            ("current", f"{window}_value", f"{window}_status"),
            ("prior", f"{window}_prior", f"{window}_prior_status"),
        ):
            rank = only_where(max_of(col("status_rank")), _at(window, side))
            columns.append(named(only_where(max_of(col("value")), _at(window, side)), value))
            columns.append(named(_status(rank), status))
    query = select(columns).from_(table(window_cell), copy=False)
    return query.group_by(*(key.copy() for key in keys), copy=False)


def _status(rank: exp.Expr) -> exp.Expr:
    tree = exp.Case(this=rank, ifs=[])
    for status in Rank:
        tree.append("ifs", exp.If(this=lit(int(status)), true=lit(status.name.lower())))
    return tree


def _changes(windows: tuple[str, ...]) -> exp.Query:
    columns: list[exp.Expr] = [exp.Star()]
    for window in windows:
        value, prior = col(f"{window}_value"), col(f"{window}_prior")
        delta = exp.Sub(this=value, expression=prior)
        columns.append(named(cast(delta, "decimal"), f"{window}_delta"))
        size = exp.Nullif(this=exp.Abs(this=cast(prior.copy(), "double")), expression=lit(0))
        hundredfold = exp.Mul(this=lit(100), expression=cast(exp.paren(delta.copy()), "double"))
        percent = exp.Div(this=exp.paren(hundredfold), expression=size)
        columns.append(named(stored(exp.paren(percent), exact=False), f"{window}_delta_pct"))
    return select(columns).from_(_step("cell"), copy=False)


def _through(plan: Plan) -> exp.Query:
    """The earliest of a KPI's sources' last days, with a row and covered; NULL where one of them has none."""
    ids: list[exp.Expr] = [lit(kpi.id) for kpi in plan.published]
    columns = [*(col(key) for key in COVERAGE_KEY), named(unnest(ids), "kpi_id")]
    for name, day in (("data_through", data_through), ("covered_until", last_day)):
        days: list[exp.Expr] = []
        for kpi in plan.published:
            ends = [col(day(plan.catalog.source(code))) for code in plan.sources_of(kpi)]
            days.append(case((all_of(is_not_null(end.copy()) for end in ends), least(list(ends)))))
        columns.append(named(unnest(days), name))
    return select(columns).from_(table(COVERAGE), copy=False)


def _rows(plan: Plan, dim_entity: TableName) -> exp.Select:
    windows = plan.catalog.project.windows
    columns: list[exp.Expr] = [col(key, "change") for key in DASHBOARD_KEY]
    for window in windows:
        names = ("value", "prior", "delta", "delta_pct", "status", "prior_status")
        columns += [col(f"{window}_{name}", "change") for name in names]
    columns += [
        named(payload(windows), "payload"),
        col("data_through", "through"),
        col("refreshed_at", "run_date"),
    ]
    query = select(columns).from_(_step("change"), copy=False)
    for joined, keys in (
        (table(RUN_DATE), ("as_of_date",)),
        (_step("range"), ("as_of_date",)),
        (_step("through"), DASHBOARD_KEY),
        (_step("trend"), DASHBOARD_KEY),
        (table(KPI_CARD), ("kpi_id",)),
        (table(dim_entity, "dim_entity"), ("entity_id",)),
    ):
        same = [exp.EQ(this=col(key, joined.alias_or_name), expression=col(key, "change")) for key in keys]
        query = query.join(joined, on=all_of(same), copy=False)
    return query
