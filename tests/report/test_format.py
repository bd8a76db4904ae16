"""Values as text: every expected text is written by hand."""

from __future__ import annotations

import os
from dataclasses import replace
from decimal import Decimal

import pytest

from kpictl.catalog.locales import locale_names
from kpictl.report.format import Change, change, compact, value
from kpictl.report.numerals import rounded
from kpictl.report.shape import Direction, Shape, shape

DASH = "\N{EN DASH}"
SPACE = "\N{NO-BREAK SPACE}"
THIN = "\N{NARROW NO-BREAK SPACE}"
LTR = "\N{LEFT-TO-RIGHT MARK}"
RTL = "\N{RIGHT-TO-LEFT MARK}"
MINUS = "\N{MINUS SIGN}"
USD = Shape("currency", 0, "USD")
CENTS = Shape("currency", 2, "USD")
NUMBER = Shape("number", 0)
TENTHS = Shape("number", 1)
PERCENT = Shape("percent", 1)
FRACTION = Shape("percent", 1, stored_as="fraction")
DURATION = Shape("duration")
POINTS = "percentage points on the year before"
HUGE = "1,000,000,000,000,000,000,000,000,000,000"


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
        ("-12", Shape("currency", 0, "CHF"), f"-CHF{SPACE}12"),
        ("1234.5", NUMBER, "1,235"),
        ("3.25", TENTHS, "3.3"),
        ("1216.12", Shape("number", 1, unit="9L cases"), "1,216.1 9L cases"),
        ("3.45", PERCENT, "3.5%"),
        ("1234.56", PERCENT, "1,234.6%"),
        ("0.0345", FRACTION, "3.5%"),
        ("-0.0345", FRACTION, "-3.5%"),
        ("5400", DURATION, "1h 30m"),
        ("59", DURATION, "59s"),
        ("59.5", DURATION, "1m 0s"),
        ("59.5", Shape("duration", 1), "59.5s"),
        ("0.345", Shape("duration", 2), "0.35s"),
        ("-0.4", DURATION, "0s"),
        ("61.5", Shape("duration", 1), "1m 2s"),
        ("3599.4", DURATION, "59m 59s"),
        ("3599.5", DURATION, "1h 0m"),
        ("-5400", DURATION, "-1h 30m"),
        ("5430", DURATION, "1h 31m"),
        ("3600060", DURATION, "1,000h 1m"),
        ("1234567", Shape("currency", 0, "USD", compact=True), "$1.2M"),
        ("-300", DURATION, "-5m 0s"),
        ("-29", DURATION, "-29s"),
        (None, DURATION, DASH),
        (None, Shape("percent", 1, locale="de"), DASH),
        ("-0", USD, "$0"),
        ("0", CENTS, "$0.00"),
        ("1E+30", NUMBER, HUGE),
        ("1E+30", CENTS, f"${HUGE}.00"),
        ("-1E+30", PERCENT, f"-{HUGE}.0%"),
        ("3.6E+33", DURATION, f"{HUGE}h 0m"),
        ("1.00000000005", Shape("number", 10), "1.0000000001"),
        (
            "1234567890123456789012345678.1234567890",
            Shape("number", 10),
            "1,234,567,890,123,456,789,012,345,678.1234567890",
        ),
        ("1.2345", Shape("currency", 3, "JPY"), "¥1.235"),
        ("1", Shape("currency", 0, "BHD"), f"BHD{SPACE}1"),
        ("1234.5", Shape("currency", 2), "1,234.50"),
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
        ("999949999", NUMBER, "1.0B"),
        ("999499999", NUMBER, "999M"),
        ("-999950", USD, "-$1.0M"),
        ("0", USD, "$0"),
        ("-0.4", USD, "$0"),
        ("1E+30", USD, "$1,000,000,000,000,000,000T"),
        ("2500", Shape("number", 0, unit="9L cases"), "2.5K 9L cases"),
        ("3.45", PERCENT, "3.5%"),
        ("5400", DURATION, "1h 30m"),
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
        ("10", "12.45", USD, "up", Change("+12.5%", "good", "up 12.5% on the year before, better")),
        ("-10", "-12.45", USD, "up", Change("-12.5%", "bad", "down 12.5% on the year before, worse")),
        ("10", "12.45", USD, "down", Change("+12.5%", "bad", "up 12.5% on the year before, worse")),
        ("-10", "-12.45", USD, "down", Change("-12.5%", "good", "down 12.5% on the year before, better")),
        ("10", "12.45", USD, "none", Change("+12.5%", "neutral", "up 12.5% on the year before")),
        ("0.01", "0.04", USD, "up", Change("0.0%", "neutral", "about the same as the year before")),
        ("-0.01", "-0.04", USD, "up", Change("0.0%", "neutral", "about the same as the year before")),
        ("10", None, USD, "up", Change(DASH, "neutral", "no comparison")),
        (None, None, USD, "up", Change(DASH, "neutral", "no comparison")),
        ("2000", "1234.56", USD, "up", Change("+1,234.6%", "good", "up 1,234.6% on the year before, better")),
        ("0.75", "30", PERCENT, "up", Change("+0.8 pp", "good", f"up 0.8 {POINTS}, better")),
        ("-0.75", "-30", PERCENT, "down", Change("-0.8 pp", "good", f"down 0.8 {POINTS}, better")),
        ("-0.0034", "-30", FRACTION, "up", Change("-0.3 pp", "bad", f"down 0.3 {POINTS}, worse")),
        ("0.0075", "30", FRACTION, "up", Change("+0.8 pp", "good", f"up 0.8 {POINTS}, better")),
        ("0.75", None, PERCENT, "up", Change("+0.8 pp", "good", f"up 0.8 {POINTS}, better")),
        ("0.75", "30", Shape("percent", 0), "up", Change("+0.8 pp", "good", f"up 0.8 {POINTS}, better")),
        ("10", "1E+30", USD, "up", Change(f"+{HUGE}.0%", "good", f"up {HUGE}.0% on the year before, better")),
        ("1", "12.45", Shape("number", locale="de"), "up",
         Change(f"+12,5{SPACE}%", "good", f"up 12,5{SPACE}% on the year before, better")),
        ("-1", "-12.45", Shape("number", locale="sv"), "up",
         Change(f"{MINUS}12,5{SPACE}%", "bad", f"down 12,5{SPACE}% on the year before, worse")),
        ("-0.75", None, Shape("percent", 1, locale="fr"), "none", Change("-0,8 pp", "neutral", f"down 0,8 {POINTS}")),
    ],
)  # fmt: skip
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


