"""The JSON Schemas as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

from kpictl.catalog.json_schema import Kind, json_schema
from kpictl.diagnostics import UsageError


def schema_text(kind: Kind) -> str:
    return json.dumps(json_schema(kind), indent=2, ensure_ascii=False) + "\n"


def schema_files() -> dict[str, str]:
    """A file's name and text for each kind."""
    return {f"{kind}.schema.json": schema_text(kind) for kind in get_args(Kind)}


def write_schemas(folder: Path) -> list[Path]:
    """Write them, over those of an earlier version."""
    files = schema_files()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}", help="name a folder after --out") from None
    return [folder / name for name in files]
