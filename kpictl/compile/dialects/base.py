"""The shape of a dialect: a name that sqlglot knows, and rewrites of the nodes that it would write wrongly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlglot import exp

Rewrite = Callable[[exp.Expr], exp.Expr]


@dataclass(frozen=True, slots=True)
class Dialect:
    """`rewrites` maps a node's class to a function that gives the node to write in its place."""

    name: str
    rewrites: Mapping[type[exp.Expr], Rewrite]

    def lower(self, query: exp.Query) -> exp.Query:
        """A copy of a generic tree, in this dialect's words."""
        tree = query.copy()
        # From the leaves up, so that what a rewrite takes along has been rewritten already.
        for node in reversed(list(tree.walk())):
            rewrite = self.rewrites.get(type(node))
            if rewrite is not None:
                node.replace(rewrite(node))
        return tree

    def word(self, kind: exp.DataType) -> exp.DataType:
        """A type in this dialect's words."""
        rewrite = self.rewrites.get(exp.DataType)
        written = kind if rewrite is None else rewrite(kind)
        assert isinstance(written, exp.DataType)
        return written


def anonymous(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=list(arguments))


def pairs(node: exp.Expr) -> list[exp.Expr]:
    """The keys and values of a JSON object, flat."""
    return [part for pair in node.expressions for part in (pair.this, pair.expression)]
