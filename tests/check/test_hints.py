"""What may be meant otherwise: conditions, units, names; what is told of them, and what is not."""

from __future__ import annotations

import subprocess
from pathlib import Path
from textwrap import dedent

import pytest

from kpictl.catalog.history import history
from kpictl.check import judge
from kpictl.diagnostics import UsageError
from tests.check.shop import BASE, commit, put

SHOP = """\
formats:
  - {code: euros, kind: currency, currency: EUR}
  - {code: fraction, kind: percent, stored_as: fraction}
  - {code: bottles, kind: number, unit: bottles}
  - {code: seconds, kind: duration}
"""


def told(folder: Path, kpis: str) -> list[tuple[str, str]]:
    """The code of each finding, and the text that it marks."""
    for name, text in BASE.items():
        put(folder, name, dedent(text))
    (folder / "kpis/more.yml").write_text(f"{SHOP}kpis:\n{kpis}")
    _, found = judge(folder)
    texts = {path: path.read_text().splitlines() for path in {each.at.path for each in found}}
    return [
        (each.code, texts[each.at.path][each.at.line - 1][each.at.column - 1 : each.at.end_column - 1].strip('"'))
        for each in found
    ]


def published(definition: str, format_: str = "number") -> str:
    return f'  - {{id: 9, code: x, name: X, description: "X.", owner: us, format: {format_}, {definition}}}\n'


def measured(where: str) -> str:
    return published(f'source: orders, measure: max(fee), where: "{where}"')


@pytest.mark.parametrize(
    ("where", "marked"),
    [
        ("1 = 2", "1 = 2"),
        ("false", "false"),
        ("channel = null", "channel = null"),
        ("fee > 0 and channel = 'Web' and channel in ('Shop', 'App')", "channel in ('Shop', 'App')"),
        ("channel is null and channel = 'Web'", "channel = 'Web'"),
        ("channel is null and channel is not null", "channel is not null"),
        ("fee = 1 and (fee = 2)", "fee = 2"),
        ("fee between 5 and 3", "fee between 5 and 3"),
    ],
)
def test_a_condition_that_no_row_meets(where: str, marked: str, tmp_path: Path) -> None:
    assert told(tmp_path, measured(where)) == [("KPI237", marked)]


@pytest.mark.parametrize(
    "where",
    [
        "channel = 'Web' or channel = 'Shop'",
        "not channel = 'Web' and channel = 'Shop'",
        "channel in ('Web', 'Shop') and channel in ('Shop', 'App')",
        "fee = 1 and fee = 1.00",
        "channel is not null and channel = 'Web'",
        "fee between 3 and 5",
        "true",
    ],
)
def test_a_condition_that_rows_may_meet(where: str, tmp_path: Path) -> None:
    assert told(tmp_path, measured(where)) == []


@pytest.mark.parametrize(
    ("formula", "format_", "expected"),
    [
        ("revenue / orders", "currency", []),
        ("revenue / web_revenue", "currency", [("KPI232", "currency")]),
        ("revenue / web_revenue", "number", []),
        ("revenue / web_revenue", "percent", [("KPI233", "revenue / web_revenue")]),
        ("revenue / nullif(web_revenue, 0)", "percent", [("KPI233", "revenue / nullif(web_revenue, 0)")]),
        ("100 * revenue / web_revenue", "percent", []),
        ("100 * (revenue / web_revenue)", "percent", []),
        ("revenue / web_revenue * 100", "percent", []),
        ("revenue / web_revenue", "fraction", []),
        ("100 * revenue / web_revenue", "fraction", [("KPI233", "100 * revenue / web_revenue")]),
        ("100.0 * orders / revenue", "percent", []),
        ("revenue + web_revenue - revenue", "currency", []),
        ("revenue + orders", "currency", [("KPI234", "orders")]),
        ("revenue - 2 * orders", "currency", [("KPI234", "2 * orders")]),
        ("revenue + 5", "currency", []),
        ("revenue + revenue / orders", "currency", []),
        ("coalesce(revenue, 0) + web_revenue", "currency", []),
        ("revenue + helper", "currency", []),
    ],
)
def test_units_of_formulas(formula: str, format_: str, expected: list[tuple[str, str]], tmp_path: Path) -> None:
    helpers = "  - {code: helper, source: orders, measure: sum(fee)}\n  - {id: 8, code: h, name: H, description: H.,\n"
    helpers += "     owner: us, format: currency, formula: helper + 0 * revenue}\n"
    assert told(tmp_path, published(f'formula: "{formula}"', format_) + helpers) == expected


