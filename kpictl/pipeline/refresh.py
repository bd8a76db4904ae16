"""The first step of a run: the project's connectors refresh the raw tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from kpictl.catalog import Catalog, TableName, environment_variables, resolve
from kpictl.compile.tree import col, max_of, named, select, table
from kpictl.connect import Connector, load_connector, state_table, sync, tables
from kpictl.engine import Engine
from kpictl.pipeline.events import Event, Finished, Started

Connectors = tuple[Connector, ...]


def connectors(catalog: Catalog) -> Connectors:
    """The project's connectors, with their settings resolved; this runs the project's own Python."""
    variables = environment_variables(catalog.project.folder)
    found = []
    for configured in catalog.project.connectors:
        settings = {
            name: resolve(value, variables, configured.places.at(name)) if isinstance(value, str) else value
            for name, value in configured.settings.items()
        }
        found.append(load_connector(configured.name, settings, catalog.project.folder))
    return tuple(found)


def raw_tables(catalog: Catalog, chosen: Connectors) -> dict[TableName, dict[str, str]]:
    """The tables that the connectors will fill, before they have."""
    schema = catalog.project.schemas.raw
    return {
        raw.name: {column.name: column.type for column in raw.columns}
        for connector in chosen
        for raw in tables(connector, schema)
    }


def refresh(catalog: Catalog, engine: Engine, chosen: Connectors, now: datetime) -> Iterator[Event]:
    for connector in chosen:
        yield Started(connector.name)
        for landed in sync(connector, engine, schema=catalog.project.schemas.raw, now=now):
            yield Finished(f"{connector.name}.{landed.stream}", landed.rows, landed.seconds, landed.table)


def last_syncs(catalog: Catalog, engine: Engine) -> Mapping[TableName, datetime]:
    """When the last sync of each raw table finished; empty where nothing was ever synced."""
    state = state_table(catalog.project.schemas.raw)
    if not engine.columns_of(state.name):
        return {}
    latest = named(max_of(col("finished_at")), "finished_at")
    query = select([col("table_name"), latest]).from_(table(state.name), copy=False)
    found = {}
    for name, moment in engine.query(query.group_by(col("table_name"), copy=False)):
        assert isinstance(moment, datetime)
        found[TableName(catalog.project.schemas.raw, str(name))] = moment
    return found
