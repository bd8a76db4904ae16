"""Which file a new KPI goes into."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path, PurePath

from kpictl.catalog import Catalog, near
from kpictl.diagnostics import UsageError

FOLDER = "kpis"
FIRST = PurePath(FOLDER, "kpis.yml")


def files(catalog: Catalog) -> dict[PurePath, int]:
    """The files that hold KPIs, by their names from the project's folder on, and how many each of them holds."""
    folder = catalog.project.folder
    return dict(sorted(Counter(PurePath(kpi.places.path.relative_to(folder)) for kpi in catalog.kpis).items()))


def proposed(catalog: Catalog, category: str | None) -> PurePath | None:
    """The file with the most KPIs of the category, else the only file there is; None where nothing tells."""
    folder = catalog.project.folder
    same = Counter(kpi.places.path for kpi in catalog.kpis if category and kpi.category == category)
    if same:
        return PurePath(same.most_common(1)[0][0].relative_to(folder))
    found = list(files(catalog))
    return FIRST if not found else found[0] if len(found) == 1 else None


def named(catalog: Catalog, written: str) -> PurePath:
    """A file's name from the project's folder on; it is written from there, from `kpis/` or from the current folder."""
    project = _absolute(catalog.project.folder)
    kpis = project / FOLDER
    readings = [_absolute(base / written) for base in (Path.cwd(), project, kpis)]
    inside = [path for path in readings if path.is_relative_to(kpis) and path != kpis]
    path = next((path for path in inside if path.exists()), inside[0])
    if path.suffix != ".yml" or path.is_dir():
        close = near(f"{path.name}.yml", [file.name for file in files(catalog)])
        help_ = f"`{FOLDER}/{close}` is near" if close else f"name one such as {FOLDER}/{path.stem}.yml"
        raise UsageError(f"no KPIs are read from {written}: their files end in .yml", help=help_)
    return PurePath(path.relative_to(project))


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 -- resolve() would follow links
