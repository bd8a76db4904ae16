"""The SQL that a measure, a condition or a formula may hold: what means the same on every engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlglot import exp

from kpictl.catalog.near import near

DType = exp.DataType.Type

FUNCTIONS = (
    "abs", "cast", "ceil", "coalesce", "concat", "extract", "floor", "greatest", "least", "length",
    "lower", "nullif", "round", "substring", "trim", "upper",
)  # fmt: skip

_DATE_PARTS = {"YEAR", "QUARTER", "MONTH", "WEEK", "DAY"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_INTEGER_DIGITS_MAX = 18
_DIGITS_MAX = 38


@dataclass(frozen=True, slots=True)
class Refusal:
    """A node that is not allowed; `{name}` in the message stands for its function's name as it is written."""

    node: exp.Expr
    code: str
    message: str
    help: str


Check = Callable[[exp.Expr], Refusal | None]


def refusals(tree: exp.Expr) -> Iterator[Refusal]:
    """All that is not allowed in a tree, outermost first; what is inside a refused node is passed over."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        found = _refusal(node)
        if found is not None:
            yield found
        else:
            waiting.extend(reversed(list(node.iter_expressions())))


def _refusal(node: exp.Expr) -> Refusal | None:
    check = _ALLOWED.get(type(node))
    return _refused(node) if check is None else check(node)


def _refused(node: exp.Expr) -> Refusal:
    """What to say of a node that is on no list."""
    match node:
        case exp.Query() | exp.Exists() | exp.Any() | exp.All():
            return Refusal(node, "KPI306", "a subquery is not allowed in an expression", "put it into a model")
        case exp.Window() | exp.WithinGroup() | exp.Filter() | exp.IgnoreNulls() | exp.RespectNulls():
            help_ = "put a condition into `where`, and a window function into a model"
            return Refusal(
                node, "KPI307", "`over`, `filter` and `within group` are not allowed in an expression", help_
            )
        case exp.AggFunc():
            help_ = "`measure` is one aggregate call; a formula works on the values of other KPIs"
            return Refusal(node, "KPI320", "the aggregate `{name}` is not allowed here", help_)
        case exp.Star():
            return Refusal(node, "KPI308", "`*` is allowed in `count(*)` alone", "name a column")
        case exp.Placeholder() | exp.Parameter() | exp.SessionParameter():
            return Refusal(node, "KPI304", "placeholders and templates are not read", "write the value out")
        case exp.UDTF() | exp.Unnest():
            return Refusal(
                node, "KPI310", "a function that returns a table is not allowed in an expression", "put it into a model"
            )
    for kinds, what, help_ in _INSTEAD:
        if isinstance(node, kinds):
            return Refusal(node, "KPI310", f"{what} is not among the functions of expressions", help_)
    if isinstance(node, exp.Func) and not isinstance(node, exp.Connector):
        return _unknown_function(node)
    if isinstance(node, exp.DDL | exp.DML | exp.Command | exp.Block):
        return Refusal(node, "KPI309", "an expression is expected, not a statement", "put it into a model")
    return Refusal(node, "KPI311", f"this {_words(node)} is not allowed in an expression", "put it into a model")


_INSTEAD: tuple[tuple[type[exp.Expr] | tuple[type[exp.Expr], ...], str, str], ...] = (
    ((exp.ILike, exp.SimilarTo, exp.RegexpLike, exp.RegexpILike, exp.Glob), "pattern matching but `like`",
     "`lower(x) like '…'`"),
    (exp.Escape, "`escape`", "compare with `substring`, or put it into a model"),
    (exp.DPipe, "`||`", "`concat(a, b)`"),
    (exp.Mod, "`%`", "engines differ on a division by zero; put it into a model"),
    (exp.IntDiv, "integer division", "`floor(a / b)`"),
    (exp.If, "`if`", "`case when … then … else … end`"),
    ((exp.NullSafeEQ, exp.NullSafeNEQ), "`is distinct from`", "`a <> b or a is null`"),
    ((exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentTime), "the present time",
     "windows and the as-of date say which days count"),
    ((exp.Year, exp.Quarter, exp.Month, exp.Week, exp.Day), "the short form of `extract`",
     "`extract(year from d)`"),
    (exp.TryCast, "`try_cast`", "`cast`; rows that cannot be cast are for a model to clean"),
)  # fmt: skip


def _unknown_function(node: exp.Func) -> Refusal:
    name = function_name(node)
    meant = near(name, FUNCTIONS)
    help_ = f"`{meant}` is near" if meant and meant != name else f"there are {', '.join(FUNCTIONS)}"
    return Refusal(node, "KPI310", "the function `{name}` is not among the functions of expressions", help_)


def function_name(node: exp.Func) -> str:
    return (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower()


def _words(node: exp.Expr) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).lower()


def _fine(_node: exp.Expr) -> Refusal | None:
    return None


def _column(node: exp.Expr) -> Refusal | None:
    if isinstance(node.this, exp.Star):
        return Refusal(node, "KPI308", "`*` is allowed in `count(*)` alone", "name a column")
    if node.args.get("table") is not None:
        help_ = "the source is given already: a column stands alone, as in `net_sales`"
        return Refusal(node, "KPI312", "a name with a dot is not allowed in an expression", help_)
    return None


def _identifier(node: exp.Expr) -> Refusal | None:
    if node.name.startswith("$"):
        return Refusal(node, "KPI304", "placeholders and templates are not read", "write the value out")
    if not _NAME.fullmatch(node.name):
        help_ = "letters, digits and `_` make a name; a model can rename the column"
        return Refusal(node, "KPI312", "this name is not allowed in an expression", help_)
    return None


def _literal(node: exp.Expr) -> Refusal | None:
    text = node.name
    if node.args.get("is_string"):
        return None
    if not _NUMBER.fullmatch(text):
        return Refusal(node, "KPI313", "a number is written with digits and a point", "write the number out")
    if len(text.strip(".")) > _INTEGER_DIGITS_MAX and "." not in text:
        return Refusal(node, "KPI313", f"an integer has at most {_INTEGER_DIGITS_MAX} digits", "write a smaller one")
    if len(text) > _DIGITS_MAX:
        return Refusal(node, "KPI313", f"a number has at most {_DIGITS_MAX} digits", "round it")
    return None


def _only(*names: str) -> Check:
    """A function that may have only the arguments `names`."""
    allowed = set(names)

    def check(node: exp.Expr) -> Refusal | None:
        more = [
            value for name, value in node.args.items() if name not in allowed and isinstance(value, exp.Expr | list)
        ]
        if any(more):
            help_ = "leave out all but its plain arguments, or put it into a model"
            return Refusal(node, "KPI314", "this form of `{name}` is not allowed in an expression", help_)
        if "expressions" in allowed and not node.expressions and "this" not in allowed:
            return Refusal(node, "KPI314", "`{name}` has no arguments", "write them between the brackets")
        return None

    return check


def _integer(node: exp.Expr | None, low: int, high: int) -> bool:
    return isinstance(node, exp.Literal) and node.is_int and low <= int(node.name) <= high


def _round(node: exp.Expr) -> Refusal | None:
    decimals = node.args.get("decimals")
    if node.args.get("truncate") is not None or not (decimals is None or _integer(decimals, 0, 10)):
        return Refusal(
            node, "KPI314", "the second argument of `round` is a number of decimals from 0 to 10", "`round(x, 2)`"
        )
    return None


def _substring(node: exp.Expr) -> Refusal | None:
    length = node.args.get("length")
    if not _integer(node.args.get("start"), 1, 10**9) or not (length is None or _integer(length, 0, 10**9)):
        help_ = "engines differ on other positions: `substring(x, 1, 3)`"
        return Refusal(node, "KPI314", "`substring` begins at a written position from 1", help_)
    return None


def _trim(node: exp.Expr) -> Refusal | None:
    if any(node.args.get(name) for name in ("expression", "position", "collation")):
        return Refusal(node, "KPI314", "`trim` takes blanks from both ends; it has one argument", "`trim(x)`")
    return None


def _like(node: exp.Expr) -> Refusal | None:
    pattern = node.expression
    if not isinstance(pattern, exp.Literal) or not pattern.is_string:
        return Refusal(pattern, "KPI314", "the pattern of `like` is a text in single quotes", "`channel like 'Web%'`")
    if "\\" in pattern.name:
        return Refusal(pattern, "KPI314", "engines differ on a backslash in a pattern of `like`", "leave it out")
    return None


def _in(node: exp.Expr) -> Refusal | None:
    if node.args.get("query") is not None:
        return Refusal(node, "KPI306", "a subquery is not allowed in an expression", "put it into a model")
    if not node.expressions or any(node.args.get(name) for name in ("unnest", "field", "is_global")):
        return Refusal(node, "KPI314", "`in` is followed by a list", "`channel in ('Web', 'POS')`")
    return None


def _between(node: exp.Expr) -> Refusal | None:
    if node.args.get("symmetric") is not None:
        return Refusal(
            node, "KPI314", "`symmetric` is not allowed in an expression", "leave it out; the smaller value is first"
        )
    return None


def _is(node: exp.Expr) -> Refusal | None:
    if isinstance(node.expression, exp.Null | exp.Boolean):
        return None
    return Refusal(node, "KPI314", "`is` is followed by `null`, `true` or `false`", "compare other values with `=`")


def _extract(node: exp.Expr) -> Refusal | None:
    if isinstance(node.this, exp.Var) and node.this.name.upper() in _DATE_PARTS:
        return None
    return Refusal(node, "KPI314", "`extract` takes year, quarter, month, week or day", "`extract(month from d)`")


def _cast(node: exp.Expr) -> Refusal | None:
    type_ = node.args["to"]
    if any(node.args.get(name) for name in ("format", "action", "default")):
        return Refusal(node, "KPI314", "this form of `cast` is not allowed in an expression", "`cast(x as date)`")
    if not isinstance(type_, exp.DataType) or type_.this not in _TYPES or type_.args.get("nested"):
        names = "boolean, integer, bigint, decimal, double, text, date and timestamp"
        return Refusal(node, "KPI315", "`cast` to this type is not allowed in an expression", f"there are {names}")
    sizes = [size.this for size in type_.expressions]
    if sizes and not (type_.this == DType.DECIMAL and _is_decimal(sizes)):
        return Refusal(
            node, "KPI315", "this size of a type is not allowed", "`decimal(12, 2)` and types without a size"
        )
    if type_.this == DType.DATE and isinstance(node.this, exp.Literal) and not _is_date(node.this.name):
        return Refusal(node.this, "KPI315", f"`{node.this.name}` is not a date", "a date is written '2025-01-31'")
    return None


def _is_decimal(sizes: list[exp.Expr]) -> bool:
    if len(sizes) not in (1, 2) or not _integer(sizes[0], 1, _DIGITS_MAX):
        return False
    return len(sizes) == 1 or _integer(sizes[1], 0, int(sizes[0].name))


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _within(kind: type[exp.Expr]) -> Check:
    def check(node: exp.Expr) -> Refusal | None:
        return None if isinstance(node.parent, kind) else _refused(node)

    return check


_TYPES = {
    DType.BOOLEAN, DType.BIGINT, DType.INT, DType.DECIMAL, DType.DOUBLE, DType.TEXT, DType.VARCHAR,
    DType.DATE, DType.TIMESTAMP,
}  # fmt: skip

_ALLOWED: Mapping[type[exp.Expr], Check] = {
    **dict.fromkeys(
        (exp.Boolean, exp.Null, exp.Paren, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.EQ, exp.NEQ,
         exp.LT, exp.LTE, exp.GT, exp.GTE, exp.And, exp.Or, exp.Not, exp.Case),
        _fine,
    ),
    exp.Column: _column,
    exp.Identifier: _identifier,
    exp.Literal: _literal,
    exp.If: _within(exp.Case),
    exp.Var: _within(exp.Extract),
    exp.DataType: _within(exp.Cast),
    exp.DataTypeParam: _within(exp.DataType),
    exp.Is: _is,
    exp.Between: _between,
    exp.In: _in,
    exp.Like: _like,
    exp.Cast: _cast,
    exp.Extract: _extract,
    exp.Coalesce: _only("this", "expressions"),
    exp.Nullif: _only("this", "expression"),
    exp.Abs: _only("this"),
    exp.Round: _round,
    exp.Floor: _only("this"),
    exp.Ceil: _only("this"),
    exp.Least: _only("this", "expressions"),
    exp.Greatest: _only("this", "expressions"),
    exp.Lower: _only("this"),
    exp.Upper: _only("this"),
    exp.Trim: _trim,
    exp.Length: _only("this"),
    exp.Substring: _substring,
    exp.Concat: _only("expressions"),
}  # fmt: skip
