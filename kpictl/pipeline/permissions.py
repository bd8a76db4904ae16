"""Whether a run is allowed what it does, before it does any of it."""

from __future__ import annotations

from collections.abc import Sequence

from kpictl.catalog import Catalog, TableName
from kpictl.check.taken import published
from kpictl.diagnostics import WorldError
from kpictl.engine import Engine, Lacking, Needs
from kpictl.pipeline.definitions import registry


def needs(catalog: Catalog) -> Needs:
    """What a run of the project must be allowed; what its connectors read is their own affair."""
    schemas = catalog.project.schemas
    makes = (schemas.kpi, schemas.models, *((schemas.raw,) if catalog.project.connectors else ()))
    made = {*(model.name for model in catalog.models), *(lookup.name for lookup in catalog.lookups)}
    keeps = {*published(catalog), *made}
    return Needs(
        tuple(dict.fromkeys(makes)), tuple(sorted(_read(catalog) - keeps)), tuple(sorted(keeps)), registry(catalog).name
    )


def _read(catalog: Catalog) -> set[TableName]:
    """The tables that sources and models read."""
    return {
        *(source.relation for source in catalog.sources),
        *(reference.name for model in catalog.models for reference in model.reads),
    }


def permissions(catalog: Catalog, engine: Engine) -> tuple[Lacking, ...]:
    """What the connection is not allowed; one query, in a transaction of its own."""
    with engine.transaction():
        return engine.lacking(needs(catalog))


def refuse_lacking(catalog: Catalog, engine: Engine) -> None:
    """WorldError with what is not allowed, and the SQL that allows it."""
    found = permissions(catalog, engine)
    if found:
        raise WorldError(said_of(found), help=advice(found))


def said_of(found: Sequence[Lacking]) -> str:
    *first, last = [each.what for each in found]
    return f"the database's role may not {', '.join(first) + ', nor ' if first else ''}{last}"


def advice(found: Sequence[Lacking]) -> str:
    statements = "; ".join(each.grant for each in found)
    return f"let the owner of the database run: {statements}"
