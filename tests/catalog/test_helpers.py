"""Orders and cycles, near names, and variables of the environment."""

from pathlib import Path

import pytest

from kpictl.catalog import cycle, environment_variables, near, resolve, topological
from kpictl.diagnostics import CatalogError, Span

AT = Span(Path("kpictl.yml"), 3, 7, 3, 14)


def test_topological_order_is_by_need_and_then_by_name() -> None:
    assert topological({"z": [], "a": ["z"], "b": [], "c": ["a", "elsewhere"]}) == ("b", "z", "a", "c")


def test_a_cycle_has_no_order() -> None:
    with pytest.raises(ValueError, match="cycle"):
        topological({"a": ["b"], "b": ["a"]})


@pytest.mark.parametrize(
    ("graph", "path"),
    [
        ({}, None),
        ({"a": ["b"], "b": [], "c": ["a", "b"]}, None),
        ({"a": ["elsewhere"]}, None),
        ({"a": ["a"]}, ("a", "a")),
        ({"a": ["b"], "b": ["a"]}, ("a", "b", "a")),
        ({"a": ["b"], "b": ["c"], "c": ["a", "b"]}, ("b", "c", "b")),
        ({"d": ["a"], "a": ["b"], "b": ["c"], "c": ["a"]}, ("a", "b", "c", "a")),
    ],
)
def test_the_shortest_cycle(graph: dict[str, list[str]], path: tuple[str, ...] | None) -> None:
    assert cycle(graph) == path


@pytest.mark.parametrize(
    ("name", "found"), [("net_revenu", "net_revenue"), ("Orders", "orders"), ("zzz", None), ("", None)]
)
def test_near(name: str, found: str | None) -> None:
    assert near(name, ["net_revenue", "orders"]) == found


def test_variables_of_the_process_override_those_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text(
        "# a comment\nKPICTL_A=file\nexport KPICTL_B='x # y' # note\nKPICTL_C=p#q # note\n"
        'KPICTL_D="v"\nKPICTL_E=\nbad line\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("KPICTL_A", "process")
    variables = environment_variables(tmp_path)
    assert [variables[f"KPICTL_{letter}"] for letter in "ABCDE"] == ["process", "x # y", "p#q", "v", ""]


def test_values_are_resolved() -> None:
    assert resolve("${NAME}", {"NAME": "value"}, AT) == "value"
    assert resolve("plain", {}, AT) == "plain"
    assert resolve("a ${NAME}", {"NAME": "value"}, AT) == "a ${NAME}"  # exactly `${NAME}`, nothing around it


def test_a_missing_variable_is_placed() -> None:
    with pytest.raises(CatalogError) as caught:
        resolve("${NAME}", {}, AT)
    (found,) = caught.value.diagnostics
    assert (found.code, found.at, found.message) == (
        "KPI050",
        AT,
        "the environment variable `NAME` is not set",
    )
