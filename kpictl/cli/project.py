"""Finding the project that a command is about."""

from __future__ import annotations

import os
from pathlib import Path

from kpictl.catalog import PROJECT_FILE, Catalog, load
from kpictl.diagnostics import CatalogError, UsageError, has_errors


def folder(chosen: Path | None) -> Path:
    """The project's folder: the one chosen, else the nearest one upwards."""
    if chosen is not None:
        if (chosen / PROJECT_FILE).is_file():
            return chosen
        raise UsageError(f"there is no {PROJECT_FILE} in {chosen}", help="--project names a project's folder")
    return nearest(Path.cwd())


def nearest(path: Path) -> Path:
    """The project that a file or folder is in."""
    start = Path(os.path.abspath(path))  # noqa: PTH100 -- resolve() would follow links
    for candidate in (start, *start.parents):
        if (candidate / PROJECT_FILE).is_file():
            return candidate
    raise UsageError(
        f"there is no {PROJECT_FILE} in {'this folder' if start == Path.cwd() else path} or above it",
        help="go to a project's folder or name it with --project DIR; `kpictl init` makes one",
    )


def settings(project: Path) -> Catalog:
    """A catalog for looking at what was published: only what kpictl.yml says must be right."""
    catalog, diagnostics = load(project)
    of_the_project = tuple(each for each in diagnostics if each.at.path == project / PROJECT_FILE)
    if catalog is None or has_errors(of_the_project):
        raise CatalogError(of_the_project or diagnostics)
    return catalog
