"""What a command needs of a project before it runs: its checked catalog, its environment, its as-of date."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from kpictl.calendar import business_day
from kpictl.catalog import Catalog, Environment, environment_variables, load, resolve
from kpictl.check import check
from kpictl.diagnostics import CatalogError, Diagnostic, WorldError, has_errors


def checked(folder: Path) -> tuple[Catalog, tuple[Diagnostic, ...]]:
    """The catalog of a project and the warnings about it; CatalogError with everything that is wrong."""
    catalog, diagnostics = judge(folder)
    if catalog is None or has_errors(diagnostics):
        raise CatalogError(diagnostics)
    return catalog, diagnostics


def judge(folder: Path) -> tuple[Catalog | None, tuple[Diagnostic, ...]]:
    """The catalog, if it could be read, and everything that is wrong with it, sorted by place.

    What could not be read would make references to it wrong as well, so those are judged only where all was read.
    """
    catalog, diagnostics = load(folder)
    if catalog is not None and not has_errors(diagnostics):
        diagnostics += check(catalog)
    return catalog, tuple(sorted(diagnostics, key=lambda diagnostic: diagnostic.at))


def environment(catalog: Catalog, name: str | None) -> Environment:
    """The environment of that name, or the project's default; WorldError for a name that it lacks."""
    wanted = name or catalog.project.environment
    for candidate in catalog.project.environments:
        if candidate.name == wanted:
            return candidate
    names = ", ".join(candidate.name for candidate in catalog.project.environments)
    raise WorldError(f"no environment is called `{wanted}`", help=f"kpictl.yml has: {names}")


def database_url(catalog: Catalog, name: str | None) -> str:
    """The environment's database URL, with `${NAME}` resolved."""
    chosen = environment(catalog, name)
    variables = environment_variables(catalog.project.folder)
    return resolve(chosen.url, variables, chosen.places.at("url"))


def default_as_of(catalog: Catalog, now: datetime) -> date:
    """The last complete business day, or the one that is going on, as the project says."""
    project = catalog.project
    today = business_day(now, project.timezone, project.day_starts_at)
    return today if project.as_of == "today" else today - timedelta(days=1)
