"""The business day of a row: the one place where times become dates."""

from __future__ import annotations

from datetime import time
from typing import Literal

from sqlglot import exp

from kpictl.catalog import Catalog, Project, Source, TableName
from kpictl.compile.plan import Plan
from kpictl.compile.tree import call, case, cast, col, lit

TimeType = Literal["date", "timestamp", "timestamptz"]

_TIME_TYPES: dict[exp.DType, TimeType] = {
    exp.DType.DATE: "date",
    exp.DType.TIMESTAMP: "timestamp",
    exp.DType.TIMESTAMPNTZ: "timestamp",
    exp.DType.TIMESTAMPTZ: "timestamptz",
}


def business_day(plan: Plan, source: Source, column: str, zone: exp.Expr) -> exp.Expr:
    """The day of a source's time column: a date is one already, an instant takes the wall clock of the zone.

    A run knows the column's type from the database, and so does `compile` where a model casts it; else the engine is
    asked row by row, so that the SQL is right for whatever the table holds.
    """

    def day_of(value: exp.Expr, kind: TimeType) -> exp.Expr:
        if kind == "date":
            return cast(value, "date")
        instant = _at_zone(value, lit(source.timezone)) if kind == "timestamp" else value
        return day_of_instant(plan.catalog.project, instant, zone.copy())

    known = _known(plan.types[source.code].get(column)) or cast_type(plan.catalog, source.relation, column)
    if known is not None:
        return day_of(col(column), known)
    kind = exp.Lower(this=cast(call("TYPEOF", col(column)), "text"))
    has_zone = exp.Like(this=kind.copy(), expression=lit("%with time zone"))
    return case(
        (exp.EQ(this=kind, expression=lit("date")), day_of(col(column), "date")),
        (has_zone, day_of(cast(col(column), "timestamptz"), "timestamptz")),
        default=day_of(cast(col(column), "timestamp"), "timestamp"),
    )


def day_of_instant(project: Project, instant: exp.Expr, zone: exp.Expr) -> exp.Expr:
    """The business day of an instant, told by the wall clock of a zone."""
    return _starting_at(_at_zone(instant, zone), project.day_starts_at)


def _known(kind: str | None) -> TimeType | None:
    match kind:
        case "date" | "timestamp" | "timestamptz":
            return kind
        case _:
            return None


def _starting_at(wall_clock: exp.Expr, day_starts_at: time) -> exp.Expr:
    minutes = day_starts_at.hour * 60 + day_starts_at.minute
    if minutes:
        shift = exp.Interval(this=lit(str(minutes)), unit=exp.var("MINUTE"))
        wall_clock = exp.Sub(this=wall_clock, expression=shift)
    return cast(wall_clock, "date")


def _at_zone(value: exp.Expr, zone: exp.Expr) -> exp.Expr:
    return exp.AtTimeZone(this=value, zone=zone)


def cast_type(catalog: Catalog, relation: TableName, column: str) -> TimeType | None:
    """The type that a model's own cast gives a column, through models that pass it on; None where none says."""
    model = next((model for model in catalog.models if model.name == relation), None)
    if model is None or not isinstance(model.tree, exp.Select):
        return None
    chosen = next((item for item in model.tree.selects if item.alias_or_name == column), None)
    value = chosen.unalias() if chosen is not None else None
    if isinstance(value, exp.Cast):
        return _TIME_TYPES.get(value.to.this)
    if isinstance(value, exp.Column) and not model.tree.args.get("joins"):
        origin = model.tree.args.get("from_")
        if origin is not None and isinstance(origin.this, exp.Table) and not model.tree.ctes:
            return cast_type(catalog, TableName(origin.this.db or None, origin.this.name), value.name)
    return None
