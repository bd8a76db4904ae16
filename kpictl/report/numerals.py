"""Numbers as a locale writes them, by Unicode's CLDR through Babel: digits, signs, currencies, large numbers.

Babel knows the patterns; the rounding is our own, as Babel rounds half to even. The digits are 0 to 9 in every
locale, as in the tables, in exports and on the axes of charts, so that a number looks the same wherever it stands.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cache
from typing import Literal, assert_never

from babel.core import Locale
from babel.numbers import NumberPattern
from babel.units import format_unit

# DECIMAL(38, 10) times a hundred, and room for the decimals that a format may ask for.
DIGITS = 80
_DIGITS_OF = "latn"
_NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
_ENOUGH = 100
"""From so many thousands or millions on, there are no decimals."""

_HOUR_SECONDS, _MINUTE_SECONDS = 3600, 60

Amount = Literal["number", "currency"]
Style = Literal["number", "currency", "percent"]


def rounded(number: Decimal, decimals: int) -> Decimal:
    """Half away from zero; never `-0`.

    >>> rounded(Decimal("-2.345"), 2)
    Decimal('-2.35')
    """
    with localcontext(prec=DIGITS):
        result = number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
        return result or abs(result)


def written(
    number: Decimal, style: Style, decimals: int, locale: str, *, currency: str = "", is_signed: bool = False
) -> str:
    """A number with so many decimals; a percentage is given as 12.5, `is_signed` writes a plus too.

    >>> written(Decimal("1234.5"), "currency", 2, "en", currency="USD")
    '$1,234.50'
    """
    shown = rounded(number, decimals)
    return _pattern(style, locale, currency, is_signed=is_signed and shown > 0).written(shown)


def written_short(number: Decimal, style: Amount, decimals: int, locale: str, *, currency: str = "") -> str:
    """A number in thousands, millions and so on as the locale counts them, with one decimal below a hundred of them;
    in full where the locale has no short word for its size.

    >>> written_short(Decimal(1234567), "currency", 0, "en", currency="USD")
    '$1.2M'
    """
    step, shown = _in_steps(number, decimals, _steps(style, locale))
    if step.is_short:
        plural = locale_of(locale).plural_form(shown.copy_abs())
        return _short_pattern(style, step.size, plural, locale, currency).written(shown)
    return _pattern(style, locale, currency, is_signed=False).written(shown)


def written_duration(seconds: Decimal, decimals: int, locale: str) -> str:
    """Seconds as hours and minutes, as minutes and seconds, or as seconds with so many decimals.

    >>> [written_duration(Decimal(seconds), 0, "en") for seconds in (-5400, 3599, 45)]
    ['-1h 30m', '59m 59s', '45s']
    """
    with localcontext(prec=DIGITS):
        minutes, whole = int(rounded(seconds / 60, 0)), int(rounded(seconds, 0))
        if abs(whole) >= _HOUR_SECONDS:
            return _two_units(minutes, ("hour", "minute"), locale)
        shown = rounded(seconds, decimals)
        if abs(shown) >= _MINUTE_SECONDS:
            return _two_units(whole, ("minute", "second"), locale)
    pattern = f"0.{'0' * decimals}" if decimals else "0"
    return format_unit(shown, "duration-second", "narrow", pattern, locale=locale_of(locale))


def _two_units(number: int, units: tuple[str, str], locale: str) -> str:
    """A number of the smaller unit, of which the larger one has sixty; the first of the two has the sign."""
    large, small = divmod(abs(number), 60)
    parts = (-large if number < 0 else large, small)
    written_parts = (
        format_unit(part, f"duration-{unit}", "narrow", locale=locale_of(locale))
        for part, unit in zip(parts, units, strict=True)
    )
    return " ".join(written_parts)


def currency_symbol(currency: str, locale: str) -> str:
    """The locale's symbol, or the code where it has none.

    >>> currency_symbol("CAD", "en"), currency_symbol("CAD", "fr_CA")
    ('CA$', '$')
    """
    return str(locale_of(locale).currency_symbols.get(currency, currency))


@cache
def locale_of(name: str) -> Locale:
    return Locale.parse(name)


@dataclass(frozen=True, slots=True)
class _Step:
    """Numbers from a size on: what they are divided by, and whether the locale has a short word for them."""

    size: int
    divisor: int
    is_short: bool


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What stands before and after the digits, of a positive and of a negative number, and between them.

    Of `grouping`, the first is how many digits the last group has, the second how many the others have.
    """

    prefix: tuple[str, str]
    suffix: tuple[str, str]
    grouping: tuple[int, int]
    group: str
    point: str

    def written(self, shown: Decimal) -> str:
        """Babel's own writing takes the apostrophes of Swiss groups for quotes, and drops them."""
        whole, point, decimals = f"{shown.copy_abs():f}".partition(".")
        size, others = self.grouping
        groups, rest = [whole[-size:]], whole[:-size]
        while rest:
            groups.append(rest[-others:])
            rest = rest[:-others]
        digits = self.group.join(reversed(groups)) + (self.point + decimals if point else "")
        at = int(shown.is_signed())
        return f"{self.prefix[at]}{digits}{self.suffix[at]}"


