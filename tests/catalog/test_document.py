"""YAML as values and places: JSON's scalars only, and every refusal where it stands."""

from pathlib import Path

import pytest

from kpictl.catalog.document import Document, Value, read


def _read(folder: Path, text: str | bytes) -> tuple[Document | None, list[tuple[str, int, int, str]]]:
    path = folder / "a.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    document, found = read(path)
    return document, [(one.code, one.at.line, one.at.column, one.message) for one in found]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: NO", {"a": "NO"}),
        ("a: yes", {"a": "yes"}),
        ("a: True", {"a": "True"}),
        ("a: true", {"a": True}),
        ("a: 1:30", {"a": "1:30"}),
        ("a: 2024-01-31", {"a": "2024-01-31"}),
        ("a: 12", {"a": 12}),
        ("a: -3", {"a": -3}),
        ("a: 1.5", {"a": 1.5}),
        ("a: '12'", {"a": "12"}),
        ("a:", {"a": None}),
        ("a: null", {"a": None}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("\ufeffa: é", {"a": "é"}),
        ("", None),
        ("# only a comment\n", None),
    ],
)
def test_values_are_those_of_json(tmp_path: Path, text: str, value: Value) -> None:
    document, found = _read(tmp_path, text)
    assert found == []
    assert document is not None
    assert document.value == value


@pytest.mark.parametrize(
    "case",
    [
        (b"a: b\nc: \xff\n", "KPI002", 2, 4, "0xFF"),
        ("a: \x01", "KPI003", 1, 4, "U+0001"),
        ("a:\n\tb: 1", "KPI003", 2, 1, "tab"),
        ("a: b: c", "KPI003", 1, 5, "not YAML"),
        ("a: 'x\n\n\n", "KPI003", 1, 4, "not YAML"),
        ("a: @x", "KPI003", 1, 4, "`@`"),
        ("a: 1\n---\nb: 2", "KPI004", 2, 1, "one YAML document"),
        ("a: 1\nb: 2\na: 3", "KPI005", 3, 1, "`a` stands twice"),
        ("a: &x [*x]", "KPI006", 1, 7, "inside its own anchor"),
        ("a: {b: 1}\n<<: {c: 2}", "KPI007", 2, 1, "merge"),
        ("a: !!python/object x", "KPI008", 1, 4, "`!!python/object`"),
        ("a: &n !mine x", "KPI008", 1, 7, "`!mine`"),
        ("a: 012", "KPI009", 1, 4, "`012`"),
        ("a: 0x1F", "KPI009", 1, 4, "`0x1F`"),
        ("a: 1_000", "KPI009", 1, 4, "`1_000`"),
        ("a: .inf", "KPI009", 1, 4, "`.inf`"),
        ("a: 99999999999999999999", "KPI009", 1, 4, "`99999999999999999999`"),
        ("a: {{ x }}", "KPI010", 1, 5, "a key must be a name"),
        ("[" * 100_000, "KPI011", 1, 1, "nested"),
        ("- " * 60 + "a", "KPI011", 1, 101, "nested"),
    ],
)
def test_refusals_are_placed(tmp_path: Path, case: tuple[str | bytes, str, int, int, str]) -> None:
    text, code, line, column, part = case
    _, found = _read(tmp_path, text)
    assert [one[:3] for one in found] == [(code, line, column)]
    assert part in found[0][3]


def test_aliases_are_bounded(tmp_path: Path) -> None:
    ten = ", ".join
    text = "a: &a [" + ten(["1"] * 10) + "]\n"
    for name, of in (("b", "a"), ("c", "b"), ("d", "c"), ("e", "d")):
        text += f"{name}: &{name} [" + ten([f"*{of}"] * 10) + "]\n"
    _, found = _read(tmp_path, text)
    assert [one[0] for one in found] == ["KPI006"]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    document, found = read(tmp_path / "none.yml")
    assert document is None
    assert [one.code for one in found] == ["KPI001"]


def test_places(tmp_path: Path) -> None:
    text = "kpis:\n  - id: 1\n    where: a = 'b'\n    empty:\n\n  - {id: 2}\n"
    document, _ = _read(tmp_path, text)
    assert document is not None
    kpi = document.places.under("kpis", 0)
    where = kpi.at("where")
    assert (where.line, where.column, where.end_line, where.end_column) == (3, 12, 3, 19)
    assert (kpi.key("where").line, kpi.key("where").column, kpi.key("where").end_column) == (3, 5, 10)
    assert (kpi.at("empty").line, kpi.at("empty").column) == (4, 5)  # no value: the key
    assert kpi.at("nothing", "below") == kpi.at()  # the nearest that there is
    assert kpi.key("nothing") == kpi.at()
    whole = kpi.at()
    assert (whole.line, whole.column, whole.end_line, whole.end_column) == (2, 5, 4, 11)
    second = document.places.at("kpis", 1)
    assert (second.line, second.column, second.end_column) == (6, 5, 12)
    assert kpi.has("where")
    assert not kpi.has("nothing")


@pytest.mark.parametrize(
    ("yaml", "word", "line", "column"),
    [
        ("w: a + bad", "bad", 1, 8),
        ("w: 'it''s bad'", "bad", 1, 11),
        ('w: "a + bad"', "bad", 1, 9),
        ("w: |\n  a +\n    bad\n", "bad", 3, 5),
        ("w: a +\n  bad", "bad", 2, 3),
        ("w: >\n  a +\n  bad\n", "bad", 3, 3),
        ("w: &x a + bad", "bad", 1, 11),
        ("w: é𝒳 + bad", "bad", 1, 9),
    ],
)
def test_characters_of_a_scalar_are_placed(tmp_path: Path, yaml: str, word: str, line: int, column: int) -> None:
    document, found = _read(tmp_path, yaml)
    assert not found
    assert document is not None
    scalar = document.places.scalar("w")
    start = scalar.text.index(word)
    span = scalar.span(start, start + len(word))
    assert (span.line, span.column, span.end_line, span.end_column) == (
        line,
        column,
        line,
        column + len(word),
    )


def test_an_escaped_scalar_is_placed_as_a_whole(tmp_path: Path) -> None:
    document, _ = _read(tmp_path, r'w: "a\u0020+ b"')
    assert document is not None
    scalar = document.places.scalar("w")
    assert scalar.text == "a + b"
    assert scalar.span(4, 5) == scalar.at
