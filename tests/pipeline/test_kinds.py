"""What lint says of the kinds of values, against what databases say of the same expressions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpictl.catalog import Column, ColumnType, Expression, Table, TableName
from kpictl.catalog.expressions import parse_formula
from kpictl.catalog.text import FileText, Scalar
from kpictl.check.kinds import Kind, kind_of, kind_of_type
from kpictl.compile.expressions import lower
from kpictl.compile.tree import named, select, table
from kpictl.diagnostics import WorldError
from kpictl.engine import Engine, open_engine

TYPES: dict[str, ColumnType] = {
    "n": "bigint",
    "m": "decimal",
    "t": "text",
    "u": "text",
    "d": "date",
    "e": "date",
    "b": "boolean",
}
ROWS = Table(TableName("raw", "thing"), tuple(Column(name, kind) for name, kind in TYPES.items()), ())
KINDS = {name: kind for name, type_ in TYPES.items() if (kind := kind_of_type(type_)) is not None}

IN_DOUBT = ("+", "-", "'7'")
"""Where something may be refused that is not told: dates go with some numbers alone, and one of the engines reads
a number in quotes as text where it meets another text first."""

LEAVES = st.sampled_from([*TYPES, "1", "2.5", "'web'", "'7'", "true"])
SHAPES = (
    "{0} + {1}", "{0} - {1}", "{0} * {1}", "-{0}", "abs({0})", "floor({0})", "round({0})",
    "{0} = {1}", "{0} < {1}",
    "lower({0}) between {1} and {2}", "n between {0} and {1}", "{0} in ({1}, {2})", "{0} is true", "{0} is null",
    "{0} and {1}", "{0} or {1}", "not {0}", "{0} like 'w%'",
    "lower({0})", "trim({0})", "substring({0}, 1, 2)", "length({0})", "concat({0}, {1})", "extract(year from {0})",
    "coalesce({0}, {1}, null)", "nullif({0}, {1})", "greatest({0}, {1}, {2})",
    "case when {0} then {1} else {2} end", "case {0} when {1} then {2} end",
)  # fmt: skip
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda parts: st.builds(
        lambda shape, *values: shape.format(*(f"({value})" for value in values)),
        st.sampled_from(SHAPES), parts, parts, parts,
    ),
    max_leaves=6,
)  # fmt: skip


@pytest.fixture
def engines(duckdb_url: str, postgres_url: str, tmp_path: Path) -> Iterator[tuple[Engine, ...]]:
    with closing(open_engine(duckdb_url, tmp_path)) as duckdb, closing(open_engine(postgres_url, tmp_path)) as postgres:
        for engine in (duckdb, postgres):
            with engine.transaction():
                engine.create(ROWS)
        yield duckdb, postgres


def asked(engine: Engine, text: str) -> str | None:
    """The type of an expression over the table as the database computes it; None where it refuses."""
    with engine.transaction():
        try:
            found = engine.types_of(select([named(lower(parsed(text)), "x")]).from_(table(ROWS.name), copy=False))
        except WorldError:
            return None
    return found["x"]


def parsed(text: str) -> Expression:
    file = FileText.of(Path("kpis/a.yml"), text)
    expression, found = parse_formula(Scalar(text, file.span(0, len(text)), file, range(len(text))))
    assert expression is not None, found
    return expression


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=EXPRESSIONS)
def test_what_is_told_is_refused_and_what_is_not_is_of_that_kind(engines: tuple[Engine, ...], text: str) -> None:
    kind, faults = kind_of(parsed(text).tree, KINDS)
    types = [asked(engine, text) for engine in engines]
    if faults:
        assert None in types, faults
    elif None in types:
        assert any(word in text for word in IN_DOUBT)
    else:
        # DuckDB works out `nullif(2.5, 2.5)` beforehand: a NULL, of no type.
        known = {kind_of_type(type_) for type_ in types if type_ is not None and "null" not in type_.lower()}
        assert known <= {kind} or kind in {None, Kind.QUOTED}
