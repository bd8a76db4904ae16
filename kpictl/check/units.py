"""Rules on units: what a formula gives against what its format says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from sqlglot import exp

from kpictl.catalog.expression import Expression
from kpictl.catalog.model import Catalog, Format, Kpi
from kpictl.check.rule import Caution, Known
from kpictl.diagnostics import Diagnostic

NUMBER, RATIO, SCALAR = "a number", "a ratio", "a constant"
HUNDRED = Decimal(100)
DEPTH_MAX = 50  # formulas of formulas; cycles are a rule of their own


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a value is, and by which constants it was multiplied on the way: `100 * a / b` is a ratio times 100."""

    unit: str
    scale: Decimal = Decimal(1)


@dataclass(frozen=True)
class Units:
    """The units of a catalog's KPIs: of those with a format the format's, of others what their formulas give."""

    catalog: Catalog

    @cached_property
    def _kpis(self) -> Mapping[str, Kpi]:
        return {kpi.code: kpi for kpi in self.catalog.kpis}

    @cached_property
    def _formats(self) -> Mapping[str, Format]:
        return {each.code: each for each in self.catalog.formats}

    def format(self, kpi: Kpi) -> Format | None:
        return None if kpi.format is None else self._formats.get(kpi.format)

    def of_kpi(self, code: str, depth: int = 0) -> Quantity | None:
        kpi = self._kpis.get(code)
        if kpi is None or depth > DEPTH_MAX:
            return None
        shown = self.format(kpi)
        if shown is not None:
            return Quantity(_unit(shown))
        if kpi.formula is not None:
            return self.of(kpi.formula.tree, depth + 1)
        return Quantity(NUMBER) if kpi.measure is not None and kpi.measure.aggregate == "count" else None

    def of(self, node: exp.Expr, depth: int = 0) -> Quantity | None:
        """What a node of a formula is; None where that cannot be told."""
        match node:
            case exp.Column():
                return self.of_kpi(node.name, depth)
            case exp.Literal() if not node.is_string:
                return Quantity(SCALAR, Decimal(node.name))
            case exp.Paren() | exp.Neg() | exp.Abs() | exp.Round() | exp.Nullif():
                return self.of(node.this, depth)
            case exp.Coalesce():
                return self.of(node.this, depth)
            case exp.Mul():
                return _product(self.of(node.left, depth), self.of(node.right, depth))
            case exp.Div():
                return _quotient(self.of(node.left, depth), self.of(node.right, depth))
            case exp.Add() | exp.Sub():
                left, right = self.of(node.left, depth), self.of(node.right, depth)
                return left if left is not None and right is not None and left.unit == right.unit else None
            case _:
                return None


def _unit(shown: Format) -> str:
    match shown.kind:
        case "currency":
            return f"an amount in {shown.currency}"
        case "percent":
            return "a percentage"
        case "duration":
            return "a duration"
        case "number":
            return NUMBER if shown.unit is None else f"a number of {shown.unit}"


def _product(left: Quantity | None, right: Quantity | None) -> Quantity | None:
    if left is None or right is None:
        return None
    scale = left.scale * right.scale
    if SCALAR in {left.unit, right.unit}:
        return Quantity(right.unit if left.unit == SCALAR else left.unit, scale)
    if RATIO in {left.unit, right.unit}:
        return Quantity(right.unit if left.unit == RATIO else left.unit, scale)
    return None


def _quotient(left: Quantity | None, right: Quantity | None) -> Quantity | None:
    if left is None or right is None or right.scale == 0:
        return None
    scale = left.scale / right.scale
    if right.unit == SCALAR:
        return Quantity(left.unit, scale)
    if left.unit == right.unit:
        return Quantity(RATIO, scale)
    if right.unit == NUMBER and left.unit != SCALAR:
        return replace(left, scale=scale)
    return None


