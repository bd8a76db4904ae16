"""SQL models: what they may hold, what they read, and the comments at their top."""

from pathlib import Path

import pytest

from kpictl.catalog.model import Model
from kpictl.catalog.sqlmodel import read
from kpictl.diagnostics import Diagnostic


def _read(folder: Path, text: str, name: str = "m.sql") -> tuple[Model | None, tuple[Diagnostic, ...]]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read(path, "marts")


def _good(folder: Path, text: str) -> Model:
    model, found = _read(folder, text)
    assert found == ()
    assert model is not None
    return model


def test_the_head(tmp_path: Path) -> None:
    model = _good(
        tmp_path,
        "-- dialect: duckdb\n-- One row for each order,\n-- paid.\n-- materialize: table\n\n-- not this\n"
        "select 1 as a\n",
    )
    assert (model.dialect, model.materialize) == ("duckdb", "table")
    assert model.description == "One row for each order, paid."
    assert (str(model.name), model.columns) == ("marts.m", ("a",))


def test_the_heads_defaults(tmp_path: Path) -> None:
    model = _good(tmp_path, "select 1 as a")
    assert (model.dialect, model.materialize, model.description) == ("postgres", "view", "")


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("select 1 as a", []),
        ("select a from t", [("marts.t", 1, 15)]),
        ("select a\nfrom raw.t as x", [("raw.t", 2, 6)]),
        ("select a from Foo", [("marts.foo", 1, 15)]),
        ('select a from "Foo"', [("marts.Foo", 1, 15)]),
        ("with c as (select a from t) select a from c", [("marts.t", 1, 26)]),
        ("with orders as (select a from orders) select a from orders", [("marts.orders", 1, 31)]),
        ("with recursive r as (select 1 as n union all select n + 1 from r) select n from r", []),
        ("with a as (select b from b), b as (select 1 as b) select b from b", [("marts.b", 1, 26)]),
        ("select a from t union select a from raw.u", [("marts.t", 1, 15), ("raw.u", 1, 37)]),
        ("select (select max(x) from u) as a from t", [("marts.u", 1, 28), ("marts.t", 1, 41)]),
        ("select a in (select b from u) as a from t", [("marts.u", 1, 28), ("marts.t", 1, 41)]),
        ("select x from generate_series(1, 3) as g(x)", []),
        ("select e.x from t, unnest(t.a) as e(x)", [("marts.t", 1, 17)]),
        ("select e.x from t cross join lateral jsonb_array_elements(t.a) as e(x)", [("marts.t", 1, 17)]),
    ],
)
def test_reads(tmp_path: Path, text: str, reads: list[tuple[str, int, int]]) -> None:
    model = _good(tmp_path, text)
    assert [(str(one.name), one.at.line, one.at.column) for one in model.reads] == reads


def test_the_tree_has_the_schema(tmp_path: Path) -> None:
    assert _good(tmp_path, "select a from t").tree.sql() == "SELECT a FROM marts.t"


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("select a, t.b, 1 as c from t", ("a", "b", "c")),
        ('select a as "Order" from t', ("Order",)),
        ("select * from t", None),
        ("select t.*, 1 as a from t", None),
        ("select a from t union all select b from u", ("a",)),
    ],
)
def test_columns(tmp_path: Path, text: str, columns: tuple[str, ...] | None) -> None:
    assert _good(tmp_path, text).columns == columns


