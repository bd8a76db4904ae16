"""`kpictl run`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kpictl.cli.options import AsOf, Days, Env, LogFormat, LogFormatted, NoPlugins, Project, days

if TYPE_CHECKING:
    from kpictl.cli.job import Job


def run(
    project: Project = None,
    as_of: AsOf = None,
    env: Env = None,
    backfill: Annotated[
        Days | None,
        typer.Option(
            "--backfill",
            parser=days,
            metavar="FROM:TO",
            help="Write, or restate, the dashboard rows of every as-of date of these days.",
        ),
    ] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Compute all days, whatever the last run has left.")
    ] = False,
    no_sync: Annotated[
        bool, typer.Option("--no-sync", help="Compute from the raw tables as they are; call no API.")
    ] = False,
    no_plugins: NoPlugins = False,
    log_format: LogFormatted = LogFormat.TEXT,
) -> None:
    """Refresh the raw tables, compute, publish.

    The as-of date is the last complete business day, or today where kpictl.yml says `as_of: today`. Until a run
    has finished, and if it fails, readers see the tables of the run before. Only days that have changed since are
    computed. Rows of earlier as-of dates stay as they were reported, until a --backfill asks for them anew.
    """
    from kpictl.cli.reported import UNPUBLISHED, reported

    with reported("run", log_format, UNPUBLISHED) as job:
        asked = Asked(as_of, backfill, is_full=full_refresh, is_synced=not no_sync, has_plugins=not no_plugins)
        _run(job, project, env, asked)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks of the run."""

    as_of: date | None
    backfill: Days | None
    is_full: bool
    is_synced: bool
    has_plugins: bool


def _run(job: Job, project: Path | None, env: str | None, asked: Asked) -> None:
    from contextlib import closing
    from datetime import UTC, datetime

    from kpictl.catalog import database_url, environment
    from kpictl.check import checked
    from kpictl.cli.dates import as_of_dates
    from kpictl.cli.notified import webhook_address
    from kpictl.cli.project import folder
    from kpictl.engine import open_engine
    from kpictl.pipeline import Request, connectors
    from kpictl.pipeline import run as events

    job.environment = env
    job.folder = folder(project)
    job.catalog = catalog = checked(job.folder)
    webhook_address(catalog)  # an unset variable is told now, not when there is a failure to tell
    job.environment = environment(catalog, env).name
    now = datetime.now(UTC)
    dates = as_of_dates(catalog, asked.as_of, asked.backfill, now)
    job.as_of = dates[-1]
    url = database_url(catalog, env)
    sources = connectors(catalog, plugins=asked.has_plugins) if asked.is_synced else ()
    request = Request(dates[-1], now, sources, also=dates[:-1], is_full=asked.is_full)
    with closing(open_engine(url, catalog.project.folder)) as engine:
        job.follow(events(catalog, engine, request))
