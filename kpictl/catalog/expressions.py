"""Parsing the expressions of the YAML: `measure`, conditions and `formula`."""

from __future__ import annotations

import re
from typing import get_args

from sqlglot import Token, TokenType, exp

from kpictl.catalog.allowed import Refusal, function_name, refusals
from kpictl.catalog.expression import Aggregate, Expression, Measure
from kpictl.catalog.parse import SqlError, parse, snippet, token_span, tokens_of
from kpictl.catalog.text import Scalar
from kpictl.diagnostics import Diagnostic

_TOKENS_MAX = 4_000
_PLACEHOLDERS = {
    TokenType.PLACEHOLDER, TokenType.PARAMETER, TokenType.SESSION_PARAMETER, TokenType.COLON,
    TokenType.L_BRACE, TokenType.BLOCK_START, TokenType.BLOCK_END,
}  # fmt: skip
_STATEMENTS = {
    "alter", "attach", "begin", "call", "commit", "copy", "create", "delete", "drop", "execute",
    "explain", "export", "from", "grant", "import", "insert", "install", "load", "merge", "pragma",
    "revoke", "select", "set", "truncate", "update", "values", "with",
}  # fmt: skip
_AGGREGATES: dict[type[exp.Expr], Aggregate] = {
    exp.Sum: "sum", exp.Avg: "avg", exp.Min: "min", exp.Max: "max", exp.Count: "count",
}  # fmt: skip

Found = tuple[Diagnostic, ...]


def parse_condition(scalar: Scalar) -> tuple[Expression | None, Found]:
    """A condition on rows: `where` and `expect`."""
    return _expression(scalar)


def parse_formula(scalar: Scalar) -> tuple[Expression | None, Found]:
    """An expression whose columns are the codes of KPIs."""
    return _expression(scalar)


def parse_measure(scalar: Scalar) -> tuple[Measure | None, Found]:
    """One aggregate call over a row expression."""
    try:
        whole = _parsed(scalar)
    except SqlError as error:
        return None, (error.diagnostic,)
    call = whole.tree
    if isinstance(call, exp.Window | exp.WithinGroup | exp.Filter):
        return None, tuple(_say(whole, refusal) for refusal in refusals(call))
    if type(call) not in _AGGREGATES:
        return None, (_no_aggregate(whole),)
    inner = call.this
    distinct = isinstance(inner, exp.Distinct)
    arguments = [*(inner.expressions if isinstance(inner, exp.Distinct) else [inner]), *call.expressions]
    if len(arguments) != 1 or not isinstance(arguments[0], exp.Expr):
        help_ = "add columns within it, as in `sum(a + b)`"
        return None, (_say(whole, Refusal(call, "KPI322", "an aggregate has one argument", help_)),)
    if distinct and not isinstance(call, exp.Count):
        help_ = "`distinct` is for `count(distinct x)` alone"
        return None, (_say(whole, Refusal(call, "KPI322", "this aggregate cannot be distinct", help_)),)
    aggregate = _AGGREGATES[type(call)]
    if isinstance(arguments[0], exp.Star) and aggregate == "count" and not distinct:
        bare = not any(arguments[0].args.values())
        return (Measure(aggregate, distinct, None, whole), ()) if bare else (None, (_no_aggregate(whole),))
    found = tuple(_say(whole, refusal) for refusal in refusals(arguments[0]))
    argument = Expression(whole.text, arguments[0].copy(), whole.span(arguments[0]), scalar)
    return (None, found) if found else (Measure(aggregate, distinct, argument, whole), ())


def _expression(scalar: Scalar) -> tuple[Expression | None, Found]:
    try:
        expression = _parsed(scalar)
    except SqlError as error:
        return None, (error.diagnostic,)
    found = tuple(_say(expression, refusal) for refusal in refusals(expression.tree))
    return (None, found) if found else (expression, ())


