"""The published tables laid flat: names beside numbers, for exports and for the views that BI tools read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from sqlglot import exp

from kpictl.catalog import Column, ColumnType, TableName
from kpictl.compile.facts import THINNED
from kpictl.compile.relation import Relation, computed
from kpictl.compile.tree import (
    all_of,
    between,
    case,
    cast,
    coalesce,
    col,
    is_not_null,
    lit,
    named,
    select,
    table,
    union_all,
)

Flat = Literal["dashboard", "facts", "periods"]

SQL_VIEWS: Mapping[Flat, str] = MappingProxyType(
    {"dashboard": "kpi_dashboard", "facts": "kpi_daily", "periods": "kpi_period"}
)
"""What the views are called."""

Described = tuple[tuple[str, str, ColumnType, str], ...]
"""Columns of a dimension: their name there, here, their type, and what they are."""
Told = tuple[tuple[str, ColumnType, str], ...]
"""Columns that are called there as here."""

_KPI: Described = (
    ("kpi_code", "kpi_code", "text", "the KPI's code"),
    ("kpi_name", "kpi_name", "text", "the KPI's name"),
    ("category", "category", "text", "the KPI's category"),
)
_ENTITY: Described = (
    ("entity_code", "entity_code", "text", "the entity's code; ALL is everything"),
    ("entity_name", "entity_name", "text", "the entity's name"),
)
_SHOWN: Described = (
    ("unit", "unit", "text", "the currency, %, s for seconds, or the format's own unit"),
    ("decimals", "decimals", "bigint", "decimals to show"),
    ("stored_as", "stored_as", "text", "of a percent: percent, 12.5 is 12.5%; or fraction, 0.125 is"),
    ("target_direction", "target_direction", "text", "up, down or none: which change is good"),
    ("sort_order", "sort_order", "bigint", "where the KPI stands among the others"),
)
_LEVEL: Described = (("level", "entity_level", "bigint", "0 for ALL"),)

_NUMBERS: Told = (
    ("value", "decimal", "the value"),
    ("prior", "decimal", "the value one year earlier"),
    ("delta", "decimal", "value less prior"),
    ("delta_pct", "decimal", "delta in percent of the prior's size: 12.5 is +12.5%"),
    ("status", "text", "ok, undefined, partial, stale or no_data"),
    ("prior_status", "text", "the same for the prior"),
)
_BOUNDS = (
    ("first_day", ("from",), "the window's first day"),
    ("last_day", ("to",), "the window's last day"),
    ("prior_first_day", ("prior", "from"), "the first day of the same window one year earlier"),
    ("prior_last_day", ("prior", "to"), "its last day"),
)
_CALENDAR: Told = (
    ("year", "bigint", "the calendar year"),
    ("quarter", "bigint", "1 to 4"),
    ("month", "bigint", "1 to 12"),
    ("month_name", "text", "in English"),
    ("month_start", "date", "the month's first day"),
    ("week_start", "date", "the week's first day"),
    ("day_name", "text", "in English"),
    ("is_weekend", "boolean", "whether the day is a Saturday or a Sunday"),
    ("fiscal_year", "bigint", "the fiscal year"),
    ("fiscal_quarter", "bigint", "1 to 4"),
    ("fiscal_month", "bigint", "1 to 12"),
)
_OF_PERIOD: Told = (
    ("period", "text", "week, month, quarter or year"),
    ("period_start", "date", "the first day"),
    ("period_end", "date", "the nominal last day"),
    ("through", "date", "the last day that counts"),
)

Named = tuple[Column, exp.Expr]
"""A column and where it comes from."""


def flat(which: Flat, schema: str, windows: Sequence[str], *, is_sparse: bool = False) -> Relation:
    """One of the three over the tables of a schema.

    `windows` are those that its dashboard has; `is_sparse` says that its facts leave zeros out.
    """
    name = TableName(schema, SQL_VIEWS[which])
    match which:
        case "dashboard":
            return _dashboard(name, windows)
        case "facts":
            return _daily(name, is_sparse=is_sparse)
        case "periods":
            return _periods(name)


def flat_views(schema: str, windows: Sequence[str], *, is_sparse: bool = False) -> tuple[Relation, ...]:
    """All three."""
    return tuple(flat(which, schema, windows, is_sparse=is_sparse) for which in SQL_VIEWS)


def _dashboard(name: TableName, windows: Sequence[str]) -> Relation:
    """A row per as-of date, KPI, entity and window; none for a window that was not there yet."""
    source = table(TableName(name.schema, "agg_kpi_dashboard"), "d")
    of_windows = union_all([_window(source, window, at) for at, window in enumerate(windows, 1)])
    below = exp.Subquery(this=of_windows, alias=exp.TableAlias(this=exp.to_identifier("w", quoted=True)))
    columns = (
        _own("w", "as_of_date", "date", "the last business day that the row takes into account"),
        *_of("k", _KPI),
        *_of("e", _ENTITY),
        _own("w", "window_name", "text", f"the days that are counted: {', '.join(windows)}"),
        *(_own("w", each, "date", comment) for each, _, comment in _BOUNDS),
        *(_own("w", *each) for each in _NUMBERS),
        _own("w", "data_through", "date", "the last business day with a row in the KPI's source"),
        *_of("k", _SHOWN),
        *_of("e", _LEVEL),
        _own("w", "window_order", "bigint", "where the window stands among the others"),
        *_ids("w"),
    )
    grain = ("as_of_date", "kpi_code", "entity_code", "window_name")
    comment = "KPIs at each as-of date: a row for each KPI, entity and window, against the same days a year before"
    return _relation(name, comment, columns, grain, _with_names(columns, below, "w"))


def _window(source: exp.Table, window: str, position: int) -> exp.Select:
    columns = [
        *(col(key, "d") for key in ("as_of_date", "kpi_id", "entity_id", "data_through")),
        named(cast(lit(window), "text"), "window_name"),
        named(cast(lit(position), "bigint"), "window_order"),
        *(named(_bound(window, keys), each) for each, keys, _ in _BOUNDS),
        *(named(col(f"{window}_{each}", "d"), each) for each, _, _ in _NUMBERS),
    ]
    query = select(columns).from_(source.copy(), copy=False)
    return query.where(is_not_null(col(f"{window}_status", "d")), copy=False)


def _bound(window: str, keys: Sequence[str]) -> exp.Expr:
    """A day that only the payload has."""
    path = exp.JSONPath(
        expressions=[exp.JSONPathRoot(), *(exp.JSONPathKey(this=key) for key in ("windows", window, *keys))]
    )
    return cast(exp.JSONExtractScalar(this=col("payload", "d"), expression=path), "date")


def _daily(name: TableName, *, is_sparse: bool) -> Relation:
    """A row per fact, beside the value of one year earlier; of sparse facts a day without one was zero, if covered."""
    facts = TableName(name.schema, "fact_kpi_daily")
    prior: exp.Expr = col("value", "p")
    if is_sparse:
        prior = coalesce(prior, case((_is_zero(), cast(lit(0), "decimal"))))
    columns = (
        _own("f", "date_key", "date", "the business day"),
        *_of("k", _KPI),
        *_of("e", _ENTITY),
        _own("f", "value", "decimal", "the KPI's value on the day; NULL where it is undefined"),
        _own("c", "prior_date", "date", "the day one year earlier"),
        (Column("prior", "decimal", "the value on that day"), prior),
        *(_own("c", *each) for each in _CALENDAR),
        *_of("k", _SHOWN),
        *_of("e", _LEVEL),
        *_ids("f"),
    )
    query = _with_names(columns, table(facts, "f"), "f")
    days = table(TableName(name.schema, "dim_date"), "c")
    query = query.join(days, on=_same("c", "f", {"date_key": "date_key"}), copy=False)
    keys = {"date_key": "prior_date"}
    before = all_of([_same("p", "c", keys), _same("p", "f", {"kpi_id": "kpi_id", "entity_id": "entity_id"})])
    query = query.join(table(facts, "p"), on=before, join_type="left", copy=False)
    if is_sparse:
        coverage = table(TableName(name.schema, "kpictl_coverage"), "s")
        of_source = all_of(
            [_same("s", "k", {"source_code": "source_code"}), _same("s", "f", {"entity_id": "entity_id"})]
        )
        query = query.join(coverage, on=of_source, join_type="left", copy=False)
    comment = "KPIs day by day: a row for each KPI, entity and business day, beside the day one year earlier"
    return _relation(name, comment, columns, ("date_key", "kpi_code", "entity_code"), query)


def _is_zero() -> exp.Expr:
    """Whether a fact of the prior day would have been left out for its zero."""
    thinned = exp.In(this=col("kind", "k"), expressions=[lit(kind) for kind in sorted(THINNED)])
    covered = between(col("prior_date", "c"), col("first_day", "s"), col("last_day", "s"))
    return all_of([col("is_active", "k"), thinned, covered])


def _periods(name: TableName) -> Relation:
    """A row per period, KPI and entity."""
    columns = (
        *(_own("p", *each) for each in _OF_PERIOD),
        *_of("k", _KPI),
        *_of("e", _ENTITY),
        *(_own("p", *each) for each in _NUMBERS),
        _own("p", "in_progress", "boolean", "whether the nominal last day is still to come"),
        *_of("k", _SHOWN),
        *_of("e", _LEVEL),
        *_ids("p"),
    )
    query = _with_names(columns, table(TableName(name.schema, "agg_kpi_period"), "p"), "p")
    comment = "KPIs over whole weeks, months, quarters and years, against the same period a year before"
    return _relation(name, comment, columns, ("period", "period_start", "kpi_code", "entity_code"), query)


def _own(alias: str, name: str, kind: ColumnType, comment: str) -> Named:
    return Column(name, kind, comment), col(name, alias)


def _of(alias: str, described: Described) -> tuple[Named, ...]:
    return tuple((Column(name, kind, comment), col(source, alias)) for source, name, kind, comment in described)


def _ids(alias: str) -> tuple[Named, ...]:
    return (
        _own(alias, "kpi_id", "bigint", "the KPI, of dim_kpi"),
        _own(alias, "entity_id", "bigint", "the entity, of dim_entity"),
    )


def _with_names(columns: Sequence[Named], source: exp.Expr, alias: str) -> exp.Select:
    """The rows of a source, each with its KPI and its entity."""
    schema = next(each.db for each in source.find_all(exp.Table))
    query = select([named(value, column.name) for column, value in columns]).from_(source, copy=False)
    for dimension, other, key in (("dim_kpi", "k", "kpi_id"), ("dim_entity", "e", "entity_id")):
        query = query.join(table(TableName(schema, dimension), other), on=_same(other, alias, {key: key}), copy=False)
    return query


def _same(left: str, right: str, keys: Mapping[str, str]) -> exp.Expr:
    return all_of(exp.EQ(this=col(mine, left), expression=col(other, right)) for mine, other in keys.items())


def _relation(
    name: TableName, comment: str, columns: Sequence[Named], grain: tuple[str, ...], query: exp.Select
) -> Relation:
    return computed(name, "view", comment, [column for column, _ in columns], grain, query)
