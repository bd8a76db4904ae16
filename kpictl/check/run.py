"""Runs every rule over a catalog."""

from __future__ import annotations

from collections.abc import Mapping

from kpictl.catalog import order
from kpictl.catalog.model import Catalog
from kpictl.catalog.table import TableName
from kpictl.check import calendars, cycles, database, duplicates, meaning, references, taken, unsupported
from kpictl.check.models import resolve
from kpictl.check.rule import Columns, Known, Rule, names_of
from kpictl.diagnostics import Diagnostic

RULES: tuple[Rule, ...] = (
    *references.RULES,
    *duplicates.RULES,
    *taken.RULES,
    *cycles.RULES,
    *meaning.RULES,
    *calendars.RULES,
    *unsupported.RULES,
    *database.RULES,
)


def check(catalog: Catalog, tables: Mapping[TableName, Mapping[str, str]] | None = None) -> tuple[Diagnostic, ...]:
    """What is wrong with a catalog that was loaded without errors, sorted by place.

    `tables` is every table and view that exists, and the raw tables that connectors will fill: the types of
    their columns by name in lower case. Without it nothing is said about the database.
    """
    known = Known(catalog, _made(catalog, tables), tables)
    found = {diagnostic: None for rule in RULES for diagnostic in rule.check(known)}
    return tuple(sorted(found, key=lambda each: (each.at, each.code, each.message)))


def _made(catalog: Catalog, tables: Mapping[TableName, Mapping[str, str]] | None) -> dict[TableName, Columns | None]:
    """The columns of what the project makes; stars are resolved against the database where that is known."""
    made: dict[TableName, Columns | None] = {name: (tables or {}).get(name) for name in taken.published(catalog)}
    made |= {lookup.name: {column.name.lower(): column.type for column in lookup.columns} for lookup in catalog.lookups}
    made |= {
        model.name: None if model.columns is None else {name.lower(): None for name in model.columns}
        for model in catalog.models
    }
    hidden = {str(model.name): model for model in catalog.models if model.columns is None}
    if not hidden or tables is None:
        return made
    graph = {name: [str(each.name) for each in model.reads] for name, model in hidden.items()}
    if order.cycle(graph) is not None:
        return made
    for name in order.topological(graph):
        model = hidden[name]
        columns = resolve(model, names_of({**tables, **made})).columns
        made[model.name] = None if columns is None else {column.lower(): None for column in columns}
    return made
