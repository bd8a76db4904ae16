"""What of a project `kpictl compile` shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kpictl.catalog import Catalog, Kpi, TableName, near
from kpictl.compile import Relation, compile, narrowed, needed, plan, with_id  # noqa: A004 -- the field's own word for it
from kpictl.diagnostics import UsageError


@dataclass(frozen=True, slots=True)
class Selection:
    """Relations in order; `named` are those that were asked for by their own names."""

    relations: tuple[Relation, ...]
    named: frozenset[TableName]


def selected(catalog: Catalog, names: Sequence[str]) -> Selection:
    """KPI codes narrow the catalog to those KPIs; other names pick relations, with all that they need.

    Raises UsageError for a name that is neither.
    """
    codes = {kpi.code for kpi in catalog.kpis}
    wanted_kpis = [name for name in names if name in codes]
    for code in wanted_kpis:
        if catalog.kpi(code).id is None:
            raise UsageError(f"`{code}` is a helper, in no table", help=_users(catalog, code))
    relations = compile(narrowed(catalog, wanted_kpis) if wanted_kpis else catalog)
    if not names:
        return Selection(relations, frozenset())
    named = {_relation(name, relations, catalog) for name in names if name not in codes}
    schema = catalog.project.schemas.kpi
    goal = named or {TableName(schema, "fact_kpi_daily"), TableName(schema, "agg_kpi_dashboard")}
    return Selection(needed(relations, goal), frozenset(named))


def of_kpi(catalog: Catalog, kpi: Kpi) -> Selection:
    """What one KPI needs, a helper too, as if it were published."""
    relations = compile(with_id(catalog, kpi.code))
    schema = catalog.project.schemas.kpi
    goal = {TableName(schema, "fact_kpi_daily"), TableName(schema, "agg_kpi_dashboard")}
    return Selection(needed(relations, goal), frozenset())


def _users(catalog: Catalog, code: str) -> str:
    made = plan(catalog)
    users = [kpi.code for kpi in made.published if code in made.all_inputs(kpi)]
    return f"name a KPI that uses it: {', '.join(users)}" if users else "no KPI uses it"


def _relation(name: str, relations: Sequence[Relation], catalog: Catalog) -> TableName:
    for relation in relations:
        if name in {str(relation.name), relation.name.name}:
            return relation.name
    everything = compile(catalog)
    if any(name in {str(relation.name), relation.name.name} for relation in everything):
        raise UsageError(f"none of the KPIs named needs `{name}`", help="leave it out, or the KPIs")
    known = [kpi.code for kpi in catalog.kpis if kpi.id is not None]
    known += [written for each in everything for written in (each.name.name, str(each.name))]
    close = near(name, known)
    raise UsageError(
        f"neither a KPI nor a relation is called `{name}`",
        help=f"`{close}` is near" if close else "`kpictl compile` without names shows all of them",
    )
