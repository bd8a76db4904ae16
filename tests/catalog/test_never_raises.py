"""Whatever stands in a project's files, reading them gives diagnostics, never an exception."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from kpictl.catalog import load, parse_condition, parse_formula, parse_measure
from kpictl.catalog.text import FileText, Scalar

_WORDS = [
    "a",
    "b",
    "sum(",
    "count(*",
    ")",
    "(",
    ",",
    "+",
    "-",
    "*",
    "/",
    "=",
    "<",
    ">",
    "'x'",
    '"',
    "'",
    "case",
    "when",
    "then",
    "else",
    "end",
    "and",
    "or",
    "not",
    "in",
    "is",
    "null",
    "like",
    "between",
    "cast(",
    "as",
    "int",
    "::",
    "decimal",
    "extract(",
    "year",
    "from",
    "d",
    "distinct",
    "over",
    "filter",
    "where",
    "select",
    "with",
    "join",
    "on",
    "group",
    "by",
    "order",
    ".",
    ";",
    ":",
    "?",
    "@",
    "$1",
    "{",
    "}",
    "[",
    "]",
    "||",
    "--",
    "/*",
    "*/",
    "1",
    "2.5",
    "1e5",
    "interval",
    "unnest(",
    "lateral",
    "values",
    "exists",
    "any(",
    "for",
    "update",
    "into",
    "\\",
    "%",
    "~",
    "->",
    "é",
]
_KEYS = [
    "name",
    "kpis",
    "formats",
    "entities",
    "sources",
    "code",
    "measure",
    "formula",
    "where",
    "id",
    "expect",
    "that",
    "calendar",
    "fiscal",
    "windows",
]

_sql = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(_WORDS), max_size=14).map(" ".join))
_yaml_scraps = st.lists(
    st.one_of(
        st.sampled_from([f"{key}: " for key in _KEYS]),
        st.sampled_from(
            [
                "\n",
                "\n  ",
                "\n    ",
                "- ",
                "[",
                "]",
                "{",
                "}",
                ", ",
                "&a ",
                "*a",
                "!t ",
                "|",
                ">",
                "'",
                '"',
                "<<: ",
            ]
        ),
        st.sampled_from(["1", "012", "x", "ALL", "2024-01-01", "sum(x)", "\t", "---", "#", "null", "é"]),
    ),
    max_size=30,
).map("".join)
_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(_KEYS), inner, max_size=5)),
    max_leaves=12,
).map(repr)


def _scalar(text: str) -> Scalar:
    file = FileText.of(Path("a.yml"), text)
    return Scalar(text, file.span(0, len(text)), file, range(len(text)))


@settings(max_examples=400, deadline=None)
@given(_sql)
def test_expressions(text: str) -> None:
    for parse in (parse_condition, parse_formula, parse_measure):
        parsed, found = parse(_scalar(text))
        assert (parsed is None) == bool(found)
        for one in found:
            assert one.at.line >= 1
            assert one.at.column >= 1


@settings(max_examples=200, deadline=None)
@given(
    project=st.one_of(st.text(max_size=80), _yaml_scraps, _values),
    kpis=st.one_of(_yaml_scraps, _values),
    sql=_sql,
)
def test_projects(project: str, kpis: str, sql: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "kpis" / "models").mkdir(parents=True)
        (folder / "kpis" / "lookups").mkdir()
        (folder / "kpictl.yml").write_bytes(project.encode("utf-8", "surrogatepass"))
        (folder / "kpis" / "a.yml").write_bytes(kpis.encode("utf-8", "surrogatepass"))
        (folder / "kpis" / "models" / "m.sql").write_bytes(f"select {sql}".encode("utf-8", "surrogatepass"))
        (folder / "kpis" / "lookups" / "t.csv").write_bytes(sql.encode("utf-8", "surrogatepass"))
        _, found = load(folder)
        assert list(found) == sorted(found, key=lambda one: one.at)
