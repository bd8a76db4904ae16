"""The options that several commands have."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated

import typer


def day(text: str) -> date:
    """A day of the command line. `date.fromisoformat` alone would take `20250101` and `2025-W01-1` too."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise typer.BadParameter(f"`{text}` is no day; a day is written YYYY-MM-DD")


Project = Annotated[
    Path | None,
    typer.Option(
        "--project",
        metavar="DIR",
        help="The project's folder. [default: the nearest one upwards with a kpictl.yml]",
    ),
]
AsOf = Annotated[
    date | None,
    typer.Option("--as-of", parser=day, metavar="DATE", help="The last business day counted: YYYY-MM-DD."),
]
Env = Annotated[
    str | None,
    typer.Option("--env", metavar="NAME", help="An environment of kpictl.yml. [default: its `environment`]"),
]
