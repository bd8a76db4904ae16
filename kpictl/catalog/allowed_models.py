"""The SQL that a model may hold: reading tables, and functions whose translation to every engine is known."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from kpictl.catalog.allowed import Refusal, function_name
from kpictl.catalog.near import near

DType = exp.DataType.Type

_TABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_QUERIES = {
    exp.Select, exp.Union, exp.Intersect, exp.Except, exp.Subquery, exp.With, exp.CTE, exp.From,
    exp.Table, exp.TableAlias, exp.Join, exp.Lateral, exp.Where, exp.Group, exp.Rollup, exp.Cube,
    exp.GroupingSets, exp.Having, exp.Order, exp.Ordered, exp.Limit, exp.Offset, exp.Distinct,
    exp.Values, exp.Tuple, exp.Alias, exp.Star, exp.Window, exp.WindowSpec, exp.WithinGroup, exp.Filter,
}  # fmt: skip
_EXPRESSIONS = {
    exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Add, exp.Sub,
    exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Neg, exp.DPipe, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT,
    exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.And, exp.Or, exp.Not, exp.Is, exp.Between, exp.In,
    exp.Exists, exp.Any, exp.All, exp.Like, exp.ILike, exp.Case, exp.If, exp.Cast, exp.DataType,
    exp.DataTypeParam, exp.Interval, exp.Var, exp.Extract, exp.AtTimeZone, exp.Array, exp.JSONExtract,
    exp.JSONExtractScalar, exp.JSONPath, exp.JSONPathRoot, exp.JSONPathKey, exp.JSONPathSubscript,
}  # fmt: skip
_FUNCTIONS = {
    exp.Abs, exp.Ceil, exp.Floor, exp.Round, exp.Trunc, exp.Sign, exp.Sqrt, exp.Pow, exp.Exp, exp.Ln,
    exp.Greatest, exp.Least, exp.Coalesce, exp.Nullif, exp.Concat, exp.ConcatWs, exp.Lower, exp.Upper,
    exp.Length, exp.Trim, exp.Left, exp.Right, exp.Substring, exp.StrPosition, exp.Replace,
    exp.SplitPart, exp.Pad, exp.Repeat, exp.Reverse, exp.StartsWith, exp.RegexpLike, exp.RegexpILike,
    exp.RegexpReplace, exp.MD5, exp.TimeToStr, exp.StrToDate, exp.StrToTime, exp.UnixToTime,
    exp.TimestampTrunc, exp.DateTrunc, exp.DateFromParts,
}  # fmt: skip
_AGGREGATES = {
    exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Count, exp.GroupConcat, exp.ArrayAgg, exp.LogicalAnd,
    exp.LogicalOr, exp.Stddev, exp.StddevPop, exp.StddevSamp, exp.Variance, exp.VariancePop,
    exp.PercentileCont, exp.PercentileDisc, exp.RowNumber, exp.Rank, exp.DenseRank, exp.PercentRank,
    exp.CumeDist, exp.Ntile, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue,
}  # fmt: skip
_TABLE_FUNCTIONS = {exp.Unnest, exp.Explode, exp.GenerateSeries, exp.ExplodingGenerateSeries}
_ALLOWED = _QUERIES | _EXPRESSIONS | _FUNCTIONS | _AGGREGATES | _TABLE_FUNCTIONS

_BY_NAME = {
    "jsonb_array_elements", "json_array_elements", "jsonb_array_elements_text",
    "json_array_elements_text", "jsonb_array_length", "json_array_length", "jsonb_typeof",
    "json_typeof", "make_date",
}  # fmt: skip
_JSON_TABLES = {name for name in _BY_NAME if "elements" in name}
_TYPES = {
    DType.BOOLEAN, DType.TINYINT, DType.SMALLINT, DType.INT, DType.BIGINT, DType.DECIMAL, DType.FLOAT,
    DType.DOUBLE, DType.CHAR, DType.BPCHAR, DType.VARCHAR, DType.TEXT, DType.DATE, DType.TIME, DType.TIMETZ,
    DType.TIMESTAMP, DType.TIMESTAMPNTZ, DType.TIMESTAMPTZ, DType.DATETIME, DType.INTERVAL, DType.JSON,
    DType.JSONB, DType.UUID, DType.ARRAY, DType.LIST,
}  # fmt: skip
_WORDS = re.compile(r"[A-Za-z_][A-Za-z0-9_ ]*|")
_INTEGERS = {DType.INT, DType.BIGINT, DType.SMALLINT, DType.TINYINT}
_CLOSED_SCHEMAS = re.compile("pg_.*|information_schema")


def refusals(tree: exp.Expr) -> Iterator[Refusal]:
    """All that is not allowed in a model, outermost first; what is inside a refused node is passed over."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        found = _refusal(node)
        if found is not None:
            yield found
        else:
            waiting.extend(reversed(list(node.iter_expressions())))