def test_two_currencies_are_not_added(tmp_path: Path) -> None:
    euros = '  - {id: 8, code: e, name: E, description: "E.", owner: us, format: euros, source: orders,\n'
    euros += "     measure: sum(fee)}\n"
    assert told(tmp_path, euros + published("formula: revenue + e", "currency")) == [("KPI234", "e")]


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("sum(fee)", []),
        ("sum(on_hand), over_time: last", []),
        ("sum(on_hand)", [("KPI235", "on_hand")]),
        ("sum(on_hand * 2)", [("KPI235", "on_hand")]),
    ],
)
def test_levels_are_not_summed_over_days(measure: str, expected: list[tuple[str, str]], tmp_path: Path) -> None:
    source = "orders" if "fee" in measure else "stock"
    assert told(tmp_path, published(f"source: {source}, measure: {measure}")) == expected


def test_columns_that_only_sound_like_levels(tmp_path: Path) -> None:
    (tmp_path / "kpis/lookups").mkdir(parents=True)
    (tmp_path / "kpis/lookups/trade.csv").write_text("day,stockings,iterated,duration\n2025-01-01,1,2,3\n")
    source = "  - {id: 9, code: x, name: X, description: X., owner: us, format: number, source: trade,\n"
    source += "     measure: sum(stockings + iterated + duration)}\n"
    trade = "sources:\n  - {code: trade, relation: marts.trade, time: day}\n"
    assert told(tmp_path, f"{source}{trade}") == []


def test_a_helper_that_another_helper_alone_uses_is_used(tmp_path: Path) -> None:
    helpers = "  - {code: a, source: orders, measure: sum(fee)}\n  - {code: b, formula: a + 1}\n"
    assert told(tmp_path, helpers) == [("KPI239", "b")]


def test_no_helper_is_called_unused_beside_a_misspelt_name(tmp_path: Path) -> None:
    helper = "  - {code: fees, source: orders, measure: sum(fee)}\n"
    assert told(tmp_path, helper + published("formula: fee + revenue")) == [("KPI101", "fee")]


def test_the_same_measure_with_other_spaces_is_the_same(tmp_path: Path) -> None:
    same = published("source: orders, measure: 'SUM( amount )', where: \"channel='Web'\"", "currency")
    assert told(tmp_path, same) == [("KPI240", "x")]


@pytest.mark.parametrize(
    ("settings", "marked"),
    [
        ('{api_key: "abc"}', '"abc"'),
        ("{Token: abc}", "abc"),
        ('{api_key: "${KEY}"}', None),
        ("{tenant: winery, keyboard: qwerty}", None),
    ],
)
def test_secrets_in_settings(settings: str, marked: str | None, tmp_path: Path) -> None:
    assert told(tmp_path, published("formula: revenue + 1")) == []
    (tmp_path / "kpictl.yml").write_text(f"name: shop\nconnectors:\n  till: {settings}\n")
    _, found = judge(tmp_path)
    lines = (tmp_path / "kpictl.yml").read_text().splitlines()
    texts = [lines[each.at.line - 1][each.at.column - 1 : each.at.end_column - 1] for each in found]
    assert texts == ([] if marked is None else [marked])
    assert all(each.code == "KPI241" for each in found)


@pytest.mark.parametrize(
    ("url", "is_told"),
    [
        ("postgresql://me:hunter2@db/shop", True),
        ("postgresql://me@db/shop", False),
        ("duckdb:///shop.duckdb", False),
    ],
)
def test_passwords_in_urls(url: str, is_told: bool, tmp_path: Path) -> None:
    told(tmp_path, published("formula: revenue + 1"))
    (tmp_path / "kpictl.yml").write_text(f'name: shop\nenvironments:\n  local: {{url: "{url}"}}\n')
    _, found = judge(tmp_path)
    assert [each.code for each in found] == (["KPI241"] if is_told else [])