@pytest.mark.parametrize(
    ("delta", "percent", "form", "expected"),
    [
        ("0", "0", USD, Change("0.0%", "neutral", "unchanged on the year before")),
        ("0.3", "0.04", USD, Change("0.0%", "neutral", "about the same as the year before")),
        ("-0.04", None, PERCENT, Change("0.0 pp", "neutral", "about the same as the year before")),
        ("0", None, PERCENT, Change("0.0 pp", "neutral", "unchanged on the year before")),
    ],
)
def test_unchanged_is_what_is_equal(delta: str, percent: str | None, form: Shape, expected: Change) -> None:
    assert change(Decimal(delta), None if percent is None else Decimal(percent), form, "up") == expected


def test_a_change_from_a_part_of_the_days_is_neither_good_nor_bad() -> None:
    words = "up 150.7% on the year before, with data for a part of the days"
    assert change(Decimal(9), Decimal("150.7"), USD, "up", is_partial=True) == Change("+150.7%", "neutral", words)


def test_rounding_is_half_away_from_zero() -> None:
    texts = ("0.5", "1.5", "2.5", "-0.5", "-1.5", "-2.5", "-0.49")
    assert [str(rounded(Decimal(text), 0)) for text in texts] == ["1", "2", "3", "-1", "-2", "-3", "0"]