def _refusal(node: exp.Expr) -> Refusal | None:
    match node:
        case exp.Anonymous():
            return None if node.name.lower() in _BY_NAME else _unknown_function(node)
        case _ if type(node) not in _ALLOWED:
            return _refused(node)
        case exp.Select() if node.args.get("into") is not None:
            return Refusal(node.args["into"], "KPI332", "a model reads; `into` is not allowed in it", "leave it out")
        case exp.Query() if node.args.get("locks"):
            return Refusal(
                node.args["locks"][0], "KPI332", "a model reads; row locks are not allowed in it", "leave it out"
            )
        case exp.Table():
            return _table(node)
        case exp.DataType() if node.this not in _TYPES or node.args.get("collate") is not None:
            help_ = "numbers, texts, dates, times, `boolean`, `interval`, `json`, `uuid` and arrays of them are"
            return Refusal(node, "KPI333", "this data type is not allowed in a model", help_)
        case exp.DataTypeParam() if not (isinstance(node.this, exp.Literal) and node.this.is_int):
            return Refusal(node, "KPI333", "the size of a data type is a whole number", "`numeric(38, 10)`")
        case _ if _is_written_raw(node):
            return Refusal(node, "KPI333", "a plain word is expected here", "letters, digits and `_` make one")
        case exp.Lateral() if not _is_table_function(node.this) and not isinstance(node.this, exp.Subquery):
            return _table_function(node.this)
        case exp.Cast():
            return _cast(node)
        case exp.Div() if _is_integer(node.this) and _is_integer(node.expression):
            help_ = "`a::numeric(38, 10) / b`, or `floor(a / b)` of decimals for whole numbers"
            return Refusal(node, "KPI337", "engines differ on the division of integers", help_)
        case _:
            return None


def _refused(node: exp.Expr) -> Refusal:
    match node:
        case exp.DML() | exp.DDL() | exp.Command() | exp.Drop() | exp.Merge() if not isinstance(node, exp.Query):
            return Refusal(node, "KPI332", "a model reads; it changes nothing", "select the rows that are wanted")
        case exp.Into() | exp.Lock():
            return Refusal(node, "KPI332", "a model reads; `into` and row locks are not allowed in it", "leave it out")
        case exp.Placeholder() | exp.Parameter() | exp.SessionParameter():
            return Refusal(node, "KPI304", "placeholders and templates are not read", "write the value out")
        case exp.CurrentDate() | exp.CurrentTimestamp() | exp.CurrentTime():
            help_ = "a model gives the same rows today and in a backfill; windows say which days count"
            return Refusal(node, "KPI334", "the present time is not allowed in a model", help_)
        case exp.JSONBExtract() | exp.JSONBExtractScalar():
            return Refusal(node, "KPI334", "`#>` and `#>>` are not among the functions of models", "`a -> 'b' ->> 'c'`")
        case exp.Func() if not isinstance(node, exp.Connector | exp.UDTF):
            return _unknown_function(node)
        case _:
            return Refusal(node, "KPI333", f"this {_words(node)} is not allowed in a model", "say it in other SQL")


def _unknown_function(node: exp.Func) -> Refusal:
    name = function_name(node)
    known = _BY_NAME | {
        word.lower()
        for kind in _FUNCTIONS | _AGGREGATES
        for word in kind.sql_names()
        if not kind.__name__.startswith("_")
    }
    meant = near(name, known)
    help_ = f"`{meant}` is near" if meant and meant != name else "the list of functions grows by a test on every engine"
    return Refusal(node, "KPI334", "the function `{name}` is not among the functions of models", help_)


def _words(node: exp.Expr) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).lower()


def _is_written_raw(node: exp.Expr) -> bool:
    """Whether the node has a text that is no word and that sqlglot would write as it is, without quotes.

    `extract("x); drop table t; --" from d)` has one: sqlglot reads what is in the quotes as the unit.
    """
    if isinstance(node, exp.Literal | exp.Identifier | exp.JSONPathKey):
        return False
    return any(isinstance(value, str) and not _WORDS.fullmatch(value) for value in node.args.values())


def _table(node: exp.Table) -> Refusal | None:
    inner = node.this
    if inner is None:
        return Refusal(node, "KPI333", "this table is not allowed in a model", "name a table")
    if not isinstance(inner, exp.Identifier):
        return None if _is_table_function(inner) else _table_function(inner)
    if node.args.get("catalog") is not None or isinstance(inner, exp.Dot):
        return Refusal(node, "KPI335", "a table's name has one dot: `schema.table`", "leave out the database's name")
    if not _TABLE_NAME.fullmatch(node.name) or not _TABLE_NAME.fullmatch(node.db or "x"):
        return Refusal(inner, "KPI335", "this is not a table's name", "files are loaded by a connector or as a lookup")
    if _CLOSED_SCHEMAS.fullmatch(node.db.lower()):
        return Refusal(node, "KPI335", f"the schema `{node.db}` is not for models", "read a table of another schema")
    odd = [key for key in ("pivots", "when", "only", "sample", "changes", "partition", "version") if node.args.get(key)]
    if odd:
        return Refusal(node, "KPI333", f"`{odd[0]}` of a table is not allowed in a model", "leave it out")
    return None


def _is_table_function(node: object) -> bool:
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in _JSON_TABLES
    return type(node) in _TABLE_FUNCTIONS


def _table_function(node: exp.Expr) -> Refusal:
    help_ = "`unnest`, `generate_series` and `jsonb_array_elements` are; files come in as lookups"
    return Refusal(node, "KPI334", "this function is not among the tables that a model reads", help_)


def _cast(node: exp.Cast) -> Refusal | None:
    type_ = node.args["to"]
    if isinstance(type_, exp.DataType) and type_.this == DType.DECIMAL and not type_.expressions:
        help_ = "`numeric(38, 10)`; DuckDB reads a bare one as (18, 3)"
        return Refusal(node, "KPI336", "engines differ on a bare `numeric`", help_)
    return None


def _is_integer(node: exp.Expr) -> bool:
    match node.unnest():
        case exp.Literal() as literal:
            return literal.is_int
        case exp.Cast(to=exp.DataType(this=kind)):
            return kind in _INTEGERS
        case exp.Count():
            return True
        case exp.Neg() | exp.Add() | exp.Sub() | exp.Mul() as sum_:
            parts = [part for part in (sum_.this, sum_.args.get("expression")) if part is not None]
            return all(_is_integer(part) for part in parts)
        case _:
            return False
