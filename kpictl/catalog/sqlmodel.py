"""Reading SQL models: one SELECT each, in the dialect that it names, with the tables that it reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlglot import Token, TokenType, exp

from kpictl.catalog.allowed import Refusal, function_name
from kpictl.catalog.allowed_models import refusals
from kpictl.catalog.document import read_text
from kpictl.catalog.model import Model, TableReference
from kpictl.catalog.near import near
from kpictl.catalog.parse import SqlError, parse, token_span, tokens_of
from kpictl.catalog.table import TableName
from kpictl.catalog.text import FileText, Scalar
from kpictl.catalog.tokens import node_range
from kpictl.diagnostics import Diagnostic, Span

Found = list[Diagnostic]

_TOKENS_MAX = 40_000
_STEM = re.compile("[a-z][a-z0-9_]*")
_COMMENT = re.compile(r"[ \t]*--[ \t]?(.*)|[ \t]*/\*(.*?)\*/[ \t]*$", re.MULTILINE)
_SETTING = re.compile(r"(\w+)[ \t]*:[ \t]*(\S+)[ \t]*")
_SETTINGS = {"dialect": ("postgres", "duckdb"), "materialize": ("view", "table")}
_PLACEHOLDERS = (TokenType.PLACEHOLDER, TokenType.PARAMETER, TokenType.COLON)
_FIRST_WORDS = (TokenType.SELECT, TokenType.WITH, TokenType.L_PAREN)
_BEGINS = "it begins with `select` or `with`"


@dataclass(frozen=True, slots=True)
class _Head:
    """What the comments at a model's top say."""

    dialect: str
    materialize: Literal["view", "table"]
    description: str


def read(path: Path, schema: str) -> tuple[Model | None, tuple[Diagnostic, ...]]:
    """A model of the models' schema, named like its file; None with what is wrong otherwise."""
    file, problem = read_text(path)
    if file is None:
        return None, problem
    found: Found = []
    if not _STEM.fullmatch(path.stem):
        help_ = "rename the file: `a` to `z`, digits and `_`, a letter first"
        found.append(Diagnostic("KPI043", f"`{path.stem}` is not a table's name", Span.whole_file(path), help=help_))
    head = _head(file, found)
    scalar = Scalar(file.text, file.span(0, len(file.text.rstrip())), file, range(len(file.text)))
    try:
        tree, tokens = _parsed(scalar, head.dialect)
    except SqlError as error:
        return None, (*found, error.diagnostic)
    found.extend(_say(scalar, tokens, refusal) for refusal in refusals(tree))
    if not isinstance(tree, exp.Query):
        found = found or [Diagnostic("KPI330", "a model is one SELECT", scalar.at, help=_BEGINS)]
    if not isinstance(tree, exp.Query) or found:
        return None, tuple(found)
    reads = tuple(_reads(tree, scalar, schema))
    columns = _columns(tree, scalar, tokens, found)
    name = TableName(schema, path.stem)
    made = Model(name, path, file.text, head.dialect, head.materialize, head.description, tree, reads, columns)
    return (None if found else made), tuple(found)


def _head(file: FileText, found: Found) -> _Head:
    """The settings and the first other comment of a model; comments count up to the first word of SQL."""
    settings: dict[str, str] = {}
    description: list[str] = []
    described = False
    at = 0
    for line in file.text.splitlines(keepends=True):
        comment = _COMMENT.match(line.rstrip("\r\n"))
        if comment is None:
            if line.strip() and not line.lstrip().startswith("/*"):
                break
            described = bool(description)
        else:
            text = (comment.group(1) or comment.group(2) or "").strip()
            start = at + line.find(text)
            if (setting := _SETTING.fullmatch(text)) and _is_setting(setting.group(1)):
                _set(settings, setting, file.span(start, start + len(text)), found)
            elif text and not described:
                description.append(text)
        at += len(line)
    materialize: Literal["view", "table"] = "table" if settings.get("materialize") == "table" else "view"
    return _Head(settings.get("dialect", "postgres"), materialize, " ".join(description))


def _is_setting(name: str) -> bool:
    return near(name, _SETTINGS) is not None


def _set(settings: dict[str, str], setting: re.Match[str], at: Span, found: Found) -> None:
    name, value = setting.groups()
    if name not in _SETTINGS:
        found.append(Diagnostic("KPI331", f"`{name}` is not a setting", at, help=f"`{near(name, _SETTINGS)}` is near"))
    elif value not in _SETTINGS[name]:
        choices = " or ".join(_SETTINGS[name])
        found.append(Diagnostic("KPI331", f"`{value}` is not a choice for `{name}`", at, help=f"write {choices}"))
    elif name in settings:
        found.append(Diagnostic("KPI331", f"`{name}` is set twice", at, help="remove one of them"))
    else:
        settings[name] = value