def test_the_shape_of_a_payload() -> None:
    assert shape({"kind": "percent", "decimals": Decimal(1), "stored_as": "fraction"}) == FRACTION
    assert shape({"kind": "currency", "currency": "USD", "decimals": 2}) == CENTS
    compacted = {"kind": "number", "decimals": 1, "unit": "9L cases", "compact": True}
    assert shape(compacted) == Shape("number", 1, unit="9L cases", compact=True)


def _shapes(locale: str, currency: str) -> dict[str, Shape]:
    return {
        "money": Shape("currency", 2, currency, locale=locale),
        "yen": Shape("currency", 0, "JPY", locale=locale),
        "dinar": Shape("currency", 3, "BHD", locale=locale),
        "number": Shape("number", 1, locale=locale),
        "whole": Shape("number", 0, locale=locale),
        "percent": Shape("percent", 1, locale=locale),
        "fraction": Shape("percent", 1, stored_as="fraction", locale=locale),
        "duration": Shape("duration", locale=locale),
        "cases": Shape("number", 1, unit="9L cases", locale=locale),
    }


LOCALES: dict[tuple[str, str], tuple[tuple[str, str, str], ...]] = {
    ("en_GB", "GBP"): (("money", "-1234.565", "-£1,234.57"), ("percent", "12.45", "12.5%")),
    ("de", "EUR"): (
        ("money", "-1234567.565", f"-1.234.567,57{SPACE}€"),
        ("money", "0", f"0,00{SPACE}€"),
        ("yen", "1234.5", f"1.235{SPACE}¥"),
        ("dinar", "12", f"12,000{SPACE}BHD"),
        ("number", "1234.25", "1.234,3"),
        ("percent", "-12.45", f"-12,5{SPACE}%"),
        ("fraction", "0.1245", f"12,5{SPACE}%"),
        ("duration", "3600060", "1.000h 1 Min."),
        ("cases", "1216.12", "1.216,1 9L cases"),
        ("whole", "1E+30", HUGE.replace(",", ".")),
    ),
    ("fr", "EUR"): (
        ("money", "-1234567.565", f"-1{THIN}234{THIN}567,57{SPACE}€"),
        ("dinar", "12", f"12,000{SPACE}BHD"),
        ("percent", "1234.56", f"1{THIN}234,6{SPACE}%"),
        ("whole", "1E+30", HUGE.replace(",", THIN)),
    ),
    ("ja", "JPY"): (
        ("money", "-1234567.565", "-\N{FULLWIDTH YEN SIGN}1,234,567.57"),
        ("yen", "1234.5", "\N{FULLWIDTH YEN SIGN}1,235"),
        ("percent", "12.45", "12.5%"),
    ),
    ("pt_BR", "BRL"): (
        ("money", "-1234567.565", f"-R${SPACE}1.234.567,57"),
        ("yen", "1234", f"JP¥{SPACE}1.234"),
        ("percent", "-12.45", "-12,5%"),
    ),
    ("hi", "INR"): (
        ("money", "-1234567.565", "-₹12,34,567.57"),
        ("whole", "123456789", "12,34,56,789"),
        ("whole", "1234", "1,234"),
        ("percent", "123456.78", "1,23,456.8%"),
    ),
    ("ar", "EGP"): (
        ("whole", "-1234", f"{LTR}-1,234"),
        ("percent", "12.45", f"12.5{LTR}%{LTR}"),
    ),
    ("he", "ILS"): (
        ("money", "1234.5", f"{RTL}1,234.50{SPACE}{RTL}₪"),
        ("money", "-1234.5", f"{RTL}{LTR}-1,234.50{SPACE}{RTL}₪"),
        ("percent", "-12.45", f"{LTR}-12.5%"),
    ),
    ("sv", "SEK"): (("money", "-1234567.5", f"{MINUS}1{SPACE}234{SPACE}567,50{SPACE}kr"),),
    ("de_CH", "CHF"): (
        ("money", "1234567.5", f"CHF{SPACE}1'234'567.50"),
        ("money", "-1234567.5", "CHF-1'234'567.50"),
        ("whole", "1234567", "1'234'567"),
    ),
    ("de_AT", "EUR"): (("money", "1234567.5", f"€{SPACE}1.234.567,50"),),
    ("fr_CH", "CHF"): (("money", "12.5", f"12.50{SPACE}CHF"), ("number", "12.5", "12,5")),
}


