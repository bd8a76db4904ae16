"""Reading a project and judging it: the one way from a folder to a catalog that can be compiled."""

from __future__ import annotations

from pathlib import Path

from kpictl.catalog import Catalog, load
from kpictl.check.run import check
from kpictl.diagnostics import CatalogError, Diagnostic, has_errors


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
