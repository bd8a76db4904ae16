"""DuckDB: the embedded default."""

from __future__ import annotations

import json

from sqlglot import exp

from kpictl.compile.dialects.base import Dialect, anonymous, pairs


def _json_object(node: exp.Expr) -> exp.Expr:
    """The object's text, piece by piece.

    JSON_OBJECT would read each nested object's numbers again, as doubles, and 9999999999976.0000000005 would lose its
    last digits (DuckDB 1.5): https://duckdb.org/docs/stable/data/json/creating_json
    """
    keys_and_values = pairs(node)
    pieces: list[exp.Expr] = []
    for opening, key, value in zip(
        ("{", *(", " for _ in keys_and_values[2::2])), keys_and_values[::2], keys_and_values[1::2], strict=True
    ):
        pieces.append(exp.Literal.string(f"{opening}{json.dumps(key.name)}: "))
        pieces.append(_text(value))
    text = anonymous("CONCAT", *pieces, exp.Literal.string("}"))
    return exp.Cast(this=text, to=exp.DataType.build("JSON"))


def _text(value: exp.Expr) -> exp.Expr:
    """A value as JSON text: what is JSON already as it stands, an object's text without a detour."""
    null = exp.Literal.string("null")
    if isinstance(value, exp.Cast) and value.to.this is exp.DType.JSON:
        if isinstance(value.this, exp.Anonymous):
            return value.this
        return exp.Coalesce(this=exp.Cast(this=value.this, to=exp.DataType.build("TEXT")), expressions=[null])
    written = exp.Cast(this=anonymous("TO_JSON", value), to=exp.DataType.build("TEXT"))
    return exp.Coalesce(this=written, expressions=[null])


def _hash(node: exp.Expr) -> exp.Expr:
    # 64 bits, of a text: https://duckdb.org/docs/stable/sql/functions/utility
    return anonymous("HASH", node.expressions[0])


DUCKDB = Dialect("duckdb", ("duckdb",), {exp.JSONObject: _json_object, exp.FarmFingerprint: _hash}, {})
