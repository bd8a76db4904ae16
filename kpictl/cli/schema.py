"""`kpictl schema`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class FileKind(StrEnum):
    """The kinds of files that a project's YAML is of, and what frontends read."""

    PROJECT = "project"
    KPIS = "kpis"
    PAYLOAD = "payload"
    TYPESCRIPT = "typescript"


def schema(
    kind: Annotated[
        FileKind,
        typer.Argument(
            metavar="KIND",
            help="project: kpictl.yml; kpis: the files under kpis/; payload: agg_kpi_dashboard's column of that name;"
            " typescript: the payload's types.",
        ),
    ] = FileKind.KPIS,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write project.schema.json and kpis.schema.json, those for editors."),
    ] = None,
) -> None:
    """Print the JSON Schema of a kind of file, for editors, or of the payload, for frontends.

    A first line makes an editor with the YAML language server complete and check a file:

    # yaml-language-server: $schema=../.kpictl/kpis.schema.json

    `kpictl init` writes those of a project's files into .kpictl; after an upgrade of kpictl write them anew:

    kpictl schema --out .kpictl

    A frontend that draws KPIs takes the payload's types:

    kpictl schema typescript > payload.ts
    """
    import sys

    from kpictl.cli.schemas import printed, write_schemas

    if out is None:
        sys.stdout.write(printed(kind.value))
    else:
        for path in write_schemas(out):
            sys.stderr.write(f"Wrote {path}\n")