def _parsed(scalar: Scalar, dialect: str) -> tuple[exp.Expr, list[Token]]:
    tokens = tokens_of(scalar, dialect, _TOKENS_MAX)
    text = scalar.text
    if tokens[-1].token_type == TokenType.SEMICOLON:
        text = text[: tokens.pop().start]
    if not tokens or tokens[0].token_type not in _FIRST_WORDS:
        at = token_span(scalar, tokens[0]) if tokens else scalar.at
        raise SqlError(Diagnostic("KPI330", "a model is one SELECT", at, help=_BEGINS))
    for token in tokens:
        if token.token_type == TokenType.SEMICOLON:
            advice = "give each SELECT a file of its own"
            raise SqlError(Diagnostic("KPI330", "a model is one SELECT", token_span(scalar, token), help=advice))
        if token.token_type in _PLACEHOLDERS:
            message = "placeholders and templates are not read"
            raise SqlError(Diagnostic("KPI304", message, token_span(scalar, token), help="write the value out"))
        if token.token_type in (TokenType.BLOCK_START, TokenType.BLOCK_END) or _opens_template(text, token):
            message = "templates are not read"
            raise SqlError(Diagnostic("KPI304", message, token_span(scalar, token), help="a model is plain SQL"))
    tree = parse(Scalar(text, scalar.at, scalar.file, scalar.offsets), tokens, None, dialect)
    for node in tree.walk():
        node.pop_comments()
        if isinstance(node, exp.Identifier) and not node.quoted:
            node.set("this", node.name.lower())
    return tree, tokens


def _opens_template(text: str, token: Token) -> bool:
    return token.token_type == TokenType.L_BRACE and text.startswith("{{", token.start)


def _say(scalar: Scalar, tokens: list[Token], refusal: Refusal) -> Diagnostic:
    node, message = refusal.node, refusal.message
    found = node_range(scalar.text, node, tokens)
    if isinstance(node, exp.Func):
        name = function_name(node)
        if "end" in node.meta:
            found = node.meta["start"], node.meta["end"] + 1
            name = scalar.text[found[0] : found[1]].lower()
        message = message.replace("{name}", name)
    at = scalar.at if found is None else scalar.span(*found)
    return Diagnostic(refusal.code, message, at, help=refusal.help)


def _reads(tree: exp.Query, scalar: Scalar, schema: str) -> Iterator[TableReference]:
    """The tables of the FROM clauses but CTEs; those without a schema get the models', in the tree too."""
    tables = [table for table in tree.find_all(exp.Table) if isinstance(table.this, exp.Identifier)]
    for table in sorted(tables, key=lambda one: one.this.meta.get("start", 0)):
        if not table.db:
            if _is_cte(table):
                continue
            table.set("db", exp.to_identifier(schema))
        names = [part.meta for part in (table.args["db"], table.this) if "end" in part.meta]
        at = scalar.span(names[0]["start"], names[-1]["end"] + 1) if names else scalar.at
        yield TableReference(TableName(table.db, table.name), at)


def _is_cte(table: exp.Table) -> bool:
    """Whether a name without a schema is that of a CTE that can be seen from where it stands.

    A CTE sees those before it, and itself only under WITH RECURSIVE:
    `with orders as (select * from orders)` reads the table.
    """
    below: exp.Expr = table
    above = table.parent
    while above is not None:
        if isinstance(above, exp.With):
            earlier = above.expressions[: above.expressions.index(below)] if below in above.expressions else []
            visible = above.expressions if above.args.get("recursive") else earlier
            if any(cte.alias == table.name for cte in visible):
                return True
        elif isinstance(above, exp.Query) and not isinstance(below, exp.With):
            clause = above.args.get("with_")
            if clause is not None and any(cte.alias == table.name for cte in clause.expressions):
                return True
        below, above = above, above.parent
    return False


def _columns(tree: exp.Query, scalar: Scalar, tokens: list[Token], found: Found) -> tuple[str, ...] | None:
    """The names that a model selects; they must be there and differ, for views on every engine."""
    selects = tree.selects
    if any(isinstance(item, exp.Star) or item.is_star for item in selects):
        return None
    names: list[str] = []
    for item in selects:
        name = item.alias_or_name if isinstance(item, exp.Alias | exp.Column) else ""
        place = node_range(scalar.text, item, tokens)
        at = scalar.at if place is None else scalar.span(*place)
        if not name:
            found.append(Diagnostic("KPI338", "this column has no name", at, help="give it one: `as name`"))
        elif name in names:
            advice = "leave it out, or give it another name: `as name`"
            found.append(Diagnostic("KPI339", f"the column `{name}` is selected twice", at, help=advice))
        names.append(name)
    return tuple(names)
