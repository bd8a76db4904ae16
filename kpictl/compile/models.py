"""The project's own relations: SQL models and lookups, and the wide views per source."""

from __future__ import annotations

from sqlglot import exp

from kpictl.catalog import Catalog, Column, Kpi, Lookup, Model, Source, TableName
from kpictl.compile.facts import THINNED
from kpictl.compile.plan import Plan
from kpictl.compile.relation import Relation, computed, tables_of
from kpictl.compile.tree import coalesce, col, lit, max_of, named, only_where, select, table


def model(definition: Model) -> Relation:
    comment = definition.description or f"the model {definition.name}"
    return Relation(definition.name, definition.materialize, comment, (), (), definition.tree, written=definition.text)


def lookup(definition: Lookup) -> Relation:
    comment = f"the lookup {definition.path.name}"
    return Relation(definition.name, "data", comment, definition.columns, (), rows=definition.rows)


def agg_daily(plan: Plan, source: Source, facts: TableName, dim_entity: TableName) -> Relation | None:
    """A row for each day and entity, a column for each published measure of the source; None without any.

    Of sparse facts it lacks the days on which all of them are zero.
    """
    kpis = tuple(kpi for kpi in plan.published if kpi.source == source.code)
    if not kpis:
        return None
    name = TableName(plan.catalog.project.schemas.models, f"agg_daily_{source.code}")
    sparse = plan.catalog.project.facts == "sparse"
    zeros = {kpi.code for kpi in kpis if sparse and plan.kind(kpi) in THINNED}
    query = _wide(kpis, facts, dim_entity, zeros)
    columns = [
        Column("date_key", "date", "the business day"),
        Column("entity_code", "text", "the entity's code; ALL is everything"),
        *(Column(kpi.code, "decimal", kpi.name) for kpi in kpis),
    ]
    comment = f"the measures over {source.code}, a row a day, as they were last published"
    return computed(name, "view", comment, columns, ("date_key", "entity_code"), query)


def _wide(kpis: tuple[Kpi, ...], facts: TableName, dim_entity: TableName, zeros: set[str]) -> exp.Query:
    """`zeros` are the KPIs whose zeros the facts leave out; all KPIs of a source cover the same days."""
    keys = [col("date_key", "f"), col("entity_code", "e")]
    values = []
    for kpi in kpis:
        own = exp.EQ(this=col("kpi_id", "f"), expression=lit(kpi.id))
        value: exp.Expr = only_where(max_of(col("value", "f")), own)
        values.append(named(coalesce(value, lit(0)) if kpi.code in zeros else value, kpi.code))
    wanted = exp.In(this=col("kpi_id", "f"), expressions=[lit(kpi.id) for kpi in kpis])
    same = exp.EQ(this=col("entity_id", "f"), expression=col("entity_id", "e"))
    return (
        select([*keys, *values])
        .from_(table(facts, "f"), copy=False)
        .join(table(dim_entity, "e"), on=same, copy=False)
        .where(wanted, copy=False)
        .group_by(*(key.copy() for key in keys), copy=False)
    )


def needed_by(catalog: Catalog, wanted: set[TableName]) -> set[TableName]:
    """The tables, models and lookups that `wanted` reads, directly or through models, itself included."""
    by_name = {definition.name: definition for definition in catalog.models}
    found: set[TableName] = set()
    pending = list(wanted)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            if name in by_name:
                pending.extend(tables_of(by_name[name].tree))
    return found