ALLOWED = """\
  - id: 9
    code: x{code}
    name: X
    format: currency{format}
    description: X.
    source: orders
    measure: max(fee)
    where: >-{where}
      channel = 'Web'
      and channel = 'Shop'
    owner: us
"""


def test_a_comment_silences_its_line(tmp_path: Path) -> None:
    text = ALLOWED.format(code="", format="", where="  # kpictl: allow KPI237 closed for now")
    assert told(tmp_path, text) == []


def test_a_comment_above_silences_the_next_line(tmp_path: Path) -> None:
    text = ALLOWED.format(code="", format="", where="")
    text = text.replace("    where", "    # kpictl: allow KPI237 closed for now\n    where")
    assert told(tmp_path, text) == []


def test_a_comment_on_another_line_silences_nothing(tmp_path: Path) -> None:
    text = ALLOWED.format(code="  # kpictl: allow KPI237 closed", format="", where="")
    assert [code for code, _ in told(tmp_path, text)] == ["KPI060", "KPI237"]


def test_a_comment_allows_its_own_code_alone(tmp_path: Path) -> None:
    text = ALLOWED.format(code="", format="", where="  # kpictl: allow KPI240 closed")
    assert [code for code, _ in told(tmp_path, text)] == ["KPI060", "KPI237"]


def test_an_error_cannot_be_allowed(tmp_path: Path) -> None:
    text = published("source: nowhere, measure: max(fee)").rstrip() + "  # kpictl: allow KPI102 later\n"
    assert [code for code, _ in told(tmp_path, text)] == ["KPI102", "KPI062"]


def test_a_hash_in_a_text_is_no_comment(tmp_path: Path) -> None:
    text = ALLOWED.format(code="", format="", where="").replace("X.", "'# kpictl: allow KPI231 a text'")
    assert [code for code, _ in told(tmp_path, text)] == ["KPI237"]


def test_history_is_none_without_git(tmp_path: Path) -> None:
    assert history(tmp_path) is None
    with pytest.raises(UsageError, match="no revision `main`"):
        history(tmp_path, "main")


def test_history_looks_at_a_revision(tmp_path: Path) -> None:
    told(tmp_path, published("formula: revenue + 1"))
    commit(tmp_path)
    subprocess.run(["git", "tag", "first"], cwd=tmp_path, check=True)
    told(tmp_path, published("formula: revenue + 1").replace("id: 9", "id: 10"))
    assert [each.code for each in judge(tmp_path, before=history(tmp_path))[1]] == ["KPI131"]
    commit(tmp_path)
    assert judge(tmp_path, before=history(tmp_path))[1] == ()
    (found,) = judge(tmp_path, before=history(tmp_path, "first"))[1]
    assert (found.code, "was 9 in first" in found.message) == ("KPI131", True)


def test_history_of_a_project_below_the_repository(tmp_path: Path) -> None:
    project = tmp_path / "analytics/shop"
    project.mkdir(parents=True)
    told(project, published("formula: revenue + 1"))
    commit(tmp_path)
    (project / "kpis/more.yml").rename(project / "kpis/moved.yml")
    moved = (project / "kpis/moved.yml").read_text()
    assert judge(project, before=history(project))[1] == ()
    (project / "kpis/moved.yml").write_text(moved.replace("code: x,", "code: y,"))
    assert [each.code for each in judge(project, before=history(project))[1]] == ["KPI132"]


def test_an_entity_keeps_its_old_code_as_an_alias(tmp_path: Path) -> None:
    told(tmp_path, published("formula: revenue + 1"))
    entities = tmp_path / "kpis/entities.yml"
    entities.write_text("entities:\n  - {id: 1, code: mill, name: Mill}\n")
    commit(tmp_path)
    entities.write_text("entities:\n  - {id: 1, code: old_mill, name: Mill, aliases: [mill]}\n")
    assert judge(tmp_path, before=history(tmp_path))[1] == ()
    entities.write_text("entities:\n  - {id: 1, code: old_mill, name: Mill}\n")
    assert [each.code for each in judge(tmp_path, before=history(tmp_path))[1]] == ["KPI130"]
