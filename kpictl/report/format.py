"""Values as people read them: all formatting of numbers is here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Literal, assert_never

MISSING = "–"  # noqa: RUF001 -- an en dash is what tables show for no value
SYMBOLS: Mapping[str, str] = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "CA$",
    "CNY": "CN¥",
    "EUR": "€",
    "GBP": "£",
    "HKD": "HK$",
    "ILS": "₪",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "MXN": "MX$",
    "NZD": "NZ$",
    "USD": "$",
    "VND": "₫",
}
"""The symbols that English texts use (Unicode CLDR); any other currency is written with its code."""

_STEPS = ("", "K", "M", "B", "T")
# DECIMAL(38, 10) times a hundred, and room for the decimals that a format may ask for.
_DIGITS = 80

Goodness = Literal["good", "bad", "neutral"]
Direction = Literal["up", "down", "none"]


@dataclass(frozen=True, slots=True)
class Shape:
    """How the values of a KPI are written: the `format` of a payload."""

    kind: Literal["currency", "percent", "number", "duration"]
    decimals: int = 0
    currency: str | None = None
    unit: str | None = None
    compact: bool = False
    stored_as: Literal["percent", "fraction"] = "percent"


@dataclass(frozen=True, slots=True)
class Change:
    """A change against the prior year: its text, and whether the KPI's direction calls it good."""

    text: str
    goodness: Goodness


def shape(card: Mapping[str, object]) -> Shape:
    """The shape of a payload's `format`."""
    kind = card["kind"]
    assert kind in {"currency", "percent", "number", "duration"}, f"no format is of kind {kind!r}"
    currency, unit = card.get("currency"), card.get("unit")
    return Shape(
        kind=kind,
        decimals=int(str(card["decimals"])),
        currency=None if currency is None else str(currency),
        unit=None if unit is None else str(unit),
        compact=card.get("compact") is True,
        stored_as="fraction" if card.get("stored_as") == "fraction" else "percent",
    )


def rounded(number: Decimal, decimals: int) -> Decimal:
    """Half away from zero; never `-0`.

    >>> rounded(Decimal("-2.345"), 2)
    Decimal('-2.35')
    """
    with localcontext() as context:
        context.prec = _DIGITS
        result = number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
        return result or abs(result)


def value(number: Decimal | None, form: Shape, *, unit: bool = True) -> str:
    """A value in full, but for formats that are compact themselves; `unit` writes the format's own unit too.

    >>> value(Decimal("-1234.5"), Shape("currency", 2, "USD"))
    '-$1,234.50'
    """
    if number is None:
        return MISSING
    if form.compact and form.kind != "duration":
        return compact(number, form, unit=unit)
    match form.kind:
        case "currency":
            text = _with_currency(f"{rounded(number, form.decimals):,f}", form)
        case "number":
            text = f"{rounded(number, form.decimals):,f}"
        case "percent":
            return f"{rounded(_percent(number, form), form.decimals):,f}%"
        case "duration":
            return _duration(number)
        case never:
            assert_never(never)
    return f"{text} {form.unit}" if unit and form.unit else text


def compact(number: Decimal | None, form: Shape, *, unit: bool = True) -> str:
    """A value in about four characters; percents and durations are short as they are.

    >>> compact(Decimal(1234567), Shape("currency", 0, "USD"))
    '$1.2M'
    """
    if number is None:
        return MISSING
    if form.kind == "percent":
        return f"{rounded(_percent(number, form), min(form.decimals, 1)):,f}%"
    if form.kind == "duration":
        return _duration(number)
    text = _short(number, form.decimals)
    if form.kind == "currency":
        text = _with_currency(text, form)
    return f"{text} {form.unit}" if unit and form.unit else text


def change(
    delta: Decimal | None,
    delta_pct: Decimal | None,
    form: Shape,
    direction: Direction,
    *,
    short: bool = False,
) -> Change:
    """A change in percent, or in percentage points where the value is a percent; `short` for narrow columns.

    >>> change(Decimal("0.8"), None, Shape("percent", 1), "up")
    Change(text='+0.8 pp', goodness='good')
    """
    if form.kind == "percent":
        number = None if delta is None else _percent(delta, form)
        decimals, mark = max(form.decimals, 1), "pp" if short else " pp"
    else:
        number, decimals, mark = delta_pct, 1, "%"
    if number is None:
        return Change(MISSING, "neutral")
    if short and abs(rounded(number, 1)) >= 10:
        decimals = 0
    shown = rounded(number, decimals)
    return Change(f"{shown:+,f}{mark}" if shown else f"{shown:f}{mark}", _goodness(shown, direction))


def _goodness(shown: Decimal, direction: Direction) -> Goodness:
    if not shown or direction == "none":
        return "neutral"
    return "good" if (shown > 0) == (direction == "up") else "bad"


def _percent(number: Decimal, form: Shape) -> Decimal:
    with localcontext() as context:
        context.prec = _DIGITS
        return number * 100 if form.stored_as == "fraction" else number


def _with_currency(text: str, form: Shape) -> str:
    """The sign stands before the symbol."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    code = form.currency or ""
    symbol = SYMBOLS.get(code) or (f"{code} " if code else "")
    return f"{sign}{symbol}{digits}"


def _short(number: Decimal, decimals: int) -> str:
    """A number below a thousand as it is, else in thousands, millions …, with one decimal below a hundred."""
    scaled = number
    for step in _STEPS:
        places = decimals if not step else 1 if abs(rounded(scaled, 1)) < 100 else 0
        shown = rounded(scaled, places)
        if abs(shown) < 1000 or step == _STEPS[-1]:
            return f"{shown:,f}{step}"
        scaled = scaled / 1000
    raise AssertionError("the last step has no limit")


def _duration(seconds: Decimal) -> str:
    minutes = int(rounded(seconds / 60, 0))
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else ''}{hours:,}:{rest:02d}"
