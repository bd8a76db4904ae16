"""Little columns."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kpictl.report import sparkline


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([7, None, 0], "█ ▁"),
        ([-7, 0, 7], "▁▅█"),
        ([5, 5, None, 5], "▄▄ ▄"),
        ([0, 0], "▁▁"),
        ([None, None], "  "),
        ([], ""),
    ],
)
def test_sparkline(numbers: list[int | None], expected: str) -> None:
    assert sparkline([None if number is None else Decimal(number) for number in numbers]) == expected
