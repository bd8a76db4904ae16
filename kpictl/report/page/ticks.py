"""The round numbers beside a chart's lines: each with its text, at several distances, for the script to choose from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from kpictl.report.format import compact, value
from kpictl.report.page.document import Document, point
from kpictl.report.shape import Shape

LEAST, MOST = 2, 60
"""How many ticks there may be at one distance over all days: a chart of some of them takes a few."""

_ROUND = (Decimal(1), Decimal(2), Decimal(5))
_SECONDS = tuple(Decimal(seconds) for seconds in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800))
_FULL_TO = 10_000


def ticks(numbers: Sequence[Decimal | None], shape: Shape) -> list[Document]:
    """From the finest distance to the coarsest. A distance whose ticks would read alike is left out."""
    known = [number for number in numbers if number is not None]
    low, high = min(known, default=Decimal(0)), max(known, default=Decimal(0))
    low, high = min(low, Decimal(0)), max(high, Decimal(0))
    found = []
    for step in _steps(low, high, shape):
        marks = list(_multiples(step, low, high))
        written = [_text(mark, shape) for mark in marks]
        if len(set(written)) == len(written):
            found.append({"step": point(step), "at": [point(mark) for mark in marks], "texts": written})
    return found


def _steps(low: Decimal, high: Decimal, shape: Shape) -> Iterator[Decimal]:
    """Round distances that put between LEAST and MOST ticks over the range."""
    span = high - low
    if not span:
        return
    candidates: list[Decimal] = list(_SECONDS) if shape.kind == "duration" else []
    unit = Decimal(3600) if shape.kind == "duration" else Decimal(1)
    start = (span / unit).adjusted() - 2
    candidates += [unit * each.scaleb(power) for power in range(start, start + 4) for each in _ROUND]
    yield from (step for step in sorted(candidates) if LEAST <= span / step + 1 <= MOST)


def _multiples(step: Decimal, low: Decimal, high: Decimal) -> Iterator[Decimal]:
    """One beyond each end, so that a line never leaves its scale."""
    first = int((low / step).to_integral_value(ROUND_FLOOR))
    last = int((high / step).to_integral_value(ROUND_CEILING))
    yield from (step * number for number in range(first, last + 1))


def _text(mark: Decimal, shape: Shape) -> str:
    write = value if abs(mark) < _FULL_TO else compact
    return write(mark, shape, unit=False)
