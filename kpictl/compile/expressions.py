"""The catalog's expressions as every engine computes them: true division, functions with one meaning."""

from __future__ import annotations

from collections.abc import Collection

from sqlglot import exp

from kpictl.catalog import Expression, Kind, Kpi
from kpictl.compile.tree import call, case, cast, coalesce, col, lit, rewrite

# A row value of 10^17 or more would not leave room for sums in DECIMAL(38, 10).
ROW_VALUE_LIMIT = exp.Literal.number("1e17")
# What DECIMAL(38, 10) can hold.
STORED_VALUE_LIMIT = exp.Literal.number("1e28")

# A factor from which on a product of sums may not fit, which would stop the run.
LARGE_FACTOR = 10**6

EXACT_KINDS: frozenset[Kind] = frozenset({"additive", "extreme", "distinct"})


def lower(expression: Expression, floats: Collection[str] = ()) -> exp.Expr:
    """An expression or condition over columns, with one meaning on every engine.

    `floats` are the columns that may hold NaN and infinities, which count as NULL wherever they are read.
    """

    def rule(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name in floats:
            return exp.paren(case((is_finite(col(node.name)), col(node.name))), copy=False)
        return _one_meaning(node)

    return rewrite(expression.tree.copy(), rule)


def is_finite(value: exp.Expr) -> exp.Expr:
    """Whether a number is neither NaN nor infinite: both engines order those above every number."""
    infinity = cast(lit("infinity"), "double")
    return exp.LT(this=exp.Abs(this=cast(value, "double")), expression=infinity)


def _one_meaning(node: exp.Expr) -> exp.Expr:
    match node:
        case exp.Column():
            return col(node.name)
        case exp.Div():
            # `/` is true division everywhere in the YAML, and x / 0 is NULL: PostgreSQL would divide integers
            # and raise, DuckDB would give infinity.
            return exp.Div(this=cast(node.left, "double"), expression=_not_zero(node.right))
        case exp.Mod():
            return exp.Mod(this=node.left, expression=_not_zero(node.right))
        case exp.Concat():
            # concat skips NULLs; sqlglot writes it with || for DuckDB, which does not.
            return call("CONCAT", *(coalesce(cast(part, "text"), lit("")) for part in node.expressions))
        case _:
            return node


def _not_zero(divisor: exp.Expr) -> exp.Expr:
    if isinstance(divisor, exp.Paren):
        divisor = divisor.this
    return exp.Nullif(this=divisor, expression=exp.Literal.number("0"))


def row_value(argument: exp.Expr) -> exp.Expr:
    """A measure's row value as an exact decimal; NaN, infinities and values that are too large become NULL.

    Both engines order NaN above every number, so that one comparison catches all three:
    https://www.postgresql.org/docs/current/datatype-numeric.html, https://duckdb.org/docs/stable/sql/data_types/numeric
    """
    return case((_storable(argument), cast(argument.copy(), "decimal")))


def unusable(argument: exp.Expr) -> exp.Expr:
    """Whether a row has a value that cannot be stored."""
    return exp.Not(this=coalesce(_storable(argument), lit(value=True)))


def _storable(argument: exp.Expr) -> exp.Expr:
    return exp.LT(this=exp.Abs(this=cast(argument.copy(), "double")), expression=ROW_VALUE_LIMIT.copy())


def stored(value: exp.Expr, *, exact: bool) -> exp.Expr:
    """A KPI's value as it is stored: DECIMAL(38, 10); a double that does not fit is NULL."""
    return cast(value, "decimal") if exact else case((fits(value), cast(value, "decimal")))


def fits(value: exp.Expr) -> exp.Expr:
    """Whether a double can be stored."""
    return exp.LT(this=exp.Abs(this=value.copy()), expression=STORED_VALUE_LIMIT.copy())


def is_exact_formula(formula: Expression, inputs: dict[str, bool]) -> bool:
    """Whether a formula only adds, subtracts and scales by integers, over exact KPIs."""
    return all(_keeps_exact(node, inputs) for node in formula.tree.walk())


def _keeps_exact(node: exp.Expr, inputs: dict[str, bool]) -> bool:
    match node:
        case exp.Column():
            return inputs[node.name]
        case exp.Literal():
            return node.is_int
        case exp.Mul():
            return any(_is_integer(factor) for factor in (node.left, node.right))
        case exp.Add() | exp.Sub() | exp.Neg() | exp.Paren() | exp.Abs() | exp.Coalesce() | exp.Identifier():
            return True
        case _:
            return False


def _is_integer(node: exp.Expr) -> bool:
    inner = node.unnest()
    if isinstance(inner, exp.Neg):
        inner = inner.this
    return isinstance(inner, exp.Literal) and inner.is_int


def formula_value(formula: Expression, *, exact: bool) -> exp.Expr:
    """A formula over a row that has its inputs as columns: in decimals where exact, else in double precision."""
    tree = lower(formula)
    is_large = any(each.is_int and int(each.name) >= LARGE_FACTOR for each in tree.find_all(exp.Literal))
    if exact and not is_large:
        return tree

    def as_double(node: exp.Expr) -> exp.Expr:
        is_number = isinstance(node, exp.Column) or (isinstance(node, exp.Literal) and not node.is_string)
        is_digits = isinstance(node.parent, exp.Round) and node.arg_key == "decimals"
        return cast(node.copy(), "double") if is_number and not is_digits else node

    if exact:
        return case((fits(exp.paren(rewrite(tree.copy(), as_double), copy=False)), tree))
    return rewrite(tree, as_double)


def inputs_of(kpi: Kpi) -> tuple[str, ...]:
    """The KPIs that a formula names, each once, in order; none for a measure."""
    if kpi.formula is None:
        return ()
    return tuple(dict.fromkeys(column.name for column in kpi.formula.columns()))