@pytest.mark.parametrize(
    "expression",
    [
        "sum(a) over (partition by b order by c rows between unbounded preceding and current row)",
        "row_number() over (order by a desc nulls last)",
        "count(*) filter (where a > 1)",
        "count(distinct a)",
        "string_agg(a, ',' order by b)",
        "percentile_cont(0.5) within group (order by a)",
        "a -> 'x' ->> 'y'",
        "a::numeric(38, 10) / 2",
        "a at time zone 'UTC'",
        "date_trunc('month', a)",
        "a + interval '1 day'",
        "case when a then 1 end",
        "exists(select 1 from u)",
        "split_part(a, '-', 1)",
        "a ~ '^x'",
        "a || b",
    ],
)
def test_accepted(tmp_path: Path, expression: str) -> None:
    assert _good(tmp_path, f"select {expression} as x from t").columns == ("x",)


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("", "KPI300", ""),
        ("select 'abc", "KPI301", "'"),
        ("select (1 as a", "KPI303", "("),
        ("select :p as a", "KPI304", ":"),
        ("select $1 as a", "KPI304", "$"),
        ("select a from {{ ref('x') }}", "KPI304", "{"),
        ("select 1 as a; select 2 as b", "KPI330", ";"),
        ("drop table x", "KPI330", "drop"),
        ("copy t to 'x'", "KPI330", "copy"),
        ("attach 'x'", "KPI330", "attach"),
        ("with x as (delete from t returning *) select * from x", "KPI332", "delete from t returning *"),
        ("with x as (insert into t select 1) select * from x", "KPI332", None),
        ("select a into b from t", "KPI332", "into b"),
        ("select a from t for update", "KPI332", "for"),
        ("select a from t tablesample bernoulli (1)", "KPI333", None),
        ("select e'x' as a", "KPI333", "e'x'"),
        ("select * from read_csv('x')", "KPI334", "read_csv"),
        ("select * from read_parquet('x')", "KPI334", "read_parquet"),
        ("select pg_read_file('x') as a", "KPI334", "pg_read_file"),
        ("select lo_import('x') as a", "KPI334", "lo_import"),
        ("select set_config('a', 'b', false) as x", "KPI334", "set_config"),
        ("select getenv('HOME') as a", "KPI334", "getenv"),
        ("select nextval('s') as a", "KPI334", "nextval"),
        ("select random() as a", "KPI334", "random"),
        ("select now() as a", "KPI334", "now"),
        ("select current_date as a", "KPI334", "current_date"),
        ("select a from t, lateral dblink('x') y", "KPI334", "dblink"),
        ("select a #>> '{x}' as b from t", "KPI334", "a #>> '{x}'"),
        ("select a from 'x.csv'", "KPI335", "'x.csv'"),
        ('select a from "x.csv"', "KPI335", '"x.csv"'),
        ("select a from x.y.z", "KPI335", "x.y.z"),
        ("select a from pg_catalog.pg_authid", "KPI335", "pg_catalog.pg_authid"),
        ("select 1 / 2 as a", "KPI337", "1 / 2"),
        ("select cast(a as int) / 100 as b from t", "KPI337", "cast(a as int) / 100"),
        ("select 1 + 1", "KPI338", "1 + 1"),
        ("select a, b as a from t", "KPI339", "b as a"),
    ],
)
@pytest.mark.parametrize("dialect", ["postgres", "duckdb"])
def test_refused(tmp_path: Path, text: str, code: str, at: str | None, dialect: str) -> None:
    model, found = _read(tmp_path, f"-- dialect: {dialect}\n{text}")
    assert model is None
    assert [one.code for one in found] == [code]
    if at is not None and text:
        assert found[0].at.line == 2
        assert text[found[0].at.column - 1 : found[0].at.end_column - 1] == at


@pytest.mark.parametrize("type_", ["numeric", "decimal"])
def test_a_bare_numeric_is_refused(tmp_path: Path, type_: str) -> None:
    """DuckDB's own dialect says (18, 3) where PostgreSQL's says nothing: there it means one thing."""
    model, found = _read(tmp_path, f"select cast(a as {type_}) as b from t")
    assert model is None
    assert [(one.code, one.at.column, one.at.end_column) for one in found] == [("KPI336", 8, 26)]


@pytest.mark.parametrize(
    ("head", "column", "part"),
    [
        ("-- dialect: mysql", 4, "`mysql` is not a choice"),
        ("-- dialekt: postgres", 4, "`dialekt` is not a setting"),
        ("-- materialize: tabel", 4, "`tabel` is not a choice"),
    ],
)
def test_wrong_settings(tmp_path: Path, head: str, column: int, part: str) -> None:
    model, found = _read(tmp_path, f"{head}\nselect 1 as a")
    assert model is None
    assert [(one.code, one.at.line, one.at.column) for one in found] == [("KPI331", 1, column)]
    assert part in found[0].message


def test_a_files_name_is_a_tables(tmp_path: Path) -> None:
    model, found = _read(tmp_path, "select 1 as a", "My Model.sql")
    assert model is None
    assert [one.code for one in found] == ["KPI043"]
