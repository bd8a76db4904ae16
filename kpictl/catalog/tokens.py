"""The places of sqlglot's nodes inside the text that they were parsed from."""

from __future__ import annotations

from sqlglot import Token, Tokenizer, TokenType, exp
from sqlglot.errors import SqlglotError

_OPEN = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE}
_CLOSE = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END}


def node_range(text: str, node: exp.Expr, tokens: list[Token] | None = None) -> tuple[int, int] | None:
    """The offsets of a node's first character and of the one behind its last, or None if sqlglot has neither.

    sqlglot keeps the places of names, literals and most functions' names: a node reaches from the first of
    those below it to the last, with a function's name before its arguments and the brackets and `end` that
    close what was opened.
    """
    if tokens is None:
        tokens = tokenize(text)
    metas = [below.meta for below in node.walk() if below.meta.get("end") is not None]
    if not metas:
        return _keyword(tokens, node)
    start: int = min(meta["start"] for meta in metas)
    end: int = max(meta["end"] for meta in metas) + 1
    for left in reversed(_left_side(node)):
        start = _start_of_call(tokens, left, start)
    return start, _closed(tokens, start, _with_last_word(tokens, node, end))


def _with_last_word(tokens: list[Token], node: exp.Expr, end: int) -> int:
    """`end` moved behind the `null`, `true` or `false` that a node ends with, of which sqlglot keeps no place."""
    last = node
    while isinstance(last, exp.Binary | exp.Not):
        last = last.this if isinstance(last, exp.Not) else last.expression
    if not isinstance(last, exp.Boolean | exp.Null):
        return end
    word = last.sql().upper()
    return next((token.end + 1 for token in tokens if token.start >= end and token.text.upper() == word), end)


def _left_side(node: exp.Expr) -> list[exp.Expr]:
    """A node, its first operand, the first operand of that, and so on."""
    found = [node]
    while isinstance(found[-1].args.get("this"), exp.Expr):
        found.append(found[-1].args["this"])
    return found


def tokenize(text: str) -> list[Token]:
    try:
        return Tokenizer().tokenize(text)
    except SqlglotError:
        return []


def names_of(node: exp.Expr) -> set[str]:
    """The words that may introduce a node in SQL, in upper case."""
    if isinstance(node, exp.Lock):
        return {"FOR"}
    names = set(node.sql_names()) if isinstance(node, exp.Func) and not isinstance(node, exp.Anonymous) else set()
    return names | {type(node).__name__.upper(), node.key.upper()}


def _keyword(tokens: list[Token], node: exp.Expr) -> tuple[int, int] | None:
    """A node without any place of its own: the first word that may be it."""
    names = {name.replace("_", "") for name in names_of(node)}
    if isinstance(node, exp.Boolean | exp.Null):
        names = {node.sql().upper()}
    for token in tokens:
        if token.text.upper().replace("_", "") in names:
            return token.start, token.end + 1
    return None


def _start_of_call(tokens: list[Token], node: exp.Expr, start: int) -> int:
    """Where the word before a node's arguments stands, if one of the tokens just before them is it."""
    before = [token for token in tokens if token.end < start][-4:]
    match node:
        case exp.Neg() if before and before[-1].token_type == TokenType.DASH:
            return before[-1].start
        case exp.Paren() if before and before[-1].token_type == TokenType.L_PAREN:
            return before[-1].start
        case exp.Not():
            # `not (x)`, but not `y and x is not null`, whose word stands behind.
            last = next((token for token in reversed(before) if token.token_type != TokenType.L_PAREN), None)
            return last.start if last is not None and last.token_type == TokenType.NOT else start
        case exp.Binary() | exp.Predicate():
            return start  # its word stands between its operands
    if isinstance(node, exp.Func) and "start" in node.meta:
        return start  # its name's place was kept, and is counted already
    names = names_of(node)
    return next((token.start for token in reversed(before) if token.text.upper() in names), start)


def _closed(tokens: list[Token], start: int, end: int) -> int:
    """`end` moved behind the brackets and `end` that close what opens between `start` and `end`."""
    depth = 0
    for token in tokens:
        if token.start < start:
            continue
        if token.token_type in _CLOSE and token.start >= end:
            if depth == 0:
                break
            end = token.end + 1
        elif token.start >= end and depth == 0:
            break
        depth += (token.token_type in _OPEN) - (token.token_type in _CLOSE)
    return end