def _parsed(scalar: Scalar) -> Expression:
    tokens = tokens_of(scalar, "", _TOKENS_MAX)
    _refuse_tokens(scalar, tokens)
    tree = parse(scalar, tokens, exp.Condition, "")
    for node in tree.walk():
        node.pop_comments()
        match node:
            case exp.Identifier() if not node.quoted:
                node.set("this", node.name.lower())
            case exp.DataType(this=exp.DataType.Type.DECIMAL) if not node.expressions:
                # Engines differ on a bare DECIMAL; kpictl has one.
                sizes = [exp.DataTypeParam(this=exp.Literal.number(size)) for size in (38, 10)]
                node.set("expressions", sizes)
    return Expression(scalar.text, tree, scalar.at, scalar)


def _refuse_tokens(scalar: Scalar, tokens: list[Token]) -> None:
    """Statements, placeholders and templates: told by their words, before sqlglot has other ideas."""
    if (template := re.search(r"\{[{%#]", scalar.text)) and not _in_string(tokens, template.start()):
        at = scalar.span(template.start(), template.end())
        raise SqlError(Diagnostic("KPI304", "templates are not read", at, help="expressions are plain SQL"))
    for index, token in enumerate(tokens):
        word = token.text.lower() if token.token_type not in (TokenType.STRING, TokenType.IDENTIFIER) else ""
        following = tokens[index + 1].token_type if index + 1 < len(tokens) else None
        if token.token_type == TokenType.SEMICOLON or (index == 0 and _begins_statement(word, following)):
            at = token_span(scalar, token)
            advice = "leave out the `;`" if token.text == ";" else "write an expression; what needs more is for a model"
            raise SqlError(Diagnostic("KPI309", "an expression is expected, not a statement", at, help=advice))
        if word == "select":
            at = token_span(scalar, token)
            message = "a subquery is not allowed in an expression"
            raise SqlError(Diagnostic("KPI306", message, at, help="put it into a model"))
        if token.token_type in _PLACEHOLDERS:
            at = token_span(scalar, token)
            message = f"placeholders and templates are not read: `{snippet(token.text)}`"
            raise SqlError(Diagnostic("KPI304", message, at, help="write the value out"))


def _begins_statement(word: str, following: TokenType | None) -> bool:
    """`load` may be a column: it begins a statement only if a name or a keyword comes next."""
    return word in _STATEMENTS and following not in (None, TokenType.L_PAREN) and following not in _OPERATORS


_OPERATORS = {
    TokenType.PLUS, TokenType.DASH, TokenType.STAR, TokenType.SLASH, TokenType.EQ, TokenType.NEQ,
    TokenType.LT, TokenType.LTE, TokenType.GT, TokenType.GTE, TokenType.IS, TokenType.IN,
    TokenType.LIKE, TokenType.BETWEEN, TokenType.AND, TokenType.OR, TokenType.NOT, TokenType.DCOLON,
}  # fmt: skip


def _in_string(tokens: list[Token], offset: int) -> bool:
    quoted = (TokenType.STRING, TokenType.IDENTIFIER)
    return any(token.start <= offset <= token.end and token.token_type in quoted for token in tokens)


def _no_aggregate(whole: Expression) -> Diagnostic:
    call = whole.tree
    inner = next((node for node in call.find_all(*_AGGREGATES) if node is not call), None)
    names = ", ".join(get_args(Aggregate))
    if isinstance(call, exp.AggFunc | exp.Anonymous) and inner is None:
        name = call.name if isinstance(call, exp.Anonymous) else call.sql_name()
        message = f"`{name.lower()}` is not one of the aggregates of a measure"
        return Diagnostic("KPI321", message, whole.span(call), help=f"there are {names} and count(distinct x)")
    help_ = (
        "make each aggregate a KPI of its own (a helper needs no `id`) and join them in a `formula`"
        if inner is not None
        else f"`measure: sum(x)`; there are {names} and count(distinct x)"
    )
    return Diagnostic("KPI321", "a measure is one aggregate call", whole.at, help=help_)


def _say(expression: Expression, refusal: Refusal) -> Diagnostic:
    node = refusal.node
    at, message = expression.span(node), refusal.message
    if isinstance(node, exp.Func):
        name = function_name(node)
        if "end" in node.meta:
            # For a call it is the function's name that offends.
            start, end = node.meta["start"], node.meta["end"] + 1
            at, name = expression.scalar.span(start, end), expression.text[start:end].lower()
        message = message.replace("{name}", name)
    return Diagnostic(refusal.code, message, at, help=refusal.help)
