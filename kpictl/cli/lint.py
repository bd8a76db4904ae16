"""`kpictl lint`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from kpictl.cli.options import Project


def lint(
    project: Project = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
) -> None:
    """Check the project's files; needs no database."""
    from kpictl.check import judge
    from kpictl.cli.outcome import colored
    from kpictl.cli.project import folder
    from kpictl.diagnostics import has_errors
    from kpictl.diagnostics.render import text

    catalog, diagnostics = judge(folder(project))
    sys.stdout.write(text(diagnostics, color=colored(sys.stdout), base=Path.cwd()))
    if not diagnostics and catalog is not None:
        count = sum(kpi.id is not None for kpi in catalog.kpis)
        sys.stdout.write(f"{count} {'KPI' if count == 1 else 'KPIs'}, no findings\n")
    if has_errors(diagnostics) or (strict and diagnostics):
        raise typer.Exit(1)
