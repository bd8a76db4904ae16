"""`kpictl runs`."""

from __future__ import annotations

from typing import Annotated

import typer

from kpictl.cli.options import Env, Project


def runs(
    run_id: Annotated[
        str | None, typer.Argument(metavar="[RUN_ID]", help="A run to show whole. [default: the last ones]")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many runs to list.")] = 20,
    env: Env = None,
    project: Project = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead: an array, or the object of a run.")] = False,
) -> None:
    """List the last runs, or show one: its steps, its error, the numbers that it restated.

    kpictl runs --limit 5
    """
    from kpictl.catalog import database_url
    from kpictl.cli.journaled import NO_RUN, print_run, print_runs
    from kpictl.cli.project import folder, settings
    from kpictl.diagnostics import UsageError
    from kpictl.pipeline.look import Nothing, looking
    from kpictl.pipeline.runs import whole

    catalog = settings(folder(project))
    if run_id is None:
        with looking(catalog, database_url(catalog, env)) as look:
            found = [] if isinstance(look, Nothing) else look.runs(limit)
        print_runs(found, catalog, look.file_holder, json=json)
        return
    with looking(catalog, database_url(catalog, env)) as look:
        if isinstance(look, Nothing) or not look.has_journal:
            raise UsageError(f"no run is called `{run_id}`", help=NO_RUN)
        one = whole(look, run_id)
    print_run(one, catalog, json=json)
