"""Runs every rule over a catalog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kpictl.catalog import order
from kpictl.catalog.history import History
from kpictl.catalog.model import Catalog, Unread
from kpictl.catalog.table import TableName
from kpictl.check import (
    allowances,
    calendars,
    checks,
    connecting,
    cycles,
    database,
    duplicates,
    given,
    hints,
    identity,
    meaning,
    mismatches,
    reading_expressions,
    reading_models,
    reading_shapes,
    reading_sql,
    reading_yaml,
    references,
    rows,
    running,
    suspicions,
    taken,
    tested,
    types,
    units,
)
from kpictl.check.models import resolve
from kpictl.check.rule import Columns, Known, Page, Rule, names_of
from kpictl.diagnostics import Diagnostic, Severity

OF_TESTS: tuple[Rule, ...] = (*tested.RULES, *given.RULES)
"""What is judged of tests, which stops nobody who does not run them."""

RULES: tuple[Rule, ...] = (
    *references.RULES,
    *duplicates.RULES,
    *taken.RULES,
    *cycles.RULES,
    *meaning.RULES,
    *calendars.RULES,
    *checks.RULES,
    *database.RULES,
    *types.RULES,
    *mismatches.RULES,
    *OF_TESTS,
    *identity.RULES,
    *units.RULES,
    *suspicions.RULES,
    *hints.RULES,
)
"""What is judged over a catalog."""

READ: tuple[Page, ...] = (
    *reading_yaml.PAGES,
    *reading_shapes.PAGES,
    *reading_sql.PAGES,
    *reading_expressions.PAGES,
    *reading_models.PAGES,
)
"""What is found while files are read."""

_OTHERS: tuple[Page, ...] = (*allowances.PAGES, *running.PAGES, *rows.PAGES, *connecting.PAGES)

PAGES: tuple[Page, ...] = tuple(sorted((*READ, *_OTHERS, *RULES), key=lambda page: page.code))
"""Everything that can be found, wherever it is, by its code."""


def check(
    catalog: Catalog,
    tables: Mapping[TableName, Mapping[str, str]] | None = None,
    before: History | None = None,
) -> tuple[Diagnostic, ...]:
    """What is wrong with a catalog, warnings too, sorted by place.

    `tables` is every table and view that exists, and the raw tables that connectors will fill: the types of
    their columns by name in lower case. Without it nothing is said about the database. Of a catalog that lacks what
    is wrong in itself, the rest is judged: see `Unread`.
    """
    rules = [rule for rule in RULES if catalog.unread == Unread() or rule not in OF_TESTS]
    return _found(rules, Known(catalog, _made(catalog, tables), tables, before))


def errors(catalog: Catalog, tables: Mapping[TableName, Mapping[str, str]] | None = None) -> tuple[Diagnostic, ...]:
    """The same without warnings, which are lint's business."""
    rules = [rule for rule in RULES if rule.severity is Severity.ERROR]
    return _found(rules, Known(catalog, _made(catalog, tables), tables))


def errors_of_types(catalog: Catalog, tables: Mapping[TableName, Mapping[str, str]]) -> tuple[Diagnostic, ...]:
    """What the types of columns show, once the models are made and have some."""
    rules = [rule for rule in (*types.RULES, *mismatches.RULES) if rule.severity is Severity.ERROR]
    return _found(rules, Known(catalog, _made(catalog, tables), tables))


def _found(rules: Iterable[Rule], known: Known) -> tuple[Diagnostic, ...]:
    found = {diagnostic: None for rule in rules for diagnostic in rule.check(known)}
    return tuple(sorted(found, key=lambda each: (each.at, each.code, each.message)))


def check_tests(catalog: Catalog, tables: Mapping[TableName, Mapping[str, str]]) -> tuple[Diagnostic, ...]:
    """What is wrong with the tests alone, where the columns of raw tables are known."""
    return _found(OF_TESTS, Known(catalog, _made(catalog, tables), tables))


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
