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

    `schemes` are what the URLs of its databases begin with, `types` the words for types that it calls otherwise.
    """

    name: str
    schemes: tuple[str, ...]
    rewrites: Mapping[type[exp.Expr], Rewrite]
    types: Mapping[exp.DType, str]

    def lower(self, query: exp.Query) -> exp.Query:
        """A generic tree in this dialect's words: a copy, where any of them differ."""
        if next(query.find_all(*self.rewrites), None) is None:
            return query

        def written(node: exp.Expr) -> exp.Expr:
            rule = self.rewrites.get(type(node))
            return node if rule is None else rule(node)

        tree = rewrite(query.copy(), written)
        assert isinstance(tree, exp.Query)
        return tree

    def word(self, kind: exp.DataType) -> exp.DataType:
        """A type in this dialect's words."""
        name = self.types.get(kind.this)
        return kind if name is None else exp.DataType.build(name)


def anonymous(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=list(arguments))


def pairs(node: exp.Expr) -> list[exp.Expr]:
    """The keys and values of a JSON object, flat."""
    return [part for pair in node.expressions for part in (pair.this, pair.expression)]
