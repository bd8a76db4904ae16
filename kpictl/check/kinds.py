"""What kind of value an expression gives, as far as the types of its columns tell, and what does not go together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlglot import exp

from kpictl.catalog.allowed import function_name


class Kind(StrEnum):
    """A value as SQL tells them apart; QUOTED is a text in quotes, which is read as whatever stands beside it."""

    NUMBER = "a number"
    TEXT = "text"
    CONDITION = "a condition"
    DATE = "a date"
    MOMENT = "a timestamp"
    QUOTED = "text in quotes"


Kinds = Mapping[str, Kind]

_WORDS: Mapping[Kind, str] = {
    Kind.NUMBER: "bigint integer int smallint tinyint hugeint decimal numeric double float real",
    Kind.TEXT: "text varchar character char bpchar",
    Kind.CONDITION: "boolean",
    Kind.DATE: "date",
    Kind.MOMENT: "timestamp timestamptz datetime",
}
_OF_TYPE = {word: kind for kind, words in _WORDS.items() for word in words.split()}

_NUMBER, _TEXT, _CONDITION = frozenset({Kind.NUMBER}), frozenset({Kind.TEXT}), frozenset({Kind.CONDITION})
_TIMES = frozenset({Kind.DATE, Kind.MOMENT})
_TAKEN: Mapping[Kind, str] = {
    Kind.NUMBER: "numbers",
    Kind.TEXT: "text",
    Kind.CONDITION: "conditions",
    Kind.DATE: "dates",
    Kind.MOMENT: "timestamps",
}
_INSTEAD: Mapping[Kind, str] = {
    Kind.NUMBER: "name a column of numbers, or cast it in a model",
    Kind.TEXT: "name a column of text, or write `cast(… as text)`",
    Kind.CONDITION: "compare it with something: `amount > 0`, `channel in ('Web', 'POS')`",
    Kind.DATE: "name a column of dates or timestamps, or cast it in a model",
}
_OPERATORS: Mapping[type[exp.Expr], str] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Neg: "-",
    exp.And: "and", exp.Or: "or", exp.Not: "not", exp.Is: "is",
}  # fmt: skip

# https://www.postgresql.org/docs/current/datatype-boolean.html
_TRUTHS = frozenset({"true", "false", "t", "f", "yes", "no", "y", "n", "on", "off", "1", "0"})
# https://www.postgresql.org/docs/current/datatype-datetime.html#DATATYPE-DATETIME-SPECIAL-VALUES
_DAYS = frozenset({"epoch", "infinity", "-infinity", "now", "today", "tomorrow", "yesterday"})
_DIGITS_OF_A_DATE = 3


@dataclass(frozen=True, slots=True)
class Fault:
    """A node that does not go with what stands around it."""

    node: exp.Expr
    message: str
    help: str


def kind_of_type(type_: str) -> Kind | None:
    """The kind of a database's type; None for one that is compared and computed in ways of its own."""
    words = type_.lower().partition("(")[0].split()
    return _OF_TYPE.get(words[0]) if words else None


def kind_of(tree: exp.Expr, columns: Kinds) -> tuple[Kind | None, tuple[Fault, ...]]:
    """What an expression gives, None where that is not known, and what in it does not go together."""
    reading = _Reading(columns)
    return reading.of(tree), tuple(reading.faults)


def faults_of(tree: exp.Expr, columns: Kinds, wanted: Kind, taker: str) -> tuple[Fault, ...]:
    """What is wrong in an expression that has to be of one kind; `taker` says who wants that."""
    reading = _Reading(columns)
    reading.demand(tree, frozenset({wanted}), taker)
    return tuple(reading.faults)


