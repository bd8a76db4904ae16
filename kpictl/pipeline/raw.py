"""The raw tables that a project's connectors fill, as far as they tell without calling an API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kpictl.catalog import Catalog, Table, TableName
from kpictl.catalog.lookups import Value
from kpictl.connect import describe_connector, plugins_of, project_python, tables_with_defaults
from kpictl.diagnostics import WorldError

_VARIABLE = re.compile(r"\$\{\w+\}")


@dataclass(frozen=True, slots=True)
class RawTable:
    """A raw table, and what its columns hold where the API says nothing, but for NULL."""

    table: Table
    defaults: Mapping[str, Value]


def described(catalog: Catalog, *, plugins: bool = True) -> dict[TableName, RawTable]:
    """The tables of all connectors of the project; no secret is needed.

    The project's own Python runs, unless `plugins` are refused: then nobody tells what it would fill.

    A plugin that lies in the folder and is not configured tells its tables too, as in a demo, whose APIs are gone;
    if it cannot, nobody asked it.
    """
    configured = {each.name: each.settings for each in catalog.project.connectors}
    found: dict[TableName, RawTable] = {}
    for name in dict.fromkeys((*configured, *plugins_of(catalog.project.folder))):
        if not plugins and project_python(str(configured.get(name, {}).get("type", name)), catalog.project.folder):
            continue
        settings = {key: value for key, value in configured.get(name, {}).items() if not _is_variable(value)}
        try:
            connector = describe_connector(name, settings, catalog.project.folder)
        except WorldError:
            if name in configured:
                raise
            continue
        for table, defaults in tables_with_defaults(connector, catalog.project.schemas.raw):
            plain = {column: _plain(value) for column, value in defaults.items()}
            found[table.name] = RawTable(table, plain)
    return found


def _plain(value: object) -> Value:
    if isinstance(value, str | int | Decimal | date):
        return value
    assert isinstance(value, float), f"no column holds a {type(value).__name__}"
    return Decimal(str(value))


def _is_variable(value: object) -> bool:
    return isinstance(value, str) and _VARIABLE.fullmatch(value) is not None
