"""What conditions on rows can be told to mean without looking at any row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from sqlglot import exp

from kpictl.catalog.expression import Expression
from kpictl.diagnostics import Span

Literal: TypeAlias = Decimal | str | bool


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A condition that no row meets, by itself or beside another one: the other's words, and its place if elsewhere."""

    at: Span
    other: str | None = None
    other_at: Span | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """What one condition asks of a column: one of some values, to be NULL, or to be something."""

    column: str
    values: frozenset[Literal] | None
    node: exp.Expr
    expression: Expression
    is_null: bool = False


def contradiction(where: Expression, also: Expression | None = None) -> Contradiction | None:
    """The first condition of `where` that cannot be met, given those before it and those of `also`."""
    seen: dict[str, list[Demand]] = {}
    for expression in (where,) if also is None else (also, where):
        for node in _conjuncts(expression.tree):
            if expression is where and _is_false(node):
                return Contradiction(expression.span(node))
            demand = _demand(node, expression)
            if demand is None:
                continue
            for other in seen.get(demand.column, ()):
                if _exclude_each_other(demand, other) and expression is where:
                    elsewhere = None if other.expression is where else other.expression.span(other.node)
                    return Contradiction(expression.span(node), other.node.sql(), elsewhere)
            seen.setdefault(demand.column, []).append(demand)
    return None


def _conjuncts(node: exp.Expr) -> Iterator[exp.Expr]:
    match node:
        case exp.And():
            yield from _conjuncts(node.left)
            yield from _conjuncts(node.right)
        case exp.Paren():
            yield from _conjuncts(node.this)
        case _:
            yield node


def _is_false(node: exp.Expr) -> bool:
    match node:
        case exp.Boolean():
            return not node.this
        case exp.Null():
            return True
        case exp.EQ() if literal(node.left) is not None and literal(node.right) is not None:
            return literal(node.left) != literal(node.right)
        case exp.Between():
            low, high = literal(node.args["low"]), literal(node.args["high"])
            return isinstance(low, Decimal) and isinstance(high, Decimal) and low > high
        case _:
            return _compares_with_null(node)


def _compares_with_null(node: exp.Expr) -> bool:
    """`x = null` is never true: `is null` is meant."""
    return isinstance(node, exp.EQ | exp.NEQ | exp.LT | exp.GT | exp.LTE | exp.GTE) and any(
        isinstance(side, exp.Null) for side in (node.left, node.right)
    )


def _demand(node: exp.Expr, expression: Expression) -> Demand | None:
    match node:
        case exp.EQ(this=exp.Column()):
            value = literal(node.right)
            return None if value is None else Demand(node.left.name, frozenset({value}), node, expression)
        case exp.In(this=exp.Column()) if node.expressions:
            values = [literal(each) for each in node.expressions]
            known = frozenset(value for value in values if value is not None)
            return Demand(node.this.name, known, node, expression) if None not in values else None
        case exp.Is(this=exp.Column(), expression=exp.Null()):
            return Demand(node.this.name, None, node, expression, is_null=True)
        case exp.Column():
            return Demand(node.name, frozenset({True}), node, expression)
        case exp.Not(this=exp.Column()):
            return Demand(node.this.name, frozenset({False}), node, expression)
        case exp.Not(this=exp.Is(this=exp.Column(), expression=exp.Null())):
            return Demand(node.this.this.name, None, node, expression)
        case _:
            return None


def _exclude_each_other(one: Demand, other: Demand) -> bool:
    if one.is_null or other.is_null:
        return one.is_null != other.is_null
    return one.values is not None and other.values is not None and not one.values & other.values


def literal(node: exp.Expr) -> Literal | None:
    """A literal's value; numbers are equal however they are written."""
    match node:
        case exp.Paren():
            return literal(node.this)
        case exp.Neg():
            value = literal(node.this)
            return -value if isinstance(value, Decimal) else None
        case exp.Boolean():
            return bool(node.this)
        case exp.Literal() if node.is_string:
            return str(node.name)
        case exp.Literal():
            try:
                return Decimal(node.name)
            except InvalidOperation:
                return None
        case _:
            return None


def beside_a_date(column: exp.Column) -> bool:
    """Whether a column is compared with a date that is written out."""
    above = column.parent
    match above:
        case exp.EQ() | exp.NEQ() | exp.LT() | exp.LTE() | exp.GT() | exp.GTE():
            return _is_date(above.right if above.left is column else above.left)
        case exp.Between():
            return _is_date(above.args["low"])
        case _:
            return False


def _is_date(node: exp.Expr) -> bool:
    match node:
        case exp.Cast():
            return _is_date(node.this)
        case exp.Literal() if node.is_string:
            return re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", node.name) is not None
        case _:
            return False