def _given(units: Units) -> Iterator[tuple[Kpi, Expression, Format, Quantity]]:
    """Each formula that is shown in a format, with what it gives where that can be told."""
    for kpi in units.catalog.kpis:
        shown = units.format(kpi)
        if kpi.formula is not None and shown is not None:
            given = units.of(kpi.formula.tree)
            if given is not None:
                yield kpi, kpi.formula, shown, given


class RatioAsCurrency(Caution):
    """A formula divides two amounts of the same kind, and its format shows the ratio as money.

    Dollars by dollars are no dollars: a margin of 0.42 would be read as 42 cents.

    Wrong:

        kpis:
          - {id: 9, code: web_share, name: Web Share, description: "X.",
             owner: finance, format: «currency»,
             formula: web_revenue / revenue}

    Right:

        kpis:
          - {id: 9, code: web_share, name: Web Share, description: "X.",
             owner: finance, format: percent,
             formula: 100 * web_revenue / revenue}
    """

    code = "KPI232"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for kpi, _, shown, given in _given(Units(known.catalog)):
            if shown.kind == "currency" and given.unit == RATIO:
                message = f"KPI `{kpi.code}` is a ratio, and its format `{shown.code}` shows it as money"
                yield self.found(message, kpi.places.at("format"), help="name a format of kind number or percent")


class PercentScale(Caution):
    """A ratio is shown as a percentage and is a hundred times too small, or too large.

    A format of kind percent shows the number as it is: 3.5 as 3.5%. With `stored_as: fraction` it is the other way
    round, and 0.035 is shown as 3.5%.

    Wrong:

        kpis:
          - {id: 9, code: web_share, name: Web Share, description: "X.",
             owner: finance, format: percent,
             formula: «web_revenue / revenue»}

    Right:

        kpis:
          - {id: 9, code: web_share, name: Web Share, description: "X.",
             owner: finance, format: percent,
             formula: 100 * web_revenue / revenue}
    """

    code = "KPI233"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for kpi, formula, shown, given in _given(Units(known.catalog)):
            if shown.kind != "percent" or given.unit != RATIO:
                continue
            if shown.stored_as == "percent" and given.scale == 1:
                message = f"the percentage `{kpi.code}` is not multiplied by 100"
                advice = "write `100 * …`, or use a format with `stored_as: fraction`"
                yield self.found(message, formula.at, help=advice)
            elif shown.stored_as == "fraction" and given.scale == HUNDRED:
                message = f"`{kpi.code}` is multiplied by 100, and so is what its format `{shown.code}` shows"
                advice = "leave out `100 *`, or use a format without `stored_as: fraction`"
                yield self.found(message, formula.at, help=advice)


class MixedUnits(Caution):
    """A formula adds or subtracts values of different units or currencies.

    The sum of an amount of money and a number of orders means nothing, nor does that of dollars and euros.

    Wrong:

        kpis:
          - {id: 9, code: odd, name: Odd, description: "X.", owner: finance,
             format: currency,
             formula: revenue + «orders»}

    Right:

        kpis:
          - {id: 9, code: sum, name: Sum, description: "X.", owner: finance,
             format: currency,
             formula: revenue + web_revenue}
    """

    code = "KPI234"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        units = Units(known.catalog)
        for kpi in known.catalog.kpis:
            for node in () if kpi.formula is None else kpi.formula.tree.find_all(exp.Add, exp.Sub):
                left, right = units.of(node.left), units.of(node.right)
                if left is None or right is None or left.unit == right.unit or SCALAR in {left.unit, right.unit}:
                    continue
                assert kpi.formula is not None
                word = "adds" if isinstance(node, exp.Add) else "subtracts"
                message = f"the formula of `{kpi.code}` {word} {left.unit} and {right.unit}"
                advice = "convert one of them, or correct the format of a KPI that it uses"
                yield self.found(message, kpi.formula.span(node.right), help=advice)


RULES = (RatioAsCurrency(), PercentScale(), MixedUnits())
