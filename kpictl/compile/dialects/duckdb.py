"""DuckDB: the embedded default."""

from __future__ import annotations

from sqlglot import exp

from kpictl.compile.dialects.base import Dialect, anonymous, pairs


def _json_object(node: exp.Expr) -> exp.Expr:
    # https://duckdb.org/docs/stable/data/json/creating_json
    return anonymous("JSON_OBJECT", *pairs(node))


def _json_array(node: exp.Expr) -> exp.Expr:
    # json_group_array takes no ORDER BY; a list does: https://duckdb.org/docs/stable/sql/functions/aggregates
    ordered = node.args["order"]
    ordered.set("this", node.this)
    return anonymous("TO_JSON", anonymous("LIST", ordered))


DUCKDB = Dialect("duckdb", ("duckdb",), {exp.JSONObject: _json_object, exp.JSONArrayAgg: _json_array}, {})
