"""`kpictl run`."""

from __future__ import annotations

from typing import Annotated

import typer

from kpictl.cli.options import AsOf, Env, Project


def run(
    project: Project = None,
    as_of: AsOf = None,
    env: Env = None,
    no_sync: Annotated[
        bool, typer.Option("--no-sync", help="Compute from the raw tables as they are; call no API.")
    ] = False,
) -> None:
    """Refresh the raw tables, compute, publish.

    The as-of date is the last complete business day, or today where kpictl.yml says `as_of: today`. Until a run
    has finished, and if it fails, readers see the tables of the run before.
    """
    from contextlib import closing
    from datetime import UTC, datetime

    from kpictl.catalog import database_url
    from kpictl.check import checked
    from kpictl.cli.dates import as_of_date
    from kpictl.cli.progress import follow
    from kpictl.cli.project import folder
    from kpictl.engine import open_engine
    from kpictl.pipeline import Request, connectors
    from kpictl.pipeline import run as events

    catalog = checked(folder(project))
    now = datetime.now(UTC)
    day = as_of_date(catalog, as_of, now)
    url = database_url(catalog, env)
    request = Request(day, now, () if no_sync else connectors(catalog))
    with closing(open_engine(url, catalog.project.folder)) as engine:
        follow(events(catalog, engine, request))
