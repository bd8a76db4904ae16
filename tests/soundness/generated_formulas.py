"""Formulas for generated projects: their SQL, their exact value, and how far double precision may be from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tests.soundness.oracle_model import INFINITE, UNIT, Approximate, approximate

Operator = Literal["+", "-", "*", "/"]

STORABLE = Decimal("1e28")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as a formula has it: exactly, and how far a double may be from that."""

    value: Decimal
    error: Decimal = Decimal(0)


Maybe = Number | None

# Where double precision may answer differently, 1 / (0.3 - 0.1 - 0.2) say, no answer is expected.
UNKNOWN = Number(Decimal(1), INFINITE)


@dataclass(frozen=True, slots=True)
class Expression:
    """`binds` is how tightly its outermost operator holds: 1 a sum, 2 a product, 3 a sign, 4 anything else."""

    sql: str
    binds: int
    inputs: frozenset[str]
    exact: bool
    evaluate: Callable[[Mapping[str, Maybe]], Maybe]
    is_integer: bool = False

    def within(self, binds: int) -> str:
        return self.sql if self.binds >= binds else f"({self.sql})"


def of_kpi(code: str, *, exact: bool) -> Expression:
    return Expression(code, 4, frozenset({code}), exact, lambda values: values[code])


def of_literal(text: str) -> Expression:
    whole = "." not in text
    number = _result(Decimal(text))
    return Expression(text, 4, frozenset(), whole, lambda _: number, is_integer=whole)


def negative(inner: Expression) -> Expression:
    def evaluate(values: Mapping[str, Maybe]) -> Maybe:
        a = inner.evaluate(values)
        return None if a is None else Number(-a.value, a.error)

    return Expression(f"-{inner.within(4)}", 3, inner.inputs, inner.exact, evaluate, inner.is_integer)


def combined(left: Expression, operator: Operator, right: Expression) -> Expression:
    binds = 1 if operator in "+-" else 2
    # What stands on the right of its equal needs brackets: a - (b - c).
    sql = f"{left.within(binds)} {operator} {right.within(binds + 1)}"
    exact = left.exact and right.exact and operator != "/"
    if operator == "*":
        exact = exact and (left.is_integer or right.is_integer)

    def evaluate(values: Mapping[str, Maybe]) -> Maybe:
        a, b = left.evaluate(values), right.evaluate(values)
        return None if a is None or b is None else _computed(a, operator, b)

    return Expression(sql, binds, left.inputs | right.inputs, exact, evaluate)


def _computed(a: Number, operator: Operator, b: Number) -> Maybe:
    match operator:
        case "+":
            return _result(a.value + b.value, a.error + b.error)
        case "-":
            return _result(a.value - b.value, a.error + b.error)
        case "*":
            error = _times(abs(a.value), b.error) + _times(abs(b.value), a.error) + _times(a.error, b.error)
            return _result(a.value * b.value, error)
        case "/":
            if b.error and abs(b.value) <= 2 * b.error:
                return UNKNOWN
            if not b.value:
                return None
            quotient = a.value / b.value
            return _result(quotient, (a.error + abs(quotient) * b.error) / (abs(b.value) - b.error))


def _times(size: Decimal, error: Decimal) -> Decimal:
    """A product that may be of zero and infinity: what is unknown stays so."""
    return size * error if error.is_finite() and size.is_finite() else INFINITE


def _result(value: Decimal, error: Decimal = Decimal(0)) -> Number:
    """The result of an operation on doubles: rounded, unless it is a double itself."""
    is_double = abs(value) < STORABLE and Decimal(float(value)) == value
    return Number(value, error if is_double else error + abs(value) * UNIT)


def absolute(inner: Expression) -> Expression:
    def evaluate(values: Mapping[str, Maybe]) -> Maybe:
        a = inner.evaluate(values)
        return None if a is None else Number(abs(a.value), a.error)

    return Expression(f"abs({inner.sql})", 4, inner.inputs, inner.exact, evaluate)


def first_known(left: Expression, right: Expression) -> Expression:
    def evaluate(values: Mapping[str, Maybe]) -> Maybe:
        a = left.evaluate(values)
        return right.evaluate(values) if a is None else a

    inputs = left.inputs | right.inputs
    return Expression(f"coalesce({left.sql}, {right.sql})", 4, inputs, left.exact and right.exact, evaluate)


def null_if(left: Expression, right: Expression) -> Expression:
    def evaluate(values: Mapping[str, Maybe]) -> Maybe:
        a, b = left.evaluate(values), right.evaluate(values)
        if a is None or b is None:
            return a
        error = a.error + b.error
        if error and abs(a.value - b.value) <= 2 * error:
            return UNKNOWN
        return None if a.value == b.value else a

    return Expression(f"nullif({left.sql}, {right.sql})", 4, left.inputs | right.inputs, exact=False, evaluate=evaluate)


def judge(expression: Expression) -> Callable[[dict[str, Decimal | None]], Decimal | None]:
    """The expression as the oracle takes it: its value knows how far doubles may be from it."""

    def evaluate(values: dict[str, Decimal | None]) -> Decimal | None:
        result = expression.evaluate({code: _taken(value) for code, value in values.items()})
        if result is None:
            return None
        if expression.exact:
            return result.value
        if result.error.is_finite() and abs(result.value) < STORABLE:
            return approximate(result.value, result.error)
        # What does not fit is NULL on some engine, or so far off that nothing can be said of it.
        return approximate(Decimal(0), INFINITE)

    return evaluate


def _taken(value: Decimal | None) -> Maybe:
    if value is None:
        return None
    return Number(value, value.error) if isinstance(value, Approximate) else _result(value)
