"""Parsing SQL text with sqlglot, every failure a diagnostic at the token that it is about."""

from __future__ import annotations

import re

from sqlglot import Token, TokenType, exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, SqlglotError

from kpictl.catalog.text import QUOTE_COMMAS, Scalar
from kpictl.diagnostics import Diagnostic, Span

_NESTING_MAX = 60
_DEPTH_MAX = 250  # of a tree: `a + b + c` is one level for each `+`, and what walks it later recurses
_OPEN = {TokenType.L_PAREN: ")", TokenType.L_BRACKET: "]", TokenType.L_BRACE: "}"}
_CLOSE = {TokenType.R_PAREN: "(", TokenType.R_BRACKET: "[", TokenType.R_BRACE: "{"}
_UNARY = {TokenType.DASH, TokenType.PLUS, TokenType.NOT, TokenType.TILDE, TokenType.DCOLON}

# What sqlglot itself may raise on odd texts besides its own errors.
_FAILURES = (
    SqlglotError,
    RecursionError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
)

_SPLIT = "split it into helpers, KPIs without an `id`, or into models"


class SqlError(Exception):
    """A text that cannot be parsed; caught inside this room, never outside it."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def tokens_of(scalar: Scalar, dialect: str, tokens_max: int) -> list[Token]:
    """The tokens of a text, which must not be empty, endless or too deep, and must close what it opens."""
    try:
        tokens = Dialect.get_or_raise(dialect).tokenize(scalar.text)
    except _FAILURES:
        raise SqlError(_open_quote(scalar)) from None
    if not tokens:
        message = "SQL is expected here, and there is none"
        raise SqlError(Diagnostic("KPI300", message, scalar.at, help="write some, or remove what is empty"))
    if len(tokens) > tokens_max:
        raise SqlError(Diagnostic("KPI305", f"this SQL has more than {tokens_max} words", scalar.at, help=_SPLIT))
    _refuse_unbalanced(scalar, tokens)
    return tokens


def parse(scalar: Scalar, tokens: list[Token], into: type[exp.Expr] | None, dialect: str) -> exp.Expr:
    """The tree of a text; the caller checks what it is, for sqlglot does not hold itself to `into`."""
    parser = Dialect.get_or_raise(dialect).parser()
    try:
        read = parser.parse(tokens, scalar.text) if into is None else parser.parse_into(into, tokens, scalar.text)
    except ParseError as error:
        raise SqlError(_syntax(scalar, tokens, error)) from None
    except RecursionError:
        raise SqlError(Diagnostic("KPI305", "this SQL is nested too deeply", scalar.at, help=_SPLIT)) from None
    except _FAILURES:
        raise SqlError(_unreadable("KPI302", scalar)) from None
    if not read or read[0] is None:
        raise SqlError(_unreadable("KPI302", scalar))
    if _is_deep(read[0]):
        raise SqlError(Diagnostic("KPI305", "this SQL is nested too deeply", scalar.at, help=_SPLIT))
    return read[0]


def _is_deep(tree: exp.Expr) -> bool:
    level = [tree]
    for _ in range(_DEPTH_MAX):
        level = [child for node in level for child in node.iter_expressions()]
        if not level:
            return False
    return True


def token_span(scalar: Scalar, token: Token) -> Span:
    return scalar.span(token.start, token.end + 1)


def snippet(text: str) -> str:
    """A piece of SQL as messages quote it: on one line and short."""
    line = re.sub(r"\s+", " ", text)
    return line if len(line) <= 40 else f"{line[:37]}..."


def _unreadable(code: str, scalar: Scalar) -> Diagnostic:
    return Diagnostic(code, "this SQL cannot be read", scalar.at, help="take parts out until it can be")


def _open_quote(scalar: Scalar) -> Diagnostic:
    """The quote or comment that nothing closes: what is left when those that are closed are taken out."""
    closed = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|[^'\"/-]+|/(?!\*)|-", re.DOTALL)
    at = 0
    while at < len(scalar.text) and (found := closed.match(scalar.text, at)):
        at = found.end()
    if at >= len(scalar.text):
        return _unreadable("KPI301", scalar)
    opens = scalar.text[at]
    what, closing = ("comment", "*/") if opens == "/" else ("quote", opens)
    return Diagnostic("KPI301", f"this {what} is not closed", scalar.span(at, at + 1), help=f"`{closing}` is missing")


def _refuse_unbalanced(scalar: Scalar, tokens: list[Token]) -> None:
    opened: list[Token] = []
    deep = 0
    for token in tokens:
        kind = token.token_type
        deep = deep + 1 if kind in _UNARY else 0
        if kind in _OPEN or kind == TokenType.CASE:
            opened.append(token)
        elif kind == TokenType.END and opened and opened[-1].token_type == TokenType.CASE:
            opened.pop()
        elif kind in _CLOSE:
            if not opened or opened[-1].text != _CLOSE[kind]:
                raise SqlError(_not_closed(scalar, opened[-1]) if opened else _closes_nothing(scalar, token))
            opened.pop()
        if len(opened) > _NESTING_MAX or deep > _NESTING_MAX:
            at = token_span(scalar, token)
            raise SqlError(Diagnostic("KPI305", "this SQL is nested too deeply", at, help=_SPLIT))
    if opened:
        raise SqlError(_not_closed(scalar, opened[-1]))


def _closes_nothing(scalar: Scalar, token: Token) -> Diagnostic:
    message = f"`{token.text}` closes nothing"
    advice = f"remove it, or write the `{_CLOSE[token.token_type]}` that it closes"
    return Diagnostic("KPI303", message, token_span(scalar, token), help=advice)


def _not_closed(scalar: Scalar, opened: Token) -> Diagnostic:
    advice = f"`{_OPEN.get(opened.token_type, 'end')}` is missing"
    if scalar.is_cut_by_comma():
        advice = QUOTE_COMMAS
    return Diagnostic("KPI303", f"`{opened.text}` is not closed", token_span(scalar, opened), help=advice)


def _syntax(scalar: Scalar, tokens: list[Token], error: ParseError) -> Diagnostic:
    first = error.errors[0] if error.errors else {}
    position = (first.get("line"), first.get("col"))
    token = next((token for token in tokens if (token.line, token.col) == position), None)
    description = str(first.get("description") or "")
    if token is None:
        return _unreadable("KPI302", scalar)
    at = token_span(scalar, token)
    word = snippet(scalar.text[token.start : token.end + 1])
    if "Unexpected token" in description:
        advice = "remove it, or write what is missing before it"
        return Diagnostic("KPI302", f"`{word}` is not expected here", at, help=advice)
    return Diagnostic("KPI302", f"something is missing at `{word}`", at, help="complete it, or remove the word")