@pytest.mark.parametrize(
    ("locale", "currency", "name", "number", "expected"),
    [(*key, *case) for key, cases in LOCALES.items() for case in cases],
)
def test_each_locale_writes_in_its_own_way(locale: str, currency: str, name: str, number: str, expected: str) -> None:
    assert value(Decimal(number), _shapes(locale, currency)[name]) == expected


@pytest.mark.parametrize(
    ("locale", "number", "money", "plain"),
    [
        ("de", "999.6", f"1.000{SPACE}€", "1.000"),
        ("de", "45678", f"45.678{SPACE}€", "45.678"),
        ("de", "999499.6", f"999.500{SPACE}€", "999.500"),
        ("de", "1234567", f"1,2{SPACE}Mio.{SPACE}€", f"1,2{SPACE}Mio."),
        ("de", "-2500000000", f"-2,5{SPACE}Mrd.{SPACE}€", f"-2,5{SPACE}Mrd."),
        ("fr", "999950", f"1,0{SPACE}M{SPACE}€", f"1,0{SPACE}M"),
        ("fr", "-45678", f"-45,7{SPACE}k{SPACE}€", f"-45,7{SPACE}k"),
        ("ja", "9999", "€9,999", "9,999"),
        ("ja", "9999.6", "€1.0\u4e07", "1.0\u4e07"),
        ("ja", "1234567", "€123\u4e07", "123\u4e07"),
        ("ja", "12345678", "€1,235\u4e07", "1,235\u4e07"),
        ("ja", "99999999", "€1.0\u5104", "1.0\u5104"),
        ("pt_BR", "1250", f"€{SPACE}1,3{SPACE}mil", f"1,3{SPACE}mil"),
        ("pt_BR", "2500000000", f"€{SPACE}2,5{SPACE}bi", f"2,5{SPACE}bi"),
        ("en_IN", "123456", "€1.2L", "1.2L"),
        ("en_IN", "-12345678", "-€1.2Cr", "-1.2Cr"),
        ("he", "1250", f"{RTL}1.3K{RTL}{SPACE}{RTL}€", f"1.3K{RTL}"),
        ("sv", "-1250", f"{MINUS}1,3{SPACE}tn{SPACE}€", f"{MINUS}1,3{SPACE}tn"),
        ("de_CH", "45678", f"EUR{SPACE}45'678", "45'678"),
    ],
)
def test_each_locale_has_its_own_short_words(locale: str, number: str, money: str, plain: str) -> None:
    assert compact(Decimal(number), Shape("currency", 0, "EUR", locale=locale)) == money
    assert compact(Decimal(number), Shape("number", 0, locale=locale)) == plain


def test_digits_are_those_of_the_tables_in_every_locale() -> None:
    """Also where another script has its own: a number looks the same in a chart, an export and a query."""
    for locale in ("ar_EG", "fa", "mr", "my", "bn", "ne"):
        written = value(Decimal("-9876543210.5"), Shape("number", 1, locale=locale))
        assert "".join(each for each in written if each.isdecimal()) == "98765432105"


def test_every_locale_writes_every_kind() -> None:
    """Of whatever pattern, the digits are all there, and no currency's sign is left; some locales by default."""
    kinds = (Shape("number", 2), Shape("currency", 2, "CHF"), Shape("percent", 2))
    names = sorted(locale_names())
    for locale in names if "KPICTL_EVERYTHING" in os.environ else names[::10]:
        for form in (replace(kind, locale=locale) for kind in kinds):
            written = value(Decimal("-1234567.125"), form)
            assert "".join(each for each in written if each.isdecimal()) == "123456713", (locale, written)
            assert value(Decimal("1234567.125"), form) != written
            assert "¤" not in written + compact(Decimal(1234567), form), (locale, written)


def test_the_shape_of_a_payload_has_the_projects_locale() -> None:
    assert shape({"kind": "number", "decimals": 1}, "de") == Shape("number", 1, locale="de")