@dataclass(slots=True)
class _Reading:
    """A walk over one expression, from the leaves up; what a fault leaves is of no known kind."""

    columns: Kinds
    faults: list[Fault] = field(default_factory=list)

    def of(self, node: exp.Expr) -> Kind | None:
        match node:
            case exp.Column():
                return self.columns.get(node.name)
            case exp.Literal():
                return Kind.QUOTED if node.is_string else Kind.NUMBER
            case exp.Boolean():
                return Kind.CONDITION
            case exp.Paren():
                return self.of(node.this)
            case exp.Add() | exp.Sub():
                return self._sum(node)
            case exp.Mul() | exp.Div():
                return self._numbers(node, node.left, node.right)
            case exp.Neg() | exp.Abs() | exp.Round() | exp.Floor() | exp.Ceil():
                return self._numbers(node, node.this)
            case exp.Coalesce() | exp.Least() | exp.Greatest():
                return self._together(node.this, *node.expressions)
            case exp.Nullif():
                common = self._together(node.this, node.expression)
                return None if _hangs_on_quotes(node.this) else common
            case exp.Case():
                return self._case(node)
            case exp.Cast():
                self.of(node.this)
                return kind_of_type(node.to.this.value)
            case _:
                return self._condition(node) or self._text(node)

    def demand(self, node: exp.Expr, wanted: frozenset[Kind], taker: str) -> Kind | None:
        """The kind of a node that has to be of one of some; None where it is another."""
        kind = self.of(node)
        return kind if self._is_one_of(node, kind, wanted, taker) else None

    def _is_one_of(self, node: exp.Expr, kind: Kind | None, wanted: frozenset[Kind], taker: str) -> bool:
        # No engine knows whether `extract` is to read it as a date or as a moment.
        is_read_as_it = kind == Kind.QUOTED and wanted != _TIMES and _can_be(node, wanted)
        if kind is None or kind in wanted or is_read_as_it:
            return True
        first = next(each for each in Kind if each in wanted)
        message = f"{taker} takes {_TAKEN[first]}, and {_name(node)} is {kind}"
        self.faults.append(Fault(node, message, _INSTEAD[first]))
        return False

    def _condition(self, node: exp.Expr) -> Kind | None:
        """What is true or false; None for what is neither."""
        match node:
            case exp.And() | exp.Or():
                for side in (node.left, node.right):
                    self.demand(side, _CONDITION, _taker(node))
            case exp.Not():
                self.demand(node.this, _CONDITION, _taker(node))
            case exp.EQ() | exp.NEQ() | exp.LT() | exp.LTE() | exp.GT() | exp.GTE():
                self._together(node.left, node.right)
            case exp.Between():
                self._together(node.this, node.args["low"], node.args["high"])
            case exp.In():
                self._together(node.this, *node.expressions)
            case exp.Is() if isinstance(node.expression, exp.Boolean):
                self.demand(node.this, _CONDITION, _taker(node))
            case exp.Is():
                self.of(node.this)
            case exp.Like():
                self.demand(node.this, _TEXT, "`like`")
            case _:
                return None
        return Kind.CONDITION

    def _text(self, node: exp.Expr) -> Kind | None:
        match node:
            case exp.Lower() | exp.Upper() | exp.Trim() | exp.Substring():
                self.demand(node.this, _TEXT, _taker(node))
                return Kind.TEXT
            case exp.Length():
                self.demand(node.this, _TEXT, _taker(node))
                return Kind.NUMBER
            case exp.Concat():
                for part in node.expressions:
                    self.of(part)
                return Kind.TEXT
            case exp.Extract():
                self.demand(node.expression, _TIMES, _taker(node))
                return Kind.NUMBER
            case _:
                return None

    def _numbers(self, node: exp.Expr, *parts: exp.Expr) -> Kind | None:
        """A number, of numbers; what is not known may be an interval, which can be halved."""
        return self._of_numbers(node, [(part, self.of(part)) for part in parts])

    def _of_numbers(self, node: exp.Expr, parts: Sequence[tuple[exp.Expr, Kind | None]]) -> Kind | None:
        is_known = all(kind is not None for _, kind in parts)
        fine = [
            self._is_one_of(part, kind, _NUMBER, _taker(node))
            for part, kind in parts
            if is_known or kind != Kind.QUOTED
        ]
        return Kind.NUMBER if is_known and all(fine) else None

    def _sum(self, node: exp.Add | exp.Sub) -> Kind | None:
        """Days are added to a date, and two dates differ by days; an interval is of no known kind."""
        left, right = self.of(node.left), self.of(node.right)
        match node, left, right:
            case exp.Sub(), Kind.DATE, Kind.DATE:
                return Kind.NUMBER
            case (_, Kind.DATE, Kind.NUMBER) | (exp.Add(), Kind.NUMBER, Kind.DATE):
                return Kind.DATE
            case exp.Sub(), Kind.DATE | Kind.MOMENT, Kind.DATE | Kind.MOMENT:
                return None
        if _TIMES & {left, right} and {left, right} & {None, Kind.QUOTED}:
            return None
        return self._of_numbers(node, [(node.left, left), (node.right, right)])

    def _case(self, node: exp.Case) -> Kind | None:
        conditions = [branch.this for branch in node.args["ifs"]]
        if node.this is None:
            for condition in conditions:
                self.demand(condition, _CONDITION, "`when`")
        else:
            self._together(node.this, *conditions)
        default = node.args.get("default")
        return self._together(*(branch.args["true"] for branch in node.args["ifs"]), *([default] if default else []))

    def _together(self, *parts: exp.Expr) -> Kind | None:
        """What parts have in common that are compared, or of which one is taken."""
        parts = tuple(part for part in parts if not isinstance(part.unnest(), exp.Null))  # which goes with anything
        kinds = [self.of(part) for part in parts]
        first = next((at for at, kind in enumerate(kinds) if kind not in {None, Kind.QUOTED}), None)
        if first is None:
            return None if None in kinds or not kinds else Kind.TEXT
        common = kinds[first]
        assert common is not None
        for part, kind in zip(parts, kinds, strict=True):
            if kind is None or kind == common or {kind, common} <= _TIMES:
                continue
            if kind != Kind.QUOTED:
                message = f"{_name(parts[first])} is {common}, and {_name(part)} beside it is {kind}"
                self.faults.append(Fault(part, message, "write values of one kind, or cast one of them"))
            elif not _can_be(part, frozenset({common})):
                message = f"{_name(parts[first])} is {common}, and '{part.unnest().name}' beside it is none"
                self.faults.append(Fault(part, message, "write a value of its kind, or cast it to text"))
        return Kind.MOMENT if Kind.MOMENT in kinds and common in _TIMES else common


