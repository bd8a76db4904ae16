"""Adding a KPI to a file: the new text says the old value and the KPI, and every other byte is the old one."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kpictl.catalog.document import Value, parse
from kpictl.catalog.edit import text_of, with_kpi, write
from kpictl.catalog.text import FileText
from kpictl.catalog.written import COLUMNS
from kpictl.diagnostics import UsageError

PATH = Path("kpis/a.yml")
KPI: dict[str, Value] = {"id": 9, "code": "net", "category": "Sales", "measure": "sum(net)"}


def value_of(text: str) -> Value:
    document, problems = parse(FileText.of(PATH, text.removeprefix("\ufeff")))
    assert document is not None
    assert not problems
    return document.value


def added(text: str, kpi: dict[str, Value] | None = None) -> str:
    return with_kpi(text, KPI if kpi is None else kpi, PATH)


def is_with_one_piece_more(old: str, new: str) -> bool:
    """Whether taking one piece out of the new text leaves the old one."""
    same = next(
        (i for i, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), min(len(old), len(new))
    )
    return len(new) > len(old) and old[same:] == new[same + len(new) - len(old) :]


def is_with_pieces_more(old: str, new: str) -> bool:
    """The same, or with a comma taken out too: behind what was the last item of a flow list."""
    commas = (i for i, character in enumerate(new) if character == ",")
    return is_with_one_piece_more(old, new) or any(
        is_with_one_piece_more(old, new[:i] + new[i + 1 :]) for i in commas if new[:i] == old[:i]
    )


NET = """\
  - id: 9
    code: net
    category: Sales
    measure: sum(net)
