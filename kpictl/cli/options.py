"""The options that several commands have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
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


class LogFormat(StrEnum):
    """How a command tells what it does: to people, or to machines."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Days:
    """A range of days, both ends counted."""

    first: date
    last: date


def days(text: str) -> Days:
    """A range of days of the command line."""
    first, colon, last = text.partition(":")
    if not colon:
        raise typer.BadParameter(f"`{text}` is no range of days; it is written FROM:TO, as 2024-01-01:2024-12-31")
    return Days(day(first), day(last))


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
NoPlugins = Annotated[
    bool, typer.Option("--no-plugins", help="Refuse the project's own Python, connectors/*.py; load none of it.")
]
LogFormatted = Annotated[
    LogFormat,
    typer.Option(
        "--log-format", envvar="KPICTL_LOG_FORMAT", help="How stderr tells what happens; json is a line for each event."
    ),
]
