"""`kpictl show`."""

from __future__ import annotations

from typing import Annotated

import typer

from kpictl.cli.completion import entity_codes, kpi_codes
from kpictl.cli.options import AsOf, Env, Project


def show(
    kpi: Annotated[
        str | None,
        typer.Argument(metavar="KPI", help="A KPI's code: show its page instead.", autocompletion=kpi_codes),
    ] = None,
    project: Project = None,
    as_of: AsOf = None,
    env: Env = None,
    entity: Annotated[
        str | None,
        typer.Option(
            "--entity",
            metavar="CODE",
            help="The entity to show. [default: ALL; with --json every one]",
            autocompletion=entity_codes,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the payloads as a JSON array instead.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and show each new edition until Ctrl-C.")] = False,
) -> None:
    """Show the scoreboard that was published last, or one KPI's page.

    A page has the KPI's windows, its days as a chart beside those of the year before, its months and its definition.
    Reads the published tables alone; --as-of shows what was published for an earlier date.

      kpictl show revenue --watch
    """
    from contextlib import closing

    from kpictl.catalog import database_url
    from kpictl.cli.project import folder, settings
    from kpictl.cli.scoreboard import print_drawn, print_payloads, read
    from kpictl.cli.watch import refuse_unwatchable, watch_editions
    from kpictl.engine import open_published

    if watch:
        refuse_unwatchable(json=json)
    catalog = settings(folder(project))
    url = database_url(catalog, env)
    if watch:
        watch_editions(catalog, url, lambda reader: read(reader, catalog, kpi, as_of, entity))
        return
    with closing(open_published(url, catalog.project.folder)) as reader, reader.transaction():
        if json:
            print_payloads(reader, catalog, kpi, as_of, entity)
        else:
            print_drawn(read(reader, catalog, kpi, as_of, entity))
