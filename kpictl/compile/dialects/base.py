"""The shape of a dialect: a name that sqlglot knows, and rewrites of the nodes that it would write wrongly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from kpictl.compile.tree import rewrite

Rewrite = Callable[[exp.Expr], exp.Expr]


@dataclass(frozen=True, slots=True)
class Dialect:
    """`rewrites` maps a node's class to a function that gives the node to write in its place.

    `schemes` are what the URLs of its databases begin with.
    """

    name: str
    schemes: tuple[str, ...]
    rewrites: Mapping[type[exp.Expr], Rewrite]

    def lower(self, query: exp.Query) -> exp.Query:
        """A copy of a generic tree, in this dialect's words."""

        def written(node: exp.Expr) -> exp.Expr:
            rule = self.rewrites.get(type(node))
            return node if rule is None else rule(node)

        tree = rewrite(query.copy(), written)
        assert isinstance(tree, exp.Query)
        return tree

    def word(self, kind: exp.DataType) -> exp.DataType:
        """A type in this dialect's words."""
        rule = self.rewrites.get(exp.DataType)
        written = kind if rule is None else rule(kind)
        assert isinstance(written, exp.DataType)
        return written


def anonymous(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=list(arguments))


def pairs(node: exp.Expr) -> list[exp.Expr]:
    """The keys and values of a JSON object, flat."""
    return [part for pair in node.expressions for part in (pair.this, pair.expression)]
