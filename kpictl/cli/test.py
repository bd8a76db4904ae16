"""`kpictl test`."""

from __future__ import annotations

from typing import Annotated

import typer

from kpictl.cli.options import NoPlugins, Project


def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAMES", help="Tests by their names, or by a part of them. [default: all]"),
    ] = None,
    no_plugins: NoPlugins = False,
    project: Project = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was expected and found as JSON instead.")] = False,
) -> None:
    """Run the project's KPI tests: rows in, values out.

    They run in memory, through all that a run does; no database, no secrets, no API. Exit code 1 if one fails.

      kpictl test refund
    """
    import sys

    from kpictl.check import checked
    from kpictl.cli.project import folder
    from kpictl.cli.tested import chosen, print_json, print_lines
    from kpictl.pipeline import run_tests

    catalog = checked(folder(project), with_tests=True)
    tests = chosen(catalog, names or ())
    if not tests:
        sys.stderr.write("no tests; a `tests` list in any file under kpis/ has them\n")
    shown = print_json if json else print_lines
    if not shown(run_tests(catalog, tests, plugins=not no_plugins)):
        raise typer.Exit(1)
