"""What `kpictl lint` finds in the projects that it is asked about, and how that is printed."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from kpictl import __version__
from kpictl.catalog import PROJECT_FILE, Catalog, database_url
from kpictl.catalog.history import history
from kpictl.check import PAGES, Seen, judge, page
from kpictl.cli.outcome import colored
from kpictl.cli.project import folder, nearest
from kpictl.diagnostics import Diagnostic, UsageError, reports
from kpictl.diagnostics.render import concise, json, text


@dataclass(frozen=True, slots=True)
class Look:
    """Where lint looks beside the files: into the database of an environment, at a revision of git."""

    env: str | None
    since: str | None


@dataclass(frozen=True, slots=True)
class Linted:
    """Every finding, by project and place, and how many KPIs were judged."""

    diagnostics: tuple[Diagnostic, ...]
    kpis: int


def linted(paths: tuple[Path, ...], project: Path | None, look: Look) -> Linted:
    """Judge the project of each path; of one that is no project itself only what is found in it is told."""
    wanted = _wanted(paths, project)
    diagnostics: list[Diagnostic] = []
    count = 0
    for found_project, within in wanted.items():
        catalog, found = _judged(found_project, look)
        diagnostics += [each for each in found if not within or _is_within(each.at.path, within)]
        count += 0 if catalog is None else sum(kpi.id is not None for kpi in catalog.kpis)
    return Linted(tuple(diagnostics), count)


def _judged(project: Path, look: Look) -> tuple[Catalog | None, tuple[Diagnostic, ...]]:
    before = history(project, look.since)
    if look.env is None:
        return judge(project, before=before)
    # 0.4 s to import, and of no use without a database.
    from kpictl.engine import open_for_reading
    from kpictl.pipeline import inspect

    def see(catalog: Catalog) -> Seen:
        with closing(open_for_reading(database_url(catalog, look.env), catalog.project.folder)) as engine:
            return inspect(catalog, engine)

    return judge(project, before=before, look=see)


def _wanted(paths: tuple[Path, ...], project: Path | None) -> dict[Path, tuple[Path, ...]]:
    """The projects to judge, each with the paths below it that alone are asked about; none: all of it."""
    if not paths:
        return {folder(project): ()}
    wanted: dict[Path, tuple[Path, ...]] = {}
    for path in paths:
        if not path.exists():
            raise UsageError(f"there is no {path}", help="name files or folders of a project, or a project's folder")
        whole = path.is_dir() and (path / PROJECT_FILE).is_file()
        found = project or (path if whole else nearest(path))
        if whole:
            wanted[found] = ()
        elif wanted.get(found, (path,)) != ():
            wanted[found] = (*wanted.get(found, ()), path)
    return wanted


def _is_within(path: Path, within: tuple[Path, ...]) -> bool:
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 -- resolve() would follow links
    return any(absolute.is_relative_to(Path(os.path.abspath(each))) for each in within)  # noqa: PTH100


def written(found: Linted, format_: str) -> str:
    """The findings as they are printed, and that there are none where a person reads."""
    base = Path.cwd()
    match format_:
        case "concise":
            return concise(found.diagnostics, base=base)
        case "json":
            return json(found.diagnostics, base=base)
        case "github":
            return reports.github(found.diagnostics, base=base)
        case "sarif":
            return reports.sarif(found.diagnostics, _rules(), version=__version__, base=base)
        case _:
            return _text(found, base)


def _rules() -> tuple[reports.RuleText, ...]:
    pages = [page(each) for each in PAGES]
    return tuple(reports.RuleText(each.code, each.name, each.severity, each.what, each.why) for each in pages)


def _text(found: Linted, base: Path) -> str:
    if not found.diagnostics:
        return f"{found.kpis} {'KPI' if found.kpis == 1 else 'KPIs'}, no findings\n"
    code = found.diagnostics[0].code
    shown = text(found.diagnostics, color=colored(sys.stdout), base=base)
    return f"{shown}  kpictl explain {code} tells more; so does every other code\n"
