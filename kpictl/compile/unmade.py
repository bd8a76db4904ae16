"""A query over models and lookups as the files have them, whether or not the database has made them yet."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from kpictl.catalog import Catalog, Column, Lookup, Model, TableName
from kpictl.catalog.order import topological
from kpictl.compile.models import needed_by
from kpictl.compile.relation import tables_of
from kpictl.compile.tree import cast, col, lit, named, select, with_cte


def on_files(query: exp.Query, catalog: Catalog) -> exp.Query:
    """The query with what it reads of the project's models and lookups as steps before it, and what those read.

    The query itself has no steps of its own.
    """
    assert query.args.get("with_") is None
    query = query.copy()
    wanted = needed_by(catalog, set(tables_of(query)))
    bodies = {lookup.name: _rows(lookup) for lookup in catalog.lookups if lookup.name in wanted}
    bodies |= {
        model.name: _renamed(model.tree.copy(), catalog) for model in models_in_order(catalog) if model.name in wanted
    }
    query = _renamed(query, catalog)
    for name, body in bodies.items():
        query = with_cte(query, _step(name), body, f"{name} as its file has it")
    return query


def models_in_order(catalog: Catalog) -> Iterator[Model]:
    """The project's models, each after those that it reads."""
    models = {str(model.name): model for model in catalog.models}
    graph = {name: [str(each.name) for each in model.reads] for name, model in models.items()}
    return (models[name] for name in topological(graph))


def _step(name: TableName) -> str:
    """The name of a step; `$` cannot stand in a model's."""
    return f"{name.name}$"


def _renamed(query: exp.Query, catalog: Catalog) -> exp.Query:
    """The query, changed so that it reads models and lookups from the steps of their names."""
    made = {model.name for model in catalog.models} | {lookup.name for lookup in catalog.lookups}
    schemas = {name.schema for name in made}
    for node in list(query.find_all(exp.Table, exp.Column)):
        if isinstance(node, exp.Column):
            if node.db in schemas:
                node.set("db", None)
        elif isinstance(node, exp.Table) and (name := TableName(node.db or None, node.name)) in made:
            if not node.alias:
                node.set("alias", exp.TableAlias(this=exp.to_identifier(node.name, quoted=True)))
            node.set("db", None)
            node.set("this", exp.to_identifier(_step(name), quoted=True))
    return query


def _rows(lookup: Lookup) -> exp.Query:
    """The rows of a lookup, each column of its type."""
    if not lookup.rows:
        nothing = [named(cast(lit(None), column.type), column.name) for column in lookup.columns]
        return select(nothing).where(lit(value=False), copy=False)
    rows = [exp.Tuple(expressions=[lit(value) for value in row]) for row in lookup.rows]
    names = [exp.to_identifier(column.name, quoted=True) for column in lookup.columns]
    alias = exp.TableAlias(this=exp.to_identifier("written"), columns=names)
    return select([_typed(column) for column in lookup.columns]).from_(
        exp.Values(expressions=rows, alias=alias), copy=False
    )


def _typed(column: Column) -> exp.Expr:
    return named(cast(col(column.name), column.type), column.name)
