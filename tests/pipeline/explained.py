"""Asks for the numbers behind a KPI, and adds them up by other means than kpictl's own."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from kpictl.catalog import Catalog
from kpictl.engine import open_for_reading, open_published
from kpictl.pipeline import Numbers, Question, SideNumbers, numbers
from kpictl.pipeline.workings import Arithmetic, Distinct, Quotient, Reports, Sum, Term

NOW = datetime(2025, 10, 7, tzinfo=UTC)
CLOSE_ENOUGH = Decimal("1e-9")


def numbers_of(catalog: Catalog, url: str, folder: Path, code: str, as_of: date, entity: str = "ALL") -> Numbers:
    (whose,) = [each for each in catalog.entities if each.code == entity]
    question = Question(catalog.kpi(code), as_of, whose, NOW)
    with closing(open_published(url, folder)) as reader, closing(open_for_reading(url, folder)) as engine:
        return numbers(catalog, engine, reader, question)


def adds_up(side: SideNumbers) -> bool:
    """Assert that what is shown comes to the value; whether there is anything to add up."""
    value, working = side.value, side.working
    if value is None or working is None:
        return False
    match working:
        case Sum():
            assert sum((part.value for part in working.parts), Decimal(0)) == value
            days = sum((part.last_day - part.first_day).days + 1 for part in working.parts)
            assert days <= side.covered_days
        case Quotient():
            assert abs(working.total / working.number - value) <= CLOSE_ENOUGH
        case Distinct():
            assert value <= working.daily_total
        case Reports():
            if all(report.number is None for report in working.reports):
                assert sum((report.value for report in working.reports), Decimal(0)) == value
        case Arithmetic():
            _comes_to(working, value)
        case _:
            return False
    return True


def _comes_to(working: Arithmetic, value: Decimal) -> None:
    """The formula as Python reads it: those of the tests have nothing else but sums, products and ratios."""
    assert working.kpi.formula is not None
    text = working.kpi.formula.text
    assert re.fullmatch(r"[a-z_0-9 ()+*/\n-]+", text), text
    by_code = {term.code: term.value for term in working.terms}
    assert all(found is not None for found in by_code.values())
    written = re.sub(r"[a-z_][a-z_0-9]*|[0-9]+", lambda word: _operand(word[0], by_code), text)
    assert abs(eval(written, {"D": Decimal}) - value) <= CLOSE_ENOUGH * max(Decimal(1), abs(value)), (written, value)
    for term in working.terms:
        _term_comes_to(term)


def _operand(word: str, by_code: dict[str, Decimal | None]) -> str:
    return f"D('{by_code.get(word, word)}')"


def _term_comes_to(term: Term) -> None:
    if term.working is not None and term.value is not None:
        _comes_to(term.working, term.value)
