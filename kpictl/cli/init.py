"""`kpictl init`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Template(StrEnum):
    """What a new project begins with."""

    BLANK = "blank"
    CSV = "csv"
    WIDE_TABLE = "wide-table"
    WINERY = "winery"


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The project's folder.")] = Path(),
    template: Annotated[
        Template,
        typer.Option(
            "--template",
            help="blank: the least that runs; csv: a shop's orders; wide-table: a row a day, a column a measure; "
            "winery: this tool's own first catalog, with three simulated years.",
        ),
    ] = Template.CSV,
    years: Annotated[int, typer.Option(hidden=True, min=0, max=10)] = 3,
) -> None:
    """Make a new project, which runs at once.

    With comments that teach, KPI tests, schemas for editors, a CI workflow and a pre-commit hook. No file is
    overwritten. Example:

    kpictl init shop && cd shop && kpictl run && kpictl show
    """
    import sys
    from datetime import UTC, datetime
    from shlex import quote

    from kpictl.cli.new_project import make, make_winery

    now = datetime.now(UTC)
    if template is Template.WINERY:
        written = make_winery(folder, now, years)
    else:
        written = make(folder, template.value, now.date())
    sys.stderr.write("".join(f"Wrote {path}\n" for path in written))
    go = "" if folder == Path() else f"cd {quote(str(folder))} && "
    sys.stderr.write(f"\nNext: {go}kpictl run && kpictl show\n")
