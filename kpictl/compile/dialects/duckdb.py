"""DuckDB: the embedded default."""

from __future__ import annotations

from sqlglot import exp

from kpictl.compile.dialects.base import Dialect, anonymous, pairs


def _json_object(node: exp.Expr) -> exp.Expr:
    # https://duckdb.org/docs/stable/data/json/creating_json
    return anonymous("JSON_OBJECT", *pairs(node))


DUCKDB = Dialect("duckdb", ("duckdb",), {exp.JSONObject: _json_object}, {})
