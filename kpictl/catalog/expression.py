"""Expressions of the YAML as trees, with the place of each of their nodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sqlglot import exp

from kpictl.catalog.text import Scalar
from kpictl.catalog.tokens import node_range
from kpictl.diagnostics import Span

Aggregate = Literal["sum", "avg", "min", "max", "count"]


@dataclass(frozen=True, slots=True)
class Expression:
    """A SQL expression: its text, its tree in sqlglot's generic form and the place of all of it."""

    text: str
    tree: exp.Expr
    at: Span = field(compare=False)
    scalar: Scalar = field(compare=False, repr=False)

    def span(self, node: exp.Expr) -> Span:
        """The place of a node of the tree; of the whole expression where the YAML escapes or folds it."""
        found = node_range(self.text, node)
        return self.at if found is None else self.scalar.span(*found)

    def columns(self) -> tuple[exp.Column, ...]:
        """The columns, or in a formula the KPIs, in the order in which they stand."""
        found = self.tree.find_all(exp.Column)
        return tuple(sorted(found, key=lambda column: column.this.meta.get("start", 0)))


@dataclass(frozen=True, slots=True)
class Measure:
    """One aggregate call over a row expression; `argument` is None for `count(*)`."""

    aggregate: Aggregate
    distinct: bool
    argument: Expression | None
    expression: Expression
