"""A project as it would be with one file changed: a copy of what is read of it, in a temporary folder."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from kpictl.catalog import PROJECT_FILE, Catalog
from kpictl.catalog.edit import write
from kpictl.catalog.history import History
from kpictl.check import judge
from kpictl.diagnostics import Diagnostic, has_errors


@dataclass(frozen=True, slots=True)
class Trial:
    """What a change comes to; paths are to be shown from `base` on, where they read as in the project.

    `new` is what is found with the change and was not before.
    """

    catalog: Catalog | None
    new: tuple[Diagnostic, ...]
    base: Path

    @property
    def is_refused(self) -> bool:
        return self.catalog is None or has_errors(self.new)


@contextmanager
def trial(
    project: Path, without: tuple[Diagnostic, ...], file: PurePath, text: str, before: History | None
) -> Iterator[Trial]:
    """Judge a project with another text in a file; `without` is what was found without that.

    `before` is what git's last version says: the copy has no git.
    """
    here, folder = Path.cwd(), project.resolve()
    shown = folder.relative_to(here) if folder.is_relative_to(here) else PurePath()
    with TemporaryDirectory(prefix="kpictl-") as name:
        base = Path(name)
        copy = base / shown
        _copy(project, copy)
        write(copy / file, text)
        catalog, found = judge(copy, before=before)
        known = Counter(_said(diagnostic, project) for diagnostic in without)
        new = tuple(diagnostic for diagnostic in found if not _take(known, _said(diagnostic, copy)))
        yield Trial(catalog, new, base)


def _copy(project: Path, copy: Path) -> None:
    """The files that judging reads, and no others: what links lead to is copied, as it is read."""
    for path in (project / PROJECT_FILE, *(project / "kpis").rglob("*")):
        if path.is_file():
            target = copy / path.relative_to(project)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def _said(diagnostic: Diagnostic, folder: Path) -> tuple[str, str, PurePath]:
    return diagnostic.code, diagnostic.message, diagnostic.at.path.relative_to(folder)


def _take(known: Counter[tuple[str, str, PurePath]], said: tuple[str, str, PurePath]) -> bool:
    """Whether something was known, once for each time."""
    known[said] -= 1
    return known[said] >= 0
