"""`kpictl dashboard`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kpictl.cli.completion import entity_codes
from kpictl.cli.options import Env, Project


def dashboard(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The HTML file to write; - is standard output.")],
    dates: Annotated[
        int, typer.Option("--dates", metavar="N", min=1, help="How many as-of dates to carry, the latest ones.")
    ] = 8,
    entity: Annotated[
        list[str] | None,
        typer.Option(
            "--entity",
            metavar="CODE",
            help="Carry that entity alone; repeatable. [default: all of them]",
            autocompletion=entity_codes,
        ),
    ] = None,
    env: Env = None,
    project: Project = None,
) -> None:
    """Write the KPIs as one HTML file, for a browser, without a network.

    It has the boards of the latest as-of dates and each KPI's own page: its days beside those of the year before, its
    months, its definition. It can be mailed, put on a wiki or shown on a wall; `kpictl serve` shows the same, live.

      kpictl dashboard --out kpis.html

      kpictl dashboard --out north.html --entity north --dates 31
    """
    from kpictl.cli.dashboard_file import write_dashboard
    from kpictl.cli.project import folder

    write_dashboard(folder(project), env, out, dates, entity or ())
