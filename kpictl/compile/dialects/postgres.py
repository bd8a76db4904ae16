"""PostgreSQL 14 and later."""

from __future__ import annotations

from functools import reduce

from sqlglot import exp

from kpictl.compile.dialects.base import Dialect, anonymous, pairs

_ARGUMENTS_AT_MOST = 100


def _json_object(node: exp.Expr) -> exp.Expr:
    # JSON_OBJECT(k: v) arrived with version 16: https://www.postgresql.org/docs/current/functions-json.html
    # A function has at most 100 arguments: https://www.postgresql.org/docs/current/runtime-config-preset.html
    flat = pairs(node)
    objects: list[exp.Expr] = [
        anonymous("JSONB_BUILD_OBJECT", *flat[at : at + _ARGUMENTS_AT_MOST])
        for at in range(0, len(flat), _ARGUMENTS_AT_MOST)
    ]
    return reduce(lambda left, right: exp.DPipe(this=left, expression=right), objects)


def _json_text(node: exp.Expr) -> exp.Expr:
    # sqlglot calls the function for JSON, which takes no JSONB.
    keys = [exp.Literal.string(key.name) for key in node.expression.find_all(exp.JSONPathKey)]
    return anonymous("JSONB_EXTRACT_PATH_TEXT", node.this, *keys)


def _typeof(node: exp.Expr) -> exp.Expr:
    # https://www.postgresql.org/docs/current/functions-info.html
    return anonymous("PG_TYPEOF", node.this)


def _arg_min(node: exp.Expr) -> exp.Expr:
    # The value at the least of another one, NULLs skipped: an array has it first, and counts from 1.
    # https://www.postgresql.org/docs/current/sql-expressions.html#SYNTAX-AGGREGATES
    ordered = exp.Order(this=node.this, expressions=[exp.Ordered(this=node.expression, nulls_first=False)])
    known = exp.Where(this=exp.Not(this=exp.Is(this=node.this.copy(), expression=exp.Null())))
    gathered = exp.Filter(this=anonymous("ARRAY_AGG", ordered), expression=known)
    return exp.Bracket(this=exp.paren(gathered, copy=False), expressions=[exp.Literal.number(1)], offset=1)


def _hash(node: exp.Expr) -> exp.Expr:
    # 64 bits, of a text; in pg_proc and in every version since 11, though no page of the manual describes it.
    return anonymous("HASHTEXTEXTENDED", node.expressions[0], exp.Literal.number(0))


POSTGRES = Dialect(
    "postgres",
    ("postgresql", "postgres"),
    {
        exp.JSONObject: _json_object,
        exp.JSONExtractScalar: _json_text,
        exp.Typeof: _typeof,
        exp.ArgMin: _arg_min,
        exp.FarmFingerprint: _hash,
    },
    # The JSON type that compares and indexes: https://www.postgresql.org/docs/current/datatype-json.html
    {exp.DType.JSON: "JSONB"},
)
