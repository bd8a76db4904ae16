"""`kpictl list`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from kpictl.cli.options import AsOf, Project


class What(StrEnum):
    """What can be listed."""

    KPIS = "kpis"
    SOURCES = "sources"
    ENTITIES = "entities"
    FORMATS = "formats"
    CONNECTORS = "connectors"
    WINDOWS = "windows"


def list_(
    what: Annotated[What, typer.Argument(metavar="WHAT", help="What to list.")] = What.KPIS,
    project: Project = None,
    as_of: AsOf = None,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON array of objects instead.")] = False,
) -> None:
    """List what a project has, from its files alone.

    Of windows it says which days they are, at the project's as-of date or at that of --as-of.

      kpictl list windows --as-of 2025-10-06
    """
    import sys
    from datetime import UTC, datetime

    from kpictl.check import checked
    from kpictl.cli.layout import aligned
    from kpictl.cli.listing import SPARE, columns_of, objects
    from kpictl.cli.project import folder
    from kpictl.cli.terminal import console
    from kpictl.diagnostics import UsageError
    from kpictl.report.json_text import json_text

    if as_of is not None and what is not What.WINDOWS:
        raise UsageError("--as-of has a meaning with `windows` alone", help="kpictl list windows --as-of DATE")
    catalog = checked(folder(project))
    if as_of is None and what is What.WINDOWS:
        # The others need nothing of the pipeline, nor the databases' drivers that come with it.
        from kpictl.cli.dates import as_of_date

        as_of = as_of_date(catalog, None, datetime.now(UTC))
    found = objects(catalog, what.value, as_of)
    out = console(sys.stdout)
    if json:
        out.print(json_text(found))
        return
    if not found:
        sys.stderr.write(f"{catalog.project.name} has no {what.value}\n")
        return
    head, *rows = aligned(columns_of(what.value, found), out.width, SPARE)
    out.print(head, style="dim")
    for row in rows:
        out.print(row)
