"""Broken projects and the exact text that is printed for them; a new case is a new folder.

A folder's README says where its diagnostic should point; `expected.txt` follows from it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kpictl.catalog.load import load
from kpictl.check import check, errors
from kpictl.diagnostics import render

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/README.md"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_text_printed(case: Path) -> None:
    catalog, found = load(case)
    if not found:
        assert catalog is not None
        found = errors(catalog) or check(catalog)
    assert render.text(found, color=False, base=case) == (case / "expected.txt").read_text()