"""
AT_ZERO = NET.replace("\n  ", "\n").removeprefix("  ")
FLOW = "{id: 9, code: net, category: Sales, measure: sum(net)}"


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("---\n<here>", f"kpis:\n{NET}"),
        ("# Comments alone.\n<here>", f"\nkpis:\n{NET}"),
        ("kpis:\n<here>", NET),
        ("kpis:  # none yet\n  # soon\n<here>\n# the next list\nformats: []\n", NET),
        ("formats:\n- {code: a}\n<here>...\n# behind\n", f"\nkpis:\n{AT_ZERO}"),
        ("kpis:\n  - id: 1\n    # owner: x\n  # - id: 2 is gone\n<here>\n# the next list\nformats: []\n", f"\n{NET}"),
        ("kpis:\n- id: 1\n<here># the next list\nformats: []\n", f"\n{AT_ZERO}"),
        ("kpis:\n  - category: Sales  # as ever\n<here>  - category: Costs\n", NET),
        ("kpis:\n  - category: Sales\n<here>\n  # Costs\n  - category: Costs\n", f"\n{NET}"),
        ("kpis:\n  - where: |+\n      a\n\n\n    category: Sales\n<here>  - id: 2\n", NET),
        ("kpis:\n  - category: Sales\n    where: |+\n      a\n\n\n<here>  - id: 2\n", f"{NET}\n"),
        ("kpis:\n  - {id: 1}\n<here>", f"  - {FLOW}\n"),
        ("kpis:\n  - {id: 1}\n\n  -   {id: 2}<here>", f"\n\n  -   {FLOW}"),
        ("kpis: [<here>]\n", FLOW),
        ("{formats: []<here>}\n", f", kpis: [{FLOW}]"),
        ("kpis: [{id: 1}<here>]\n", f", {FLOW}"),
        ("kpis: [\n  {id: 1, category: Sales},  # one\n<here>  {id: 2},\n]\n", f"  {FLOW},\n"),
        ("kpis: [\n  {id: 1},\n  {id: 2},  # two\n<here>]\n", f"  {FLOW},\n"),
    ],
)
def test_where_it_stands_and_how_it_looks(text: str, piece: str) -> None:
    for line_break in ("\n", "\r\n"):
        old, new = (text.replace("<here>", each).replace("\n", line_break) for each in ("", piece))
        assert added(old) == new


def test_a_new_file() -> None:
    assert added("") == f"kpis:\n{NET}"
    assert added("\ufeff") == f"\ufeffkpis:\n{NET}"


def test_an_explicit_null_gives_way() -> None:
    assert added("kpis: null  # none yet\nformats: []\n") == f"kpis:  # none yet\n{NET}formats: []\n"


@pytest.mark.parametrize("text", ["kpis: 1\n", "- a\n", "kpis: {a: 1}\n", "kpis: [\n", "kpis:\n  - where: |\n      a"])
def test_what_cannot_be_edited_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        added(text)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("NO", "NO"),
        ("1:30", "1:30"),
        ("012", '"012"'),
        ("true", '"true"'),
        ("12", '"12"'),
        ("", '""'),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        ("channel = 'Web'", "channel = 'Web'"),
        ("'Web' = channel", "\"'Web' = channel\""),
        ('"Web": net', "'\"Web\": net'"),
        ("100 * a / b", "100 * a / b"),
        ("* all", '"* all"'),
        ("two\nlines", '"two\\nlines"'),
        ("naïve 漢字 🍷", "naïve 漢字 🍷"),
    ],
)
def test_quotes_stand_only_where_they_must(value: str, written: str) -> None:
    assert added("", {"code": "a", "owner": value}) == f"kpis:\n  - code: a\n    owner: {written}\n"


def test_a_long_text_is_folded() -> None:
    formula = " + ".join(["net_revenue_of_a_location"] * 6)  # 6 * 25 + 5 * 3 = 165 characters
    lines = added("", {"code": "a", "formula": formula}).splitlines()
    assert lines[2] == "    formula: >-"
    assert [line[:6] for line in lines[3:]] == ["      ", "      "]
    assert " ".join(line.strip() for line in lines[3:]) == formula
    assert max(map(len, lines)) <= COLUMNS


def test_a_file_is_written_at_once_with_its_mode_and_behind_its_link(tmp_path: Path) -> None:
    file, link = tmp_path / "a.yml", tmp_path / "link.yml"
    file.write_bytes(b"\xef\xbb\xbfkpis:\r\n")
    file.chmod(0o640)
    link.symlink_to("a.yml")
    assert text_of(link) == "\ufeffkpis:\r\n"
    write(link, "\ufeffkpis: []\r\n")
    assert file.read_bytes() == b"\xef\xbb\xbfkpis: []\r\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert text_of(tmp_path / "kpis/new.yml") is None
    write(tmp_path / "kpis/new.yml", "kpis: []\n")
    assert (tmp_path / "kpis/new.yml").read_text() == "kpis: []\n"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.yml", "kpis", "link.yml", "new.yml"]


# Files, made of lines that are joined by one line break or the other.

_texts = st.one_of(
    st.sampled_from(
        ["Sales", "NO", "1:30", "012", "true", "null", "~", "", " a ", "a: b", "a #b", "- x", "it's", 'say "x"',
         "a\\b", "[x]", "{x}", "a, b", "*x", "&x", "!x", "%x", "@x", "`x`", "?", "-", "=", "<<", "é ß 漢字 🍷",
         "a\nb", "a\n\n b\n", "x" * 130, "tab\there", "ends:", "\u2028", "\x07"]
    ),
    st.text(max_size=40),
)  # fmt: skip
_formulas = st.lists(st.sampled_from(["net_sales", "+", "(", ")", "'Web'", "100", "and", "  ", "#"]), max_size=60)
_kpis = st.fixed_dictionaries(
    {"code": st.from_regex("[a-z][a-z0-9_]{0,9}", fullmatch=True)},
    optional={
        "id": st.integers(1, 2**31 - 1),
        "name": _texts,
        "category": st.sampled_from(["A", "Ü", "B: c"]),
        "description": _texts,
        "measure": _formulas.map(" ".join),
        "where": _texts,
        "owner": _texts,
    },
)
_comments = st.sampled_from(["#", "# kpis:", "# - id: 3", "#   code: x", "# naïve 漢字 🍷", "# ---", "#\t\"'[{"])


def _gap(draw: st.DrawFn, indents: list[int]) -> list[str]:
    """Blank lines and comments, anywhere between the lines of a file."""
    lines = draw(st.lists(st.one_of(st.just(""), _comments), max_size=3))
    return [f"{' ' * draw(st.sampled_from(indents))}{line}" for line in lines]


def _value(draw: st.DrawFn, indent: int) -> list[str]:
    """What stands behind a key, and the lines below it."""
    margin = " " * indent
    return draw(
        st.sampled_from(
            [
                ["plain"],
                ["'single ''quoted'''  # why"],
                ['"double \\n # quoted"'],
                [">-", f"{margin}folded", f"{margin}text # no comment"],
                ["|  # literal", f"{margin}a: b", "", f"{margin}- c"],
                ["|+", f"{margin}kept", "", ""],
                [">+", f"{margin}kept", ""],
                ["|-", f"{margin}- stripped", margin],
                ["two", f"{margin}lines"],
                ["{x: [1, 2], y: {z: 3}}  # map"],
                ["[a,", f"{margin}b, # inner", f"{margin}]"],
                ["&anchor text"],
            ]
        )
    )


@st.composite
def _items(draw: st.DrawFn, dash: int, *, categories: bool) -> list[str]:
    """An item of a list in block style, its own style drawn too."""
    pad = draw(st.integers(2, 5))
    first, margin = f"{' ' * dash}-{' ' * (pad - 1)}", " " * (dash + pad)
    category = draw(st.sampled_from(["A", "Ü", "'B: c'", None])) if categories else None
    if draw(st.booleans()):
        of = f", category: {category}" if category else ""
        breaks = draw(st.booleans())
        lines = [f"{first}{{id: 1,", f"{margin} code: b{of}}}"] if breaks else [f"{first}{{code: 'x, y'{of}}}"]
        lines[-1] += draw(st.sampled_from(["", "   # flow"]))
        return lines
    lines = [f"{first}id: 1", *_gap(draw, [dash + pad])]
    lines += [f"{margin}category: {category}"] if category else []
    for key in draw(st.lists(st.sampled_from(["where", "name", "owner"]), unique=True)):
        head, *below = _value(draw, dash + pad + 2)
        lines += [f"{margin}{key}: {head}", *below]
    return lines


@st.composite
def _block_lists(draw: st.DrawFn, name: str) -> list[str]:
    dash = draw(st.sampled_from([0, 0, 1, 2, 4]))
    items = draw(st.lists(_items(dash, categories=name == "kpis"), min_size=1, max_size=4))
    lines = [f"{name}:{draw(st.sampled_from(['', '  # those', ' ']))}"]
    for item in items:
        lines += [*_gap(draw, [dash, dash + 2]), *item]
    return lines


@st.composite
def _flow_lists(draw: st.DrawFn, name: str) -> list[str]:
    items = draw(
        st.lists(
            st.sampled_from(["{id: 1, category: A}", "{code: 'a, ]'}", "{x: [1, {y: 2}], category: Ü}"]), max_size=3
        )
    )
    if draw(st.booleans()):
        return [f"{name}: [{', '.join(items)}]{draw(st.sampled_from(['', '  # flow']))}"]
    ends = [draw(st.sampled_from([",", ", # one"])) for _ in items]
    if ends:
        ends[-1] = draw(st.sampled_from(["", ",", "  # last", ", # last"]))
    return [f"{name}: [", *(f"  {item}{end}" for item, end in zip(items, ends, strict=True)), " ]"]


@st.composite
def files(draw: st.DrawFn) -> str:
    """A file's text; the reader has no complaint about it."""
    lists = draw(st.lists(st.sampled_from(["formats", "sources", "entities"]), unique=True, max_size=2))
    lists += draw(st.sampled_from([["kpis"], ["kpis"], ["kpis"], []]))
    lines = [*_gap(draw, [0, 2]), *draw(st.sampled_from([[], [], ["---"], ["--- # start"]]))]
    for name in draw(st.permutations(lists)):
        empty = st.just([f"{name}:"])
        body = draw(st.one_of(_block_lists(name), _block_lists(name), _flow_lists(name), empty))
        lines += [*_gap(draw, [0, 2]), *body]
    lines += [*_gap(draw, [0, 2]), *draw(st.sampled_from([[], [], ["..."], ["...", "# behind"]]))]
    line_break = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    mark = draw(st.sampled_from(["", "", "\ufeff"]))
    return mark + line_break.join([*lines, *draw(st.sampled_from([[""], [""], [], ["  # end"]]))])


def is_readable(text: str) -> bool:
    document, problems = parse(FileText.of(PATH, text.removeprefix("\ufeff")))
    return document is not None and not problems


def may_be_refused(text: str) -> bool:
    """Whether the file ends within a block text, which a line break more would change."""
    return not text.endswith("\n")


@settings(max_examples=150, deadline=None)
@given(files().filter(is_readable), _kpis)
@example("kpis:\n  - {id: 1}", {"code": "b"})
def test_the_new_text_is_the_old_one_and_the_kpi(text: str, kpi: dict[str, Value]) -> None:
    try:
        new = added(text, kpi)
    except UsageError:
        assert may_be_refused(text)
        return
    assert is_with_pieces_more(text, new)
    old = value_of(text) or {}
    assert isinstance(old, dict)
    kpis = old.get("kpis") or []
    assert isinstance(kpis, list)
    category = kpi.get("category", "none at all")
    same = [i for i, each in enumerate(kpis) if isinstance(each, dict) and each.get("category") == category]
    at = same[-1] + 1 if same else len(kpis)
    assert value_of(new) == {**old, "kpis": [*kpis[:at], kpi, *kpis[at:]]}
