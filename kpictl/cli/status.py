"""`kpictl status`."""

from __future__ import annotations

from typing import Annotated

import typer

from kpictl.cli.options import Env, Project


def status(
    env: Env = None,
    project: Project = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 5 if the last run failed, or a source is past its expect_fresh.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object instead.")] = False,
) -> None:
    """Show how a project stands, and write nothing.

    The last run, how fresh the sources are, rows of unknown entities, as-of dates that were reported before late data
    came in, and what the next run would do. Calls no API and loads none of the project's Python.
    """
    from datetime import UTC, datetime

    from kpictl.catalog import database_url, environment
    from kpictl.cli.project import folder
    from kpictl.cli.standing import print_json, print_lines, settings_and_errors
    from kpictl.diagnostics import CheckError
    from kpictl.pipeline.look import looking
    from kpictl.pipeline.status import status as stands

    catalog, errors = settings_and_errors(folder(project))
    now = datetime.now(UTC)
    with looking(catalog, database_url(catalog, env)) as look:
        found = stands(look, catalog, errors, now)
    shown = print_json if json else print_lines
    shown(found, catalog, environment(catalog, env).name)
    if check and found.is_alarming:
        raise typer.Exit(CheckError.exit_code)
