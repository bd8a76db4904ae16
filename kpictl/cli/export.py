"""`kpictl export`."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kpictl.cli.completion import entity_codes, kpi_codes
from kpictl.cli.options import AsOf, Env, Project, day


class What(StrEnum):
    """Which of the published tables."""

    DASHBOARD = "dashboard"
    FACTS = "facts"
    PERIODS = "periods"


class Format(StrEnum):
    """How the rows are written."""

    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"
    XLSX = "xlsx"


Entities = Annotated[
    list[str] | None,
    typer.Option("--entity", metavar="CODE", help="That entity alone; repeatable.", autocompletion=entity_codes),
]
Kpis = Annotated[
    list[str] | None,
    typer.Option("--kpi", metavar="CODE", help="That KPI alone; repeatable.", autocompletion=kpi_codes),
]
From = Annotated[
    date | None,
    typer.Option("--from", parser=day, metavar="DATE", help="From this day, as-of date or first day of a period on."),
]


def export(
    what: Annotated[
        What,
        typer.Argument(
            metavar="WHAT",
            help="dashboard: KPIs over the windows of an as-of date. facts: day by day. "
            "periods: weeks, months, quarters and years.",
        ),
    ] = What.DASHBOARD,
    format_: Annotated[
        Format | None, typer.Option("--format", help="How to write the rows. [default: by the file's suffix, else csv]")
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write; - is standard output.")] = Path(
        "-"
    ),
    as_of: AsOf = None,
    entity: Entities = None,
    kpi: Kpis = None,
    from_: From = None,
    to: Annotated[date | None, typer.Option("--to", parser=day, metavar="DATE", help="Up to this one.")] = None,
    to_sql_views: Annotated[
        bool, typer.Option("--to-sql-views", help="Make views for BI tools in the database instead; runs keep them.")
    ] = False,
    drop_sql_views: Annotated[bool, typer.Option("--drop-sql-views", help="Take these views away again.")] = False,
    env: Env = None,
    project: Project = None,
) -> None:
    """Write what was published as CSV, JSON, JSON lines, Parquet or Excel.

    Names stand beside numbers, and numbers have all their digits. Of the dashboard the latest as-of date is written,
    unless --as-of, or --from and --to, ask for others. An Excel file needs `pip install 'kpictl[excel]'`.
    """
    from kpictl.cli.exported import Asked, export_rows
    from kpictl.cli.exported_views import drop_sql, publish_sql
    from kpictl.cli.project import folder
    from kpictl.diagnostics import UsageError

    rows = Asked(what.value, None if format_ is None else format_.value, out, as_of, from_, to, kpi or (), entity or ())
    if not (to_sql_views or drop_sql_views):
        export_rows(folder(project), env, rows)
        return
    if to_sql_views and drop_sql_views:
        raise UsageError("--to-sql-views and --drop-sql-views contradict each other")
    if rows.is_any:
        option = "--to-sql-views" if to_sql_views else "--drop-sql-views"
        raise UsageError("the views hold all rows, and are no file", help=f"use {option} without other options")
    (publish_sql if to_sql_views else drop_sql)(folder(project), env)
