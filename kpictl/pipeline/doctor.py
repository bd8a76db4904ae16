"""What a run looks at before it writes, looked at alone: nothing is written, and none of the project's Python runs."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import disk_usage
from typing import Literal

from kpictl.catalog import Catalog, database_url, environment_variables
from kpictl.catalog.settings import environment
from kpictl.check import Seen, checked, errors
from kpictl.check.database import UnknownRelation, UnknownTable
from kpictl.check.rows import DuplicateDays, DuplicateRows
from kpictl.compile import Tables, dialect_of_url
from kpictl.diagnostics import CatalogError, CheckError, Diagnostic, KpictlError, LockError, WorldError, has_errors
from kpictl.engine import Engine, duckdb_path, open_engine, open_for_reading, open_in_memory, refuse_unwritable
from kpictl.pipeline.clock import clock_warnings
from kpictl.pipeline.dates import today
from kpictl.pipeline.inspect import inspect
from kpictl.pipeline.permissions import advice, permissions, said_of
from kpictl.pipeline.refresh import Resolved

Status = Literal["ok", "warning", "error", "skipped"]
Found = tuple[Diagnostic, ...]

ROOM_BYTES = 100_000_000
"""What a run on DuckDB has room for, beside twice its file: what changes, and the published copy."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A check and what came of it; `found` is what rules say of places in files, `exit_code` that of an error."""

    check: str
    status: Status
    said: str
    help: str | None = None
    found: Found = ()
    exit_code: int = 0


def doctor(folder: Path, env: str | None) -> Iterator[Looked]:
    """Look at everything that can be looked at; what depends on what has failed is left out.

    Raises UsageError for an environment that the project lacks.
    """
    try:
        catalog = checked(folder)
        url = database_url(catalog, env)
    except CatalogError as error:
        yield _failed("settings", error)
        return
    kpis = sum(kpi.id is not None for kpi in catalog.kpis)
    yield Looked("settings", "ok", f"{_many(kpis, 'KPI')}, environment `{environment(catalog, env).name}`")
    yield from _secrets(catalog)
    is_file = dialect_of_url(url).name == "duckdb"
    engine = yield from _file(catalog, url) if is_file else _server(catalog, url)
    if engine is not None:
        with closing(engine):
            yield from _inside(catalog, engine)


def _failed(check: str, error: KpictlError) -> Looked:
    found = error.diagnostics if isinstance(error, CatalogError) else ()
    said = _many(len(found), "error") if found else str(error)
    return Looked(check, "error", said, error.help, found, error.exit_code)


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _secrets(catalog: Catalog) -> Iterator[Looked]:
    """Whether the environment has what the connectors' settings name; the connectors are not loaded."""
    variables = environment_variables(catalog.project.folder)
    found: list[Diagnostic] = []
    for connector in catalog.project.connectors:
        resolved = Resolved(variables, connector.places)
        for name, value in connector.settings.items():
            try:
                resolved.value(value, name)
            except CatalogError as error:
                found += error.diagnostics
    if found:
        yield _failed("secrets", CatalogError(tuple(found)))
    elif catalog.project.connectors:
        yield Looked("secrets", "ok", f"all that {_many(len(catalog.project.connectors), 'connector')} names is set")


def _server(catalog: Catalog, url: str) -> Generator[Looked, None, Engine | None]:
    try:
        engine = open_engine(url, catalog.project.folder)
        with engine.transaction():
            server = engine.server()
    except WorldError as error:
        yield _failed("connection", error)
        return None
    yield Looked("connection", "ok", f"{server.name} {server.version}")
    return engine


def _file(catalog: Catalog, url: str) -> Generator[Looked, None, Engine | None]:
    """The file of DuckDB; an empty database in its place, where a run has yet to make it."""
    folder = catalog.project.folder
    try:
        path = duckdb_path(url, folder)
        refuse_unwritable(url, folder)
        engine = open_for_reading(url, folder) if path.exists() else open_in_memory("doctor")
    except LockError as error:
        yield Looked("lock", "warning", str(error), "what is in the file cannot be looked at meanwhile")
        return None
    except WorldError as error:
        yield _failed("connection", error)
        return None
    there = "" if path.exists() else ", which the first run makes"
    yield Looked("connection", "ok", f"{engine.server().name} {engine.server().version}, {path.name}{there}")
    yield _room(path)
    return engine


