"""`kpictl show`."""

from __future__ import annotations

from typing import Annotated

import typer

from kpictl.cli.completion import entity_codes
from kpictl.cli.options import AsOf, Env, Project


def show(
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
) -> None:
    """Show the scoreboard that was published last.

    Reads the published tables alone; --as-of shows that of an earlier date.
    """
    from contextlib import closing

    from kpictl.catalog import database_url
    from kpictl.cli.project import folder, settings
    from kpictl.cli.scoreboard import print_board, print_payloads
    from kpictl.engine import open_published

    catalog = settings(folder(project))
    shown = print_payloads if json else print_board
    with closing(open_published(database_url(catalog, env), catalog.project.folder)) as reader, reader.transaction():
        shown(reader, catalog, as_of, entity)
