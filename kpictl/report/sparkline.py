"""A row of numbers as a row of little columns."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

BLOCKS = "▁▂▃▄▅▆▇█"
GAP = " "


def sparkline(numbers: Sequence[Decimal | None]) -> str:
    """One block per number, from the lowest to the highest of them; no number is a gap.

    >>> sparkline([Decimal(0), None, Decimal(7), Decimal(14)])
    '▁ ▅█'
    """
    known = [number for number in numbers if number is not None]
    if not known:
        return GAP * len(numbers)
    low, high = min(known), max(known)
    if low == high:
        # Neither low nor high: a line on the floor for nothing, one in the middle for something.
        flat = BLOCKS[0] if not low else BLOCKS[3]
        return "".join(GAP if number is None else flat for number in numbers)
    return "".join(GAP if number is None else _block((number - low) / (high - low)) for number in numbers)


def _block(share: Decimal) -> str:
    return BLOCKS[int(share * (len(BLOCKS) - 1) + Decimal("0.5"))]
