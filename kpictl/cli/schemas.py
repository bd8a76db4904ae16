"""The JSON Schemas, and the types made from one, as texts and files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, assert_never, get_args

from kpictl.catalog.json_schema import Kind, json_schema
from kpictl.diagnostics import UsageError
from kpictl.report.payload_schema import payload_schema
from kpictl.report.typescript import payload_types


def printed(kind: Kind | Literal["payload", "typescript"]) -> str:
    match kind:
        case "project" | "kpis":
            return _text(json_schema(kind))
        case "payload":
            return _text(payload_schema())
        case "typescript":
            return payload_types()
        case never:
            assert_never(never)


def schema_files() -> dict[str, str]:
    """A file's name and text for each kind of a project's files."""
    return {f"{kind}.schema.json": _text(json_schema(kind)) for kind in get_args(Kind)}


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


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
