"""Where a column comes from: through the project's models, down to the raw tables, lookups and tables that exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer.qualify import qualify

from kpictl.catalog import Catalog, Model, TableName

OriginKind = Literal["model", "step", "lookup", "raw", "published", "table", "hidden"]
"""What a column is of.

| kind | is |
| --- | --- |
| `model` | a column of a model of the project |
| `step` | a value on the way within a model: a column of a CTE or of a subquery |
| `lookup` | a column of a lookup |
| `raw` | a column of a raw table, which a connector fills |
| `published` | a column of a table that a run publishes |
| `table` | a column of any other table that exists in the database |
| `hidden` | nothing can be said: the model selects a star over several tables whose columns nobody knows |
"""

_JSON_STEPS = (exp.JSONExtract, exp.JSONExtractScalar, exp.JSONBExtract, exp.JSONBExtractScalar)


@dataclass(frozen=True, slots=True)
class Origin:
    """A column and what it is made of; a column that is only passed on has no `expression`.

    `field` is the path of a value within a JSON column, as it is written there.
    """

    kind: OriginKind
    name: str
    expression: str = ""
    field: str = ""
    inputs: tuple[Origin, ...] = ()


@dataclass(slots=True)
class Lineage:
    """The columns of one catalog, each traced once."""

    catalog: Catalog
    _columns: dict[TableName, tuple[str, ...] | None] = field(default_factory=dict, init=False)
    _origins: dict[tuple[TableName, str], Origin] = field(default_factory=dict, init=False)

    def trace(self, table: TableName, column: str, within: str = "") -> Origin:
        """Where a column of a table, or a value within it, comes from."""
        model = self._model(table)
        name = f"{table}.{column}"
        if model is None:
            return Origin(self._kind(table), name, field=within)
        if (table, column) not in self._origins:
            self._origins[table, column] = self._of_model(model, column)
        return _within(self._origins[table, column], within)

    def columns(self, table: TableName) -> tuple[str, ...] | None:
        """A table's columns, as far as the project's files tell."""
        if table not in self._columns:
            self._columns[table] = self._known(table)
        return self._columns[table]

    def _known(self, table: TableName) -> tuple[str, ...] | None:
        for lookup in self.catalog.lookups:
            if lookup.name == table:
                return tuple(column.name for column in lookup.columns)
        model = self._model(table)
        if model is None or model.columns is not None:
            return None if model is None else model.columns
        try:
            tree = qualify(
                model.tree.copy(),
                dialect=model.dialect,
                schema=self._schema(model),
                allow_partial_qualification=True,
                validate_qualify_columns=False,
            )
        except SqlglotError:
            return None
        names = tuple(tree.named_selects)
        return None if "*" in names or not all(names) else names

    def _schema(self, model: Model) -> dict[str, object]:
        schema: dict[str, dict[str, dict[str, str]]] = {}
        for reference in model.reads:
            columns = self.columns(reference.name)
            if columns is not None:
                within = schema.setdefault(reference.name.schema or "", {})
                within[reference.name.name] = dict.fromkeys(columns, "text")
        return dict(schema)

    def _of_model(self, model: Model, column: str) -> Origin:
        name = f"{model.name}.{column}"
        if self.columns(model.name) is None:
            return Origin("model", name, inputs=(self._behind_star(model, column),))
        try:
            node = lineage(
                exp.column(column, quoted=True), model.tree.copy(), schema=self._schema(model), dialect=model.dialect
            )
        except (SqlglotError, ValueError):
            return Origin("model", name, inputs=(_hidden(column),))
        return Origin("model", name, _written(node, model), inputs=self._inputs(node, model, column))

    def _behind_star(self, model: Model, column: str) -> Origin:
        """A column of a model that selects a star: if it reads one table alone, it is that one's."""
        read = dict.fromkeys(reference.name for reference in model.reads)
        stars = [item for item in model.tree.selects if item.is_star]
        if len(read) == 1 and len(stars) == len(model.tree.selects):
            return self.trace(next(iter(read)), column)
        return _hidden(column)

    def _inputs(self, node: Node, model: Model, column: str) -> tuple[Origin, ...]:
        """What a value within a model is made of; values that are only passed on are left out."""
        below = _in_order(node)
        return _each_once(each for child in below for each in self._below(node, child, model, column, ""))

    def _below(self, above: Node, node: Node, model: Model, column: str, within: str) -> Iterator[Origin]:
        name = _column_name(node) or column
        within = f"{_field(above, node, model)} {within}".strip()
        if isinstance(node.expression, exp.Table):
            table = TableName(node.expression.db or None, node.expression.name)
            yield self.trace(table, name, within)
        elif _is_lost(node):
            yield _hidden(name)
        elif (step := _step(node, model)) and (expression := _written(node, model)):
            yield Origin("step", f"{step}.{name}", expression, within, self._inputs(node, model, name))
        else:
            for below in node.downstream:
                yield from self._below(node, below, model, name, within)

    def _model(self, table: TableName) -> Model | None:
        return next((model for model in self.catalog.models if model.name == table), None)

    def _kind(self, table: TableName) -> OriginKind:
        schemas = self.catalog.project.schemas
        if any(lookup.name == table for lookup in self.catalog.lookups):
            return "lookup"
        return "raw" if table.schema == schemas.raw else "published" if table.schema == schemas.kpi else "table"


