"""What the page's documents are made of: JSON that the script reads, numbers only where something is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from kpictl.report.format import Change, change, value
from kpictl.report.shape import Shape

Document = dict[str, Any]

_DRAWN_DIGITS = 6


def point(number: Decimal | None) -> float | int | None:
    """A number as a chart needs it: no screen tells a million of its heights apart.

    >>> point(Decimal("1234567.891")), point(Decimal("0.5000000000")), point(None)
    (1234570, 0.5, None)
    """
    if number is None:
        return None
    near = float(f"{number:.{_DRAWN_DIGITS}g}")
    return int(near) if near.is_integer() and abs(near) < 1e15 else near


def points(numbers: Iterable[Decimal | None]) -> list[float | int | None]:
    return [point(number) for number in numbers]


def texts(numbers: Iterable[Decimal | None], shape: Shape) -> list[str | None]:
    """Values as people read them, the unit apart; None where there is none, which the page draws as a gap."""
    return [None if number is None else value(number, shape, unit=False) for number in numbers]


def compared(
    shape: Shape,
    direction: Any,
    numbers: tuple[Decimal | None, Decimal | None, Decimal | None, Decimal | None],
    statuses: tuple[str, str],
) -> list[str]:
    """A value against that of the year before, as the script unpacks it: `value, status, prior, prior status,
    change, way, goodness, words`; `numbers` are the value, the prior, the delta and the delta in percent.
    """
    now, prior, delta, delta_pct = numbers
    against = change(delta, delta_pct, shape, direction, is_partial="partial" in statuses)
    return [
        value(now, shape, unit=False),
        statuses[0],
        value(prior, shape, unit=False),
        statuses[1],
        against.text,
        _way(against),
        against.goodness,
        against.words,
    ]


def _way(against: Change) -> str:
    """The arrow to draw: `up`, `down`, `about` the same, `unchanged`, or `no` where there is no comparison."""
    return against.words.partition(" ")[0]
