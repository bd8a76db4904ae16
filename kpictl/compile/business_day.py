"""The business day of a row: the one place where times become dates."""

from __future__ import annotations

from typing import Literal

from sqlglot import exp

from kpictl.catalog import Catalog, Project, Source, TableName
from kpictl.compile.tree import call, case, cast, col, lit

TimeType = Literal["date", "timestamp", "timestamptz"]

_TIME_TYPES: dict[exp.DType, TimeType] = {
    exp.DType.DATE: "date",
    exp.DType.TIMESTAMP: "timestamp",
    exp.DType.TIMESTAMPNTZ: "timestamp",
    exp.DType.TIMESTAMPTZ: "timestamptz",
}


def business_day(catalog: Catalog, source: Source, column: str) -> exp.Expr:
    """The day of a source's time column: a date is one already, an instant takes the project's wall clock.

    Where a model casts the column, its type is known here; else the engine is asked row by row, so that
    `compile` needs no database and the SQL is right for whatever the table holds.
    """
    known = cast_type(catalog, source.relation, column)
    if known is not None:
        return _day(col(column), known, catalog.project, source)
    kind = exp.Lower(this=cast(call("TYPEOF", col(column)), "text"))
    has_zone = exp.Like(this=kind.copy(), expression=lit("%with time zone"))
    return case(
        (exp.EQ(this=kind, expression=lit("date")), _day(col(column), "date", catalog.project, source)),
        (has_zone, _day(cast(col(column), "timestamptz"), "timestamptz", catalog.project, source)),
        default=_day(cast(col(column), "timestamp"), "timestamp", catalog.project, source),
    )


def _day(value: exp.Expr, kind: TimeType, project: Project, source: Source) -> exp.Expr:
    if kind == "date":
        return cast(value, "date")
    instant = _at_zone(value, source.timezone) if kind == "timestamp" else value
    wall_clock = _at_zone(instant, project.timezone)
    minutes = project.day_starts_at.hour * 60 + project.day_starts_at.minute
    if minutes:
        shift = exp.Interval(this=lit(str(minutes)), unit=exp.var("MINUTE"))
        wall_clock = exp.Sub(this=wall_clock, expression=shift)
    return cast(wall_clock, "date")


def _at_zone(value: exp.Expr, zone: str) -> exp.Expr:
    return exp.AtTimeZone(this=value, zone=lit(zone))


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
