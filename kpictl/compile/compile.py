"""From a Catalog to its Relations, in the order in which they depend on each other."""

from __future__ import annotations

from collections.abc import Sequence

from kpictl.catalog import Catalog, TableName, topological
from kpictl.compile.components import component
from kpictl.compile.coverage import coverage
from kpictl.compile.daily import daily
from kpictl.compile.dashboard import agg_kpi_dashboard
from kpictl.compile.dimensions import dim_date, dim_entity, dim_kpi
from kpictl.compile.facts import daily_cell, fact_kpi_daily
from kpictl.compile.inputs import inputs
from kpictl.compile.models import agg_daily, lookup, model
from kpictl.compile.payload import kpi_card
from kpictl.compile.plan import Tables, plan
from kpictl.compile.relation import Relation
from kpictl.compile.windows import WINDOW_CELL, window_cell


def compile(catalog: Catalog, tables: Tables | None = None) -> tuple[Relation, ...]:  # noqa: A001 -- the field's own word for it
    """All relations of a checked catalog, each after those that it needs.

    `tables` is what the database has. Without it the SQL is the same, but for floating point columns: those may hold
    NaN and infinities, and only the database knows them.
    """
    made = plan(catalog, tables)
    kpi = catalog.project.schemas.kpi
    dates, kpis, entities = (TableName(kpi, name) for name in ("dim_date", "dim_kpi", "dim_entity"))
    facts = TableName(kpi, "fact_kpi_daily")
    relations = [
        *inputs(),
        *(lookup(definition) for definition in catalog.lookups),
        *(model(definition) for definition in catalog.models),
        dim_date(catalog, dates),
        dim_kpi(catalog, kpis),
        dim_entity(catalog, entities),
        kpi_card(catalog),
    ]
    if made.published:
        relations += [component(made, source) for source in made.sources]
        relations += [
            coverage(made),
            daily(made, dates),
            daily_cell(made),
            fact_kpi_daily(made, facts),
            window_cell(made),
            agg_kpi_dashboard(made, TableName(kpi, "agg_kpi_dashboard"), entities, WINDOW_CELL),
        ]
        views = (agg_daily(made, source, facts, entities) for source in made.sources)
        relations += [view for view in views if view is not None]
    return in_order(relations)


def in_order(relations: Sequence[Relation]) -> tuple[Relation, ...]:
    """Each relation after those that it needs; otherwise as given."""
    by_name = {str(relation.name): relation for relation in relations}
    graph = {name: [str(need) for need in relation.needs if str(need) in by_name] for name, relation in by_name.items()}
    return tuple(by_name[name] for name in topological(graph))


def needed(relations: Sequence[Relation], wanted: set[TableName]) -> tuple[Relation, ...]:
    """The wanted relations and all that they need, in order."""
    by_name = {relation.name: relation for relation in relations}
    found: set[TableName] = set()
    pending = list(wanted)
    while pending:
        name = pending.pop()
        if name in by_name and name not in found:
            found.add(name)
            pending.extend(by_name[name].needs)
    return tuple(relation for relation in relations if relation.name in found)
