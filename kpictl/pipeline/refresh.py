"""The first step of a run: the project's connectors refresh the raw tables."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from kpictl.catalog import Catalog, ConnectorSettings, Places, TableName, environment_variables, resolve
from kpictl.compile.tree import col, max_of, named, table
from kpictl.compile.tree import select as select_
from kpictl.connect import (
    EVERYTHING,
    Choice,
    Connector,
    Landed,
    Noticed,
    Selection,
    Synced,
    Waited,
    load_connector,
    state_table,
    sync,
    tables,
)
from kpictl.diagnostics import CatalogError, Diagnostic, SettingsError, UsageError, WorldError
from kpictl.engine import Engine, RawTables
from kpictl.pipeline.events import Event, Finished, Progressed, Refreshed, Started, Waiting, Warned

Connectors = tuple[Connector, ...]


def connectors(catalog: Catalog, names: Collection[str] = (), *, plugins: bool = True) -> Connectors:
    """The project's connectors, or those of these names, with their settings resolved.

    This runs the project's own Python, unless `plugins` are refused.
    """
    folder = catalog.project.folder
    variables = environment_variables(folder)
    found = []
    for configured in catalog.project.connectors:
        if names and configured.name not in names:
            continue
        resolved = Resolved(variables, configured.places)
        settings = {name: resolved.value(value, name) for name, value in configured.settings.items()}
        try:
            found.append(load_connector(configured.name, settings, folder, resolved.secrets, plugins=plugins))
        except SettingsError as error:
            raise CatalogError(tuple(_at_their_places(configured, error))) from None
    _refuse_shared_tables(found)
    return tuple(found)


def _at_their_places(configured: ConnectorSettings, error: SettingsError) -> Iterator[Diagnostic]:
    for route, said in error.problems:
        message = f"connector {configured.name}: `{'.'.join(map(str, route))}`: {said}"
        yield Diagnostic("KPI508", message, configured.places.at(*route), help="docs/connectors.md has all settings")


@dataclass(frozen=True, slots=True)
class Resolved:
    """Settings with what the environment says; that is taken for secret, whatever it is."""

    variables: Mapping[str, str]
    places: Places
    secrets: list[str] = field(default_factory=list)

    def value(self, written: object, *route: str | int) -> object:
        match written:
            case str():
                found = resolve(written, self.variables, self.places.at(*route))
                if found != written:
                    self.secrets.append(found)
                return found
            case dict():
                return {name: self.value(member, *route, str(name)) for name, member in written.items()}
            case list():
                return [self.value(member, *route, nth) for nth, member in enumerate(written)]
            case _:
                return written


def _refuse_shared_tables(found: Sequence[Connector]) -> None:
    owners: dict[str, str] = {}
    for connector in found:
        for raw in tables(connector, "raw"):
            other = owners.setdefault(raw.name.name, connector.name)
            if other != connector.name:
                raise WorldError(
                    f"the connectors {other} and {connector.name} both fill the table {raw.name.name}",
                    help="give one of them another `table`, or leave it out",
                    code="KPI508",
                )


def raw_tables(catalog: Catalog, chosen: Connectors) -> dict[TableName, dict[str, str]]:
    """The tables that the connectors will fill, before they have."""
    schema = catalog.project.schemas.raw
    return {
        raw.name: {column.name: column.type for column in raw.columns}
        for connector in chosen
        for raw in tables(connector, schema)
    }


def select(catalog: Catalog, names: Sequence[str], *, plugins: bool = True) -> tuple[Selection, ...]:
    """The connectors and streams of these names, `CONNECTOR` or `CONNECTOR.STREAM`; all of them without a name."""
    there = [configured.name for configured in catalog.project.connectors]
    for name in names:
        if name.partition(".")[0] not in there:
            help_ = f"kpictl.yml has: {', '.join(there)}"
            raise UsageError(f"no connector is called `{name.partition('.')[0]}`", help=help_)
    chosen = {name.partition(".")[0] for name in names}
    return tuple(_selected(made, names) for made in connectors(catalog, chosen, plugins=plugins))


def _selected(connector: Connector, names: Sequence[str]) -> Selection:
    wanted = [name.partition(".")[2] for name in names if name.partition(".")[0] == connector.name]
    by_name = {stream.name: stream for stream in connector.streams}
    unknown = [name for name in wanted if name and name not in by_name]
    if unknown:
        help_ = f"it has: {', '.join(by_name)}"
        raise UsageError(f"the connector {connector.name} has no stream `{unknown[0]}`", help=help_)
    if not wanted or "" in wanted:
        return Selection(connector, connector.streams)
    return Selection(connector, tuple(by_name[name] for name in dict.fromkeys(wanted)))


def sync_alone(
    catalog: Catalog, engine: Engine, chosen: Sequence[Selection], now: datetime, choice: Choice
) -> Iterator[Event]:
    """Refresh raw tables without a run; runs wait meanwhile."""
    began = time.monotonic()
    rows = 0
    with engine.lock(catalog.project.schemas.kpi):
        for event in refresh(catalog, engine, chosen, now, choice):
            rows += event.rows if isinstance(event, Finished) else 0
            yield event
    yield Refreshed(sum(len(each.streams) for each in chosen), rows, time.monotonic() - began)


def refresh(
    catalog: Catalog, engine: Engine, chosen: Sequence[Selection], now: datetime, choice: Choice = EVERYTHING
) -> Iterator[Event]:
    """Sync what was chosen; what lands stays, whatever fails after it."""
    yield Started("sync")
    for said in sync(chosen, RawTables(engine), schema=catalog.project.schemas.raw, now=now, choice=choice):
        match said:
            case Synced():
                gone = f", {said.deleted:,} deleted" if said.deleted else ""
                yield Finished(f"{said.connector}.{said.stream}", said.rows, said.seconds, said.table + gone)
            case Landed():
                yield Progressed(f"{said.connector}.{said.stream}", f"{said.rows:,} rows")
            case Waited():
                yield Waiting(f"{said.connector}.{said.stream}", said.reason, said.seconds)
            case Noticed():
                message = said.message
                if not message.startswith("connector "):
                    message = f"connector {said.connector}, stream {said.stream}: {message}"
                yield Warned(message, said.help or None)
            case never:
                assert_never(never)


def last_syncs(catalog: Catalog, engine: Engine) -> Mapping[TableName, datetime]:
    """When the last sync of each raw table finished; empty where nothing was ever synced."""
    state = state_table(catalog.project.schemas.raw)
    if not engine.columns_of(state.name):
        return {}
    latest = named(max_of(col("finished_at")), "finished_at")
    query = select_([col("table_name"), latest]).from_(table(state.name), copy=False)
    found = {}
    for name, moment in engine.query(query.group_by(col("table_name"), copy=False)):
        assert isinstance(moment, datetime)
        found[TableName(catalog.project.schemas.raw, str(name))] = moment
    return found