def _can_be(quoted: exp.Expr, wanted: Iterable[Kind]) -> bool:
    """Whether a text in quotes can be read as one of some kinds; dates have many forms, but all have some digits."""
    return any(_reads_as(quoted.unnest().name.strip(), kind) for kind in wanted)


def _reads_as(text: str, kind: Kind) -> bool:
    match kind:
        case Kind.NUMBER:
            try:
                float(text)
            except ValueError:
                return False
            return True
        case Kind.CONDITION:
            return text.lower() in _TRUTHS
        case Kind.DATE | Kind.MOMENT:
            return sum(letter.isdigit() for letter in text) >= _DIGITS_OF_A_DATE or text.lower() in _DAYS
        case _:
            return True


def _hangs_on_quotes(node: exp.Expr) -> bool:
    """Whether it is a text in quotes, or what `nullif` leaves of one: engines differ on its type."""
    node = node.unnest()
    return _is_quoted(node) or (isinstance(node, exp.Nullif) and _hangs_on_quotes(node.this))


def _is_quoted(node: exp.Expr) -> bool:
    inner = node.unnest()
    return isinstance(inner, exp.Literal) and inner.is_string


def _name(node: exp.Expr) -> str:
    inner = node.unnest()
    return f"`{inner.name}`" if isinstance(inner, exp.Column) else "this"


def _taker(node: exp.Expr) -> str:
    word = _OPERATORS.get(type(node))
    if word is None:
        assert isinstance(node, exp.Func), f"{type(node).__name__} has no word"
        word = function_name(node)
    return f"`{word}`"
