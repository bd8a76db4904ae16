"""`kpictl compile`."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kpictl.cli.completion import kpi_codes
from kpictl.cli.options import Env, Project


class DialectName(StrEnum):
    """The dialects that the compiler writes."""

    DUCKDB = "duckdb"
    POSTGRES = "postgres"


def compile_(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAMES",
            help="KPI codes, and relations such as fct_order or marts.fct_order. [default: all]",
            autocompletion=kpi_codes,
        ),
    ] = None,
    project: Project = None,
    dialect: Annotated[
        DialectName | None,
        typer.Option(help="[default: that of the environment's URL; postgres where the URL is not set]"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write a file for each relation instead.")
    ] = None,
    env: Env = None,
) -> None:
    """Print the SQL, in the order of dependence.

    Needs no database and no secrets. KPI codes narrow it to those KPIs; relations, to those relations and what
    they need. Long tables of rows are cut, unless they are named or written to files.
    """
    from kpictl.check import checked
    from kpictl.cli.project import folder
    from kpictl.cli.selection import selected
    from kpictl.cli.sql import dialect_of_environment, print_sql, write_files
    from kpictl.compile import dialect as dialect_called

    catalog = checked(folder(project))
    chosen = dialect_of_environment(catalog, env) if dialect is None else dialect_called(dialect)
    selection = selected(catalog, tuple(names or ()))
    if out is None:
        print_sql(selection, chosen)
    else:
        count = write_files(selection, chosen, out)
        sys.stderr.write(f"Wrote {count} {'file' if count == 1 else 'files'} to {out}\n")