def _within(origin: Origin, field: str) -> Origin:
    """A value within a column; where the column is only passed on, it is within what that comes from too."""
    if not field:
        return origin
    inputs = origin.inputs if origin.expression else tuple(_within(each, field) for each in origin.inputs)
    return replace(origin, field=f"{origin.field} {field}".strip(), inputs=inputs)


def _hidden(column: str) -> Origin:
    return Origin("hidden", column)


def _each_once(origins: Iterable[Origin]) -> tuple[Origin, ...]:
    return tuple({(each.kind, each.name, each.expression, each.field): each for each in origins}.values())


def _column_name(node: Node) -> str:
    """The column that a node is about; empty for one that is known by its position or hidden behind a star."""
    if node.name == "*" or node.name.isdigit():
        return ""
    return exp.to_column(node.name).name


def _step(node: Node, model: Model) -> str:
    """The CTE or subquery that has a value, or for one side of a union the model; none within an expression."""
    return node.reference_node_name or node.source_name or (model.name.name if node.name.isdigit() else "")


def _is_lost(node: Node) -> bool:
    """Whether nobody can say whose a column is: a star over several unknown tables stands in the way."""
    if isinstance(node.expression, exp.Star):
        return len(node.downstream) != 1
    return isinstance(node.expression, exp.Placeholder)


def _in_order(node: Node) -> list[Node]:
    """What a value is made of, in the order in which it is written; sqlglot gives a set's order."""
    written = [column.sql(comments=False) for column in node.expression.dfs() if isinstance(column, exp.Column)]
    return sorted(node.downstream, key=lambda below: written.index(below.name) if below.name in written else -1)


def _written(node: Node, model: Model) -> str:
    """A value's expression in the model's own dialect; empty for a column that is only passed on."""
    found = node.expression
    if isinstance(found, exp.Query) or found.is_star:
        return ""
    tree = found.unalias().copy()
    if isinstance(tree, exp.Column):
        return ""
    tables = {column.table for column in tree.find_all(exp.Column)}
    if len(tables) <= 1:
        for column in tree.find_all(exp.Column):
            column.set("table", None)
    return tree.sql(dialect=model.dialect, comments=False)


def _field(above: Node, node: Node, model: Model) -> str:
    """The path within a JSON column that the value above reads of it, if that is all that it reads."""
    paths = set()
    for column in above.expression.find_all(exp.Column):
        if column.sql(comments=False) != node.name:
            continue
        top: exp.Expr = column
        while isinstance(top.parent, _JSON_STEPS) and top.parent.this is top:
            top = top.parent
        written, bare = (tree.sql(dialect=model.dialect, comments=False) for tree in (top, column))
        paths.add(written.removeprefix(bare).strip())
    return paths.pop() if len(paths) == 1 else ""
