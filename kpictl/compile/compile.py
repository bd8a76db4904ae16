"""From a Catalog to its Relations, in the order in which they depend on each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kpictl.catalog import Catalog, TableName, topological
from kpictl.compile.cells import span_cell
from kpictl.compile.components import component, daily, events
from kpictl.compile.coverage import coverage, kpi_coverage
from kpictl.compile.dashboard import agg_kpi_dashboard
from kpictl.compile.dimensions import dim_date, dim_entity, dim_kpi
from kpictl.compile.distinct import seen
from kpictl.compile.entities import entity_relations
from kpictl.compile.evaluate import averaged
from kpictl.compile.facts import fact_cell, fact_kpi_daily
from kpictl.compile.folds import fold_average, fold_distinct, fold_part, fold_stock, folded_measures, is_looked_up
from kpictl.compile.frames import covered_day, covered_span, span_day
from kpictl.compile.inputs import inputs
from kpictl.compile.models import agg_daily, lookup, model
from kpictl.compile.payload import kpi_card
from kpictl.compile.periods import agg_kpi_period, period_cell
from kpictl.compile.plan import Plan, Tables, plan
from kpictl.compile.relation import Relation
from kpictl.compile.running import fold_sums, running, summed
from kpictl.compile.stocks import stock
from kpictl.compile.trend import trend
from kpictl.compile.validity import changes, valid


def compile(catalog: Catalog, tables: Tables | None = None) -> tuple[Relation, ...]:  # noqa: A001 -- the field's own word for it
    """All relations of a checked catalog, each after those that it needs.

    `tables` is what the database has: a run knows the types of its sources' columns. Without it the SQL asks for the
    type of a time column row by row, and takes no column for one that may hold NaN.
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
        relations += _computed(made, dates, entities)
        relations += [
            fact_kpi_daily(made, facts),
            agg_kpi_dashboard(made, TableName(kpi, "agg_kpi_dashboard"), entities),
            agg_kpi_period(TableName(kpi, "agg_kpi_period")),
        ]
        views = (agg_daily(made, source, facts, entities) for source in made.sources)
        relations += [view for view in views if view is not None]
    return in_order(relations)


def _computed(made: Plan, dim_date: TableName, dim_entity: TableName) -> Iterator[Relation]:
    """The steps of the computation, from the sources' rows to the cells of days and spans."""
    yield from entity_relations(made)
    for part in made.parts:
        yield component(made, part) if part.source.time is not None else changes(made, part)
    yield coverage(made, dim_entity)
    yield kpi_coverage(made)
    yield covered_day(made)
    yield covered_span(made)
    yield span_day(made, dim_date)
    for part in made.parts:
        if part.source.time is None:
            yield valid(part)
        elif part.source.entity is not None and events(made, part):
            yield daily(made, part)
        if part.source.time is not None and summed(made, part):
            yield running(made, part)
            yield fold_sums(made, part)
        if folded_measures(made, part):
            yield fold_part(made, part)
    for kpi in made.of_kind("stock"):
        yield stock(made, kpi)
        if not is_looked_up(kpi):
            yield fold_stock(made, kpi)
    for kpi in made.of_kind("distinct"):
        yield seen(made, kpi)
        yield fold_distinct(made, kpi)
    for kpi in made.averaged:
        yield averaged(made, kpi)
        yield fold_average(made, kpi)
    yield fact_cell(made)
    yield span_cell(made)
    yield period_cell()
    yield trend(made)


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