def _room(path: Path) -> Looked:
    size, free = path.stat().st_size if path.exists() else 0, disk_usage(path.parent).free
    said = f"{free / 1e9:,.1f} GB are free, and {path.name} has {size / 1e9:,.1f} GB"
    if free < 2 * size + ROOM_BYTES:
        return Looked("disk", "warning", said, "make room: a run may write as much again, twice")
    return Looked("disk", "ok", said)


def _inside(catalog: Catalog, engine: Engine) -> Iterator[Looked]:
    lacking = permissions(catalog, engine)
    if lacking:
        yield Looked("permissions", "error", said_of(lacking), advice(lacking), exit_code=WorldError.exit_code)
    elif engine.dialect.name != "duckdb":
        yield Looked("permissions", "ok", "the database's role may do all that a run does")
    with engine.transaction():
        holder = engine.lock_holder(catalog.project.schemas.kpi)
    if holder is None:
        yield Looked("lock", "ok", "no run is going on")
    else:
        yield Looked("lock", "warning", f"a run is going on: {holder}", "another waits until it has finished")
    yield _clock(catalog, engine)
    if any(each.hides for each in lacking):
        yield Looked("relations", "skipped", "what the role may not read looks as if it were not there")
        return
    try:
        seen = inspect(catalog, engine)
    except WorldError as error:
        yield _failed("relations", error)
        return
    yield from _seen(catalog, seen)


def _clock(catalog: Catalog, engine: Engine) -> Looked:
    with engine.transaction():
        for warned in clock_warnings(catalog, engine, engine.tables()):
            return Looked("clock", "warning", warned.message, warned.help)
    day = today(catalog, datetime.now(UTC))
    return Looked("clock", "ok", f"the business day in {catalog.project.timezone} is {day}")


def _seen(catalog: Catalog, seen: Seen) -> Iterator[Looked]:
    """What the tables and their rows show, by the check that it belongs to."""
    found = (*errors(replace(catalog, tests=()), seen.tables), *seen.found)
    awaited = _awaited(catalog, seen.tables)
    missing = {UnknownRelation.code, UnknownTable.code}
    found = tuple(each for each in found if each.code not in missing or each.at not in awaited)
    keys = tuple(each for each in found if each.code == DuplicateRows.code)
    days = tuple(each for each in found if each.code == DuplicateDays.code)
    others = tuple(each for each in found if each not in (*keys, *days))
    if awaited and not others:
        what = f"{_many(len(awaited), 'table')} of the connectors not there yet"
        yield Looked("relations", "warning", what, "a run syncs first; `kpictl sync` does it alone")
    else:
        count = f"{_many(len(catalog.sources), 'source')}, {_many(len(catalog.models), 'model')}"
        fine = f"{count}: all that they name is there"
        yield _group("relations", others, CatalogError.exit_code, fine)
    if has_errors(others) and not keys and not days:
        return  # not all rows could be looked at
    named = sum(source.key is not None for source in catalog.sources)
    fine = f"{_many(named, 'key')}, and no row stands twice" if named else "no source names a `key`"
    yield _group("keys", keys, CheckError.exit_code, fine)
    yield _group("days", days, CatalogError.exit_code, "no table with a row a day has two for one")


def _group(check: str, found: Found, exit_code: int, fine: str) -> Looked:
    if not found:
        return Looked(check, "ok", fine)
    if has_errors(found):
        return Looked(check, "error", _many(len(found), "finding"), found=found, exit_code=exit_code)
    return Looked(check, "warning", _many(len(found), "finding"), found=found)


def _awaited(catalog: Catalog, tables: Tables) -> frozenset[object]:
    """The places that name a raw table which is not there, and may be once the connectors have been called."""
    raw = catalog.project.schemas.raw
    if not catalog.project.connectors:
        return frozenset()
    named = [(source.relation, source.places.at("relation")) for source in catalog.sources]
    named += [(reference.name, reference.at) for model in catalog.models for reference in model.reads]
    return frozenset(at for name, at in named if name.schema == raw and name not in tables)
