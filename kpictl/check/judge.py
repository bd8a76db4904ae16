"""Reading a project and judging it: the one way from a folder to a catalog that can be compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from kpictl.catalog import PROJECT_FILE, Catalog, TableName, load
from kpictl.catalog.history import History
from kpictl.catalog.model import Unread
from kpictl.check import identity
from kpictl.check.allowances import allowed
from kpictl.check.run import PAGES, check, errors
from kpictl.diagnostics import CatalogError, Diagnostic, has_errors

OF_GIT = frozenset(rule.code for rule in identity.RULES)
OF_THE_DATABASE = frozenset(page.code for page in PAGES if page.code.startswith("KPI4"))


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody saw in a database: the types of its columns by table, and what is wrong with its rows."""

    tables: Mapping[TableName, Mapping[str, str]]
    found: tuple[Diagnostic, ...] = ()


def checked(folder: Path, *, with_tests: bool = False) -> Catalog:
    """The catalog of a project that has no errors; CatalogError with all of them otherwise.

    What a test names wrongly stops nobody who does not run it, and warnings are lint's business.
    """
    catalog, found = load(folder)
    if catalog is not None:
        judged = catalog if with_tests and catalog.unread == Unread() else replace(catalog, tests=())
        found = _sorted((*found, *_without_doubtful(catalog, found, errors(judged))))
    if catalog is None or has_errors(found):
        raise CatalogError(found)
    return catalog


def judge(
    folder: Path, *, before: History | None = None, look: Callable[[Catalog], Seen] | None = None
) -> tuple[Catalog | None, tuple[Diagnostic, ...]]:
    """The catalog, if it could be read, and everything that is found, sorted by place.

    Where something could not be read, what depends on it is not judged. `before` is what git's last version says;
    `look` looks into a database, if the catalog has no errors. Comments in the files silence what they allow.
    """
    catalog, read = load(folder)
    if catalog is None:
        return None, read
    found = (*read, *_without_doubtful(catalog, read, check(catalog, before=before)))
    judged = {page.code for page in PAGES}
    judged -= OF_GIT if before is None else set()
    if look is None or has_errors(found):
        judged -= OF_THE_DATABASE
    else:
        seen = look(catalog)
        found = tuple(dict.fromkeys((*found, *check(catalog, seen.tables), *seen.found)))
    return catalog, _sorted(allowed(folder, found, PAGES, set() if has_errors(read) else judged))


def _without_doubtful(
    catalog: Catalog, read: tuple[Diagnostic, ...], found: tuple[Diagnostic, ...]
) -> tuple[Diagnostic, ...]:
    """Without what is said about kpictl.yml, if that is wrong in itself: defaults stand in for what is."""
    settings = catalog.project.folder / PROJECT_FILE
    if all(each.at.path != settings for each in read):
        return found
    return tuple(each for each in found if each.at.path != settings)


def _sorted(found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(found, key=lambda each: (each.at, each.code, each.message)))