def _in_steps(number: Decimal, decimals: int, steps: tuple[_Step, ...]) -> tuple[_Step, Decimal]:
    """The step that a number is written in, and how many of them are shown."""
    with localcontext(prec=DIGITS):
        at = sum(abs(number) >= step.size for step in steps) - 1
        while True:
            step = steps[at]
            scaled = number / step.divisor
            places = decimals if at == 0 else 1 if abs(rounded(scaled, 1)) < _ENOUGH else 0
            shown = rounded(scaled, places)
            if at + 1 == len(steps) or abs(shown) * step.divisor < steps[at + 1].size:
                return step, shown
            at += 1  # 999,950 is no thousand thousands


@cache
def _steps(style: Style, locale: str) -> tuple[_Step, ...]:
    """By size; the first is for what is too small to be shortened."""
    found = [_Step(0, 1, is_short=False)]
    patterns = {int(size): each.pattern for size, each in _short_formats(style, locale)["other"].items()}
    for size, pattern in sorted(patterns.items()):
        # `0K` is for 1,000, `000K` for 100,000; a mere `0` says that numbers of that size are written in full.
        is_short = pattern != "0"
        zeros = pattern.partition(";")[0].count("0")
        found.append(_Step(size, size // 10 ** (zeros - 1) if is_short else 1, is_short))
    return tuple(found)


@cache
def _pattern(style: Style, locale: str, currency: str, *, is_signed: bool) -> _Pattern:
    known = locale_of(locale)
    match style:
        case "number":
            found = known.decimal_formats[None]
        case "percent":
            found = known.percent_formats[None]
        case "currency":
            found = known.currency_formats["standard"]
        case never:
            assert_never(never)
    return _of_babel(found, known, currency, is_signed=is_signed)


@cache
def _short_pattern(style: Style, size: int, plural: str, locale: str, currency: str) -> _Pattern:
    formats = _short_formats(style, locale)
    found = formats.get(plural, {}).get(str(size)) or formats["other"][str(size)]
    return _of_babel(found, locale_of(locale), currency, is_signed=False)


def _short_formats(style: Style, locale: str) -> Mapping[str, Mapping[str, NumberPattern]]:
    known = locale_of(locale)
    found = known.compact_currency_formats if style == "currency" else known.compact_decimal_formats
    formats: Mapping[str, Mapping[str, NumberPattern]] = found["short"]
    return formats


def _of_babel(found: NumberPattern, locale: Locale, currency: str, *, is_signed: bool) -> _Pattern:
    """Babel's pattern with the locale's own signs for its `-`, `+` and `%`, and the currency for its `¤`."""
    signs = locale.number_symbols[_DIGITS_OF]
    symbol = currency_symbol(currency, str(locale)) if currency else ""

    def both(affixes: tuple[str, str], *, before: bool) -> tuple[str, str]:
        positive, negative = affixes
        shown = negative.replace("-", "+") if is_signed else positive
        return finished(shown, before=before), finished(negative, before=before)

    def finished(affix: str, *, before: bool) -> str:
        affix = affix.replace("'", "")
        for mark, name in (("-", "minusSign"), ("+", "plusSign"), ("%", "percentSign")):
            affix = affix.replace(mark, signs[name])
        return _with_symbol(affix, symbol, before=before)

    # Austria groups amounts of money in another way than numbers, and French Switzerland has another decimal mark.
    group, point = ("currencyGroup", "currencyDecimal") if currency else ("group", "decimal")
    return _Pattern(
        prefix=both(found.prefix, before=True),
        suffix=both(found.suffix, before=False),
        grouping=locale.decimal_formats[None].grouping,
        group=signs.get(group, signs["group"]),
        point=signs.get(point, signs["decimal"]),
    )


def _with_symbol(affix: str, symbol: str, *, before: bool) -> str:
    """The currency's symbol in its place; letters keep a space from the digits beside them: CHF 12."""
    if "¤" not in affix:
        return affix
    if not symbol:
        return affix.replace("¤", "").strip()
    is_beside = affix.endswith("¤") if before else affix.startswith("¤")
    if is_beside and unicodedata.category(symbol[-1 if before else 0])[0] not in "SZ":
        symbol = symbol + _NO_BREAK_SPACE if before else _NO_BREAK_SPACE + symbol
    return affix.replace("¤", symbol)
