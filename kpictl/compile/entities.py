"""Entities in SQL: which leaf a row belongs to, in which zone its day is told, and whose values it counts for."""

from __future__ import annotations

from sqlglot import exp

from kpictl.catalog import Catalog, Column, Entity, Source, TableName
from kpictl.compile.plan import Plan
from kpictl.compile.relation import Relation
from kpictl.compile.tree import cast, coalesce, col, lit, named, table

ENTITY_CODE = TableName(None, "entity_code")
ENTITY_ABOVE = TableName(None, "entity_above")

ROOT = 0
"""The entity `ALL`."""
UNKNOWN = -1
"""The leaf of the rows whose code no entity has: they count for `ALL` alone."""


def path(entity: Entity, by_code: dict[str, Entity]) -> list[Entity]:
    """An entity and all above it, the root last."""
    found = [entity]
    while found[-1].parent is not None:
        found.append(by_code[found[-1].parent])
    return found


def timezone(entities: list[Entity], catalog: Catalog) -> str:
    """The zone of the first of a path that has one, or the project's."""
    own = (entity.timezone for entity in entities if entity.timezone is not None)
    return next(own, catalog.project.timezone)


def entity_relations(plan: Plan) -> tuple[Relation, ...]:
    """What SQL has to know of the tree of entities; nothing where no source has entities."""
    if all(source.entity is None for source in plan.sources):
        return ()
    by_code = {entity.code: entity for entity in plan.catalog.entities}
    paths = {entity.id: path(entity, by_code) for entity in plan.catalog.entities}
    codes = [
        (code, entity.id, timezone(paths[entity.id], plan.catalog))
        for entity in plan.catalog.entities
        for code in dict.fromkeys((entity.code, *entity.aliases))
    ]
    above = [(leaf, entity.id) for leaf, found in paths.items() for entity in found]
    return (
        Relation(
            ENTITY_CODE,
            "data",
            "the entity that each code or alias names, and the zone of its business days",
            # `$` cannot stand in a source's column, so that these names never meet those of its relation.
            (Column("$entity_code", "text"), Column("$entity_id", "bigint"), Column("$timezone", "text")),
            ("$entity_code",),
            rows=tuple(codes),
        ),
        Relation(
            ENTITY_ABOVE,
            "data",
            f"for each leaf the entities that its rows count for; {UNKNOWN} has the rows of unknown codes",
            (Column("leaf_id", "bigint"), Column("entity_id", "bigint")),
            ("leaf_id", "entity_id"),
            rows=(*above, (UNKNOWN, ROOT)),
        ),
    )


def leaf(source: Source) -> exp.Expr:
    """The column that says which leaf a source's row belongs to."""
    found = lit(ROOT) if source.entity is None else coalesce(col("$entity_id"), lit(UNKNOWN))
    return named(found, "entity_id")


def zone(plan: Plan, source: Source) -> exp.Expr:
    """The zone in which a row's business day is told."""
    root = next(entity for entity in plan.catalog.entities if entity.id == ROOT)
    common = lit(timezone([root], plan.catalog))
    if source.entity is None or all(entity.timezone is None for entity in plan.catalog.entities if entity != root):
        return common
    return coalesce(col("$timezone"), common)


def with_leaf(query: exp.Select, source: Source) -> exp.Select:
    """A select over a source's relation, joined with the entity that each row names."""
    if source.entity is None:
        return query
    same = exp.EQ(this=col("$entity_code"), expression=cast(col(source.entity), "text"))
    return query.join(table(ENTITY_CODE), on=same, join_type="left", copy=False)


def rolled_up(query: exp.Select, leaves: str) -> exp.Select:
    """A select over rows of leaves, under that alias, joined with the entities that each leaf counts for."""
    same = exp.EQ(this=col("leaf_id", "above"), expression=col("entity_id", leaves))
    return query.join(table(ENTITY_ABOVE, "above"), on=same, copy=False)
