"""`kpictl schema`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class FileKind(StrEnum):
    """The kinds of files that a project's YAML is of."""

    PROJECT = "project"
    KPIS = "kpis"


def schema(
    kind: Annotated[
        FileKind, typer.Argument(metavar="KIND", help="project: kpictl.yml; kpis: the files under kpis/.")
    ] = FileKind.KPIS,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write both, project.schema.json and kpis.schema.json, instead."),
    ] = None,
) -> None:
    """Print the JSON Schema of a kind of file, for editors.

    A first line makes an editor with the YAML language server complete and check a file:

    # yaml-language-server: $schema=../.kpictl/kpis.schema.json

    `kpictl init` writes both into .kpictl; after an upgrade of kpictl write them anew:

    kpictl schema --out .kpictl
    """
    import sys

    from kpictl.cli.schemas import schema_text, write_schemas

    if out is None:
        sys.stdout.write(schema_text(kind.value))
    else:
        for path in write_schemas(out):
            sys.stderr.write(f"Wrote {path}\n")
