"""`kpictl sync`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kpictl.cli.options import Env, LogFormat, LogFormatted, NoPlugins, Project, day

if TYPE_CHECKING:
    from kpictl.cli.job import Job


def sync(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CONNECTOR[.STREAM]]...", help="What to refresh. [default: all of it]"),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Walk everything, and notice what has been deleted.")] = False,
    since: Annotated[
        date | None,
        typer.Option("--since", parser=day, metavar="DATE", help="Ask for what has changed since that day, at least."),
    ] = None,
    allow_deletions: Annotated[
        bool, typer.Option("--allow-deletions", help="Mark as deleted what is gone, however much it is.")
    ] = False,
    no_plugins: NoPlugins = False,
    project: Project = None,
    env: Env = None,
    log_format: LogFormatted = LogFormat.TEXT,
) -> None:
    """Refresh the raw tables.

    Asks each API for what has changed since the last sync, and for everything at first and once a week, to notice
    what has been deleted. Rows that have landed stay, whatever fails after them. `kpictl run` does the same first.
    """
    from kpictl.cli.reported import UNSYNCED, reported

    with reported("sync", log_format, UNSYNCED) as job:
        _sync(job, names or [], project, env, since, full=full, allow_deletions=allow_deletions, no_plugins=no_plugins)


def _sync(
    job: Job,
    names: list[str],
    project: Path | None,
    env: str | None,
    since: date | None,
    *,
    full: bool,
    allow_deletions: bool,
    no_plugins: bool,
) -> None:
    from contextlib import closing
    from datetime import UTC, datetime, time
    from zoneinfo import ZoneInfo

    from kpictl.catalog import database_url, environment
    from kpictl.check import checked
    from kpictl.cli.project import folder
    from kpictl.connect import Choice
    from kpictl.diagnostics import UsageError
    from kpictl.engine import open_engine
    from kpictl.pipeline import select, sync_alone

    job.catalog = catalog = checked(folder(project))
    job.environment = environment(catalog, env).name
    if not catalog.project.connectors:
        raise UsageError("the project has no connectors", help="list them under `connectors` in kpictl.yml")
    if full and since is not None:
        raise UsageError("--full and --since contradict each other", help="--full asks for everything")
    if allow_deletions and not full:
        raise UsageError("--allow-deletions is for whole walks", help="add --full")
    now = datetime.now(UTC)
    midnight = None if since is None else datetime.combine(since, time(), ZoneInfo(catalog.project.timezone))
    chosen = select(catalog, names, plugins=not no_plugins)
    with closing(open_engine(database_url(catalog, env), catalog.project.folder, is_for_landing=True)) as engine:
        job.follow(sync_alone(catalog, engine, chosen, now, Choice(full, midnight, allow_deletions)))
