"""What the shell offers for a word that is being typed: codes, from the YAML alone, and none where that is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

PROJECT_FILE = "kpictl.yml"


def kpi_codes(context: typer.Context, incomplete: str) -> list[str]:
    """The codes of KPIs."""
    return _codes(context, incomplete, "kpis")


def entity_codes(context: typer.Context, incomplete: str) -> list[str]:
    """The codes of entities."""
    return _codes(context, incomplete, "entities")


def _codes(context: typer.Context, incomplete: str, name: str) -> list[str]:
    folder = _folder(context.params.get("project"))
    if folder is None:
        return []
    implied = ["ALL"] if name == "entities" else []
    found = dict.fromkeys([*implied, *(code for path in _files(folder) for code in _codes_in(path, name))])
    return sorted(code for code in found if code.startswith(incomplete))


def _folder(chosen: Any) -> Path | None:
    here = Path(chosen) if chosen else Path.cwd()
    folders = [here] if chosen else [here, *here.parents]
    return next((folder for folder in folders if (folder / PROJECT_FILE).is_file()), None)


def _files(folder: Path) -> list[Path]:
    try:
        return sorted((folder / "kpis").rglob("*.yml"))
    except OSError:
        return []


def _codes_in(path: Path, name: str) -> Iterator[str]:
    """The codes in one file; a file that is no YAML has none, and what is odd in it is left out."""
    # The catalog's own reader tells what is wrong and where, and takes five times as long to import.
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 -- a safe one
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        return
    items = document.get(name) if isinstance(document, dict) else None
    for item in items if isinstance(items, list) else []:
        code = item.get("code") if isinstance(item, dict) else None
        if isinstance(code, str):
            yield code
