"""`kpictl lint`."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kpictl.cli.options import Project


class Format(StrEnum):
    """How findings are printed: for people, editors, programs and two kinds of CI."""

    TEXT = "text"
    CONCISE = "concise"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


def lint(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATHS",
            help="Projects, or files and folders of one, whose findings are told. [default: the project here]",
        ),
    ] = None,
    project: Project = None,
    env: Annotated[
        str | None, typer.Option("--env", metavar="NAME", help="Look at what the database of an environment has, too.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="REVISION", help="Compare ids and codes with this git revision. [default: the last]"
        ),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="How findings are printed.")] = Format.TEXT,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
) -> None:
    """Check the project's files.

    Needs no database, unless --env names one. `# kpictl: allow CODE why` at the end of a line silences a warning
    there. In CI on a pull request: kpictl lint --strict --since origin/main --format github
    """
    from kpictl.cli.linted import Look, linted, written
    from kpictl.diagnostics import has_errors

    found = linted(tuple(paths or ()), project, Look(env, since))
    sys.stdout.write(written(found, format_.value))
    if has_errors(found.diagnostics) or (strict and found.diagnostics):
        raise typer.Exit(1)
