"""Values as text: every expected text is written by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kpictl.report import Change, Shape, change, compact, rounded, shape, value
from kpictl.report.format import Direction

DASH = "\N{EN DASH}"
USD = Shape("currency", 0, "USD")
CENTS = Shape("currency", 2, "USD")
NUMBER = Shape("number", 0)
TENTHS = Shape("number", 1)
PERCENT = Shape("percent", 1)
FRACTION = Shape("percent", 1, stored_as="fraction")
DURATION = Shape("duration")


@pytest.mark.parametrize(
    ("number", "form", "expected"),
    [
        (None, USD, DASH),
        ("1234567.5", USD, "$1,234,568"),
        ("0.5", USD, "$1"),
        ("-0.5", USD, "-$1"),
        ("-0.4", USD, "$0"),
        ("2.5", USD, "$3"),
        ("-1234.565", CENTS, "-$1,234.57"),
        ("9.5", Shape("currency", 2, "EUR"), "€9.50"),
        ("9.5", Shape("currency", 2, "GBP"), "£9.50"),
        ("1234", Shape("currency", 0, "JPY"), "¥1,234"),
        ("-12", Shape("currency", 0, "CHF"), "-CHF 12"),
        ("1234.5", NUMBER, "1,235"),
        ("3.25", TENTHS, "3.3"),
        ("1216.12", Shape("number", 1, unit="9L cases"), "1,216.1 9L cases"),
        ("3.45", PERCENT, "3.5%"),
        ("1234.56", PERCENT, "1,234.6%"),
        ("0.0345", FRACTION, "3.5%"),
        ("-0.0345", FRACTION, "-3.5%"),
        ("5400", DURATION, "1:30"),
        ("59", DURATION, "0:01"),
        ("29", DURATION, "0:00"),
        ("-5400", DURATION, "-1:30"),
        ("3600060", DURATION, "1,000:01"),
        ("1234567", Shape("currency", 0, "USD", compact=True), "$1.2M"),
        ("9999999999999999999999999999.5", NUMBER, "10,000,000,000,000,000,000,000,000,000"),
    ],
)
def test_value(number: str | None, form: Shape, expected: str) -> None:
    assert value(None if number is None else Decimal(number), form) == expected


@pytest.mark.parametrize(
    ("number", "form", "expected"),
    [
        (None, USD, DASH),
        ("950", USD, "$950"),
        ("45.32", CENTS, "$45.32"),
        ("999.4", USD, "$999"),
        ("999.6", USD, "$1.0K"),
        ("1250", USD, "$1.3K"),
        ("99949", USD, "$99.9K"),
        ("99960", USD, "$100K"),
        ("123456", USD, "$123K"),
        ("999499", USD, "$999K"),
        ("999500", USD, "$1.0M"),
        ("-1234567", USD, "-$1.2M"),
        ("2500000000", NUMBER, "2.5B"),
        ("7200000000000", NUMBER, "7.2T"),
        ("1234567000000000", NUMBER, "1,235T"),
        ("3.45", PERCENT, "3.5%"),
        ("5400", DURATION, "1:30"),
    ],
)
def test_compact(number: str | None, form: Shape, expected: str) -> None:
    assert compact(None if number is None else Decimal(number), form) == expected


def test_the_unit_can_be_left_to_the_heading() -> None:
    cases = Shape("number", 1, unit="9L cases")
    assert value(Decimal("2.25"), cases, unit=False) == "2.3"
    assert compact(Decimal(2250), cases, unit=False) == "2.3K"


@pytest.mark.parametrize(
    ("delta", "percent", "form", "direction", "expected"),
    [
        ("10", "12.45", USD, "up", Change("+12.5%", "good")),
        ("-10", "-12.45", USD, "up", Change("-12.5%", "bad")),
        ("10", "12.45", USD, "down", Change("+12.5%", "bad")),
        ("-10", "-12.45", USD, "down", Change("-12.5%", "good")),
        ("10", "12.45", USD, "none", Change("+12.5%", "neutral")),
        ("0.01", "0.04", USD, "up", Change("0.0%", "neutral")),
        ("-0.01", "-0.04", USD, "up", Change("0.0%", "neutral")),
        ("10", None, USD, "up", Change(DASH, "neutral")),
        (None, None, USD, "up", Change(DASH, "neutral")),
        ("2000", "1234.56", USD, "up", Change("+1,234.6%", "good")),
        ("0.75", "30", PERCENT, "up", Change("+0.8 pp", "good")),
        ("-0.75", "-30", PERCENT, "down", Change("-0.8 pp", "good")),
        ("0.0075", "30", FRACTION, "up", Change("+0.8 pp", "good")),
        ("0.75", None, PERCENT, "up", Change("+0.8 pp", "good")),
        ("0.75", "30", Shape("percent", 0), "up", Change("+0.8 pp", "good")),
    ],
)
def test_change(delta: str | None, percent: str | None, form: Shape, direction: Direction, expected: Change) -> None:
    found = change(
        None if delta is None else Decimal(delta), None if percent is None else Decimal(percent), form, direction
    )
    assert found == expected


@pytest.mark.parametrize(
    ("percent", "expected"), [("9.94", "+9.9%"), ("9.96", "+10%"), ("-33.5", "-34%"), ("250", "+250%")]
)
def test_short_changes_of_ten_percent_and_more_have_no_decimals(percent: str, expected: str) -> None:
    assert change(Decimal(1), Decimal(percent), USD, "up", short=True).text == expected


def test_short_points_stand_close() -> None:
    assert change(Decimal("0.75"), None, PERCENT, "up", short=True).text == "+0.8pp"


def test_rounding_is_half_away_from_zero() -> None:
    texts = ("0.5", "1.5", "2.5", "-0.5", "-1.5", "-2.5", "-0.49")
    assert [str(rounded(Decimal(text), 0)) for text in texts] == ["1", "2", "3", "-1", "-2", "-3", "0"]


def test_the_shape_of_a_payload() -> None:
    assert shape({"kind": "percent", "decimals": Decimal(1), "stored_as": "fraction"}) == FRACTION
    assert shape({"kind": "currency", "currency": "USD", "decimals": 2}) == CENTS
    compacted = {"kind": "number", "decimals": 1, "unit": "9L cases", "compact": True}
    assert shape(compacted) == Shape("number", 1, unit="9L cases", compact=True)
