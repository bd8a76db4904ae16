"""Values as people read them: all formatting of numbers is here."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Literal, assert_never

from kpictl.report.numerals import DIGITS, rounded, written, written_duration, written_short
from kpictl.report.shape import Direction, Shape

MISSING = "–"  # noqa: RUF001 -- an en dash is what tables show for no value
_WITHOUT_DECIMALS = 10
"""From so many percent on, a short change shows none."""

Goodness = Literal["good", "bad", "neutral"]


@dataclass(frozen=True, slots=True)
class Change:
    """A change against the prior year: its text, whether the KPI's direction calls it good, and both in words."""

    text: str
    goodness: Goodness
    words: str


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
        case "currency" | "number":
            text = written(number, form.kind, form.decimals, form.locale, currency=form.currency or "")
        case "percent":
            return written(_percent(number, form), "percent", form.decimals, form.locale)
        case "duration":
            return written_duration(number, form.decimals, form.locale)
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
    match form.kind:
        case "currency" | "number":
            text = written_short(number, form.kind, form.decimals, form.locale, currency=form.currency or "")
        case "percent":
            return written(_percent(number, form), "percent", min(form.decimals, 1), form.locale)
        case "duration":
            return written_duration(number, form.decimals, form.locale)
        case never:
            assert_never(never)
    return f"{text} {form.unit}" if unit and form.unit else text


def change(
    delta: Decimal | None,
    delta_pct: Decimal | None,
    form: Shape,
    direction: Direction,
    *,
    is_partial: bool = False,
    short: bool = False,
) -> Change:
    """A change in percent, or in percentage points where the value is a percent; `short` for narrow columns.

    Where one of the two values is of a part of its days, the change is neither good nor bad.

    >>> change(Decimal("0.8"), None, Shape("percent", 1), "up")
    Change(text='+0.8 pp', goodness='good', words='up 0.8 percentage points on the year before, better')
    """
    if form.kind == "percent":
        number, decimals = None if delta is None else _percent(delta, form), max(form.decimals, 1)
    else:
        number, decimals = delta_pct, 1
    if number is None:
        return Change(MISSING, "neutral", "no comparison")
    shown = rounded(number, decimals)
    goodness = "neutral" if is_partial else _goodness(shown, direction)
    words = "unchanged on the year before" if number == 0 else _words(shown, decimals, form, goodness)
    if is_partial:
        words += ", with data for a part of the days"
    if short and abs(rounded(number, 1)) >= _WITHOUT_DECIMALS:
        decimals = 0
    if form.kind == "percent":
        text = written(number, "number", decimals, form.locale, is_signed=True) + ("pp" if short else " pp")
    else:
        text = written(number, "percent", decimals, form.locale, is_signed=True)
    return Change(text, goodness, words)


def _goodness(shown: Decimal, direction: Direction) -> Goodness:
    if not shown or direction == "none":
        return "neutral"
    return "good" if (shown > 0) == (direction == "up") else "bad"


def _words(shown: Decimal, decimals: int, form: Shape, goodness: Goodness) -> str:
    if not shown:
        return "about the same as the year before"
    way = "up" if shown > 0 else "down"
    if form.kind == "percent":
        amount = written(abs(shown), "number", decimals, form.locale) + " percentage points"
    else:
        amount = written(abs(shown), "percent", decimals, form.locale)
    judged = {"good": ", better", "bad": ", worse", "neutral": ""}[goodness]
    return f"{way} {amount} on the year before{judged}"


def _percent(number: Decimal, form: Shape) -> Decimal:
    with localcontext(prec=DIGITS):
        return number * 100 if form.stored_as == "fraction" else number
