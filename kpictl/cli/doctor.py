"""`kpictl doctor`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from kpictl.cli.options import Env, Project


class Format(StrEnum):
    """How the checks are printed: for people, and for programs."""

    TEXT = "text"
    JSON = "json"


def doctor(
    env: Env = None,
    project: Project = None,
    format_: Annotated[Format, typer.Option("--format", help="How the checks are printed.")] = Format.TEXT,
) -> None:
    """Look at what a run looks at before it writes, and write nothing.

    The settings, the database and what kpictl may do there, the tables and columns that the project names, its keys,
    the lock and the clocks. The exit code is that of the first check that fails: 1 the catalog, 3 the database,
    5 a key that is not unique.
    """
    from kpictl.cli.examined import print_json, print_lines
    from kpictl.cli.project import folder
    from kpictl.pipeline.doctor import doctor as looks

    looked = looks(folder(project), env)
    code = print_json(looked) if format_ is Format.JSON else print_lines(looked)
    if code:
        raise typer.Exit(code)
