"""`kpictl add-kpi`: by options and by asking; what it writes, and what it leaves alone."""

from __future__ import annotations

import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from kpictl.catalog import load
from kpictl.engine import open_published
from tests.cli.conftest import Kpictl
from tests.cli.typed import typed

ROOT = Path(__file__).parent.parent.parent
REFUNDS = (
    "add-kpi", "--code", "refunds", "--name", "Refunds", "--source", "orders", "--measure", "sum(0 - amount)",
    "--where", "amount < 0", "--format", "currency", "--category", "Sales", "--owner", "finance",
    "--description", "What customers got back.", "--target-direction", "down",
)  # fmt: skip
ENTRY = """
  - id: 4
    code: refunds
    name: Refunds
    description: What customers got back.
    category: Sales
    format: currency
    target_direction: down
    source: orders
    measure: sum(0 - amount)
    where: amount < 0
    owner: finance
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The smallest example, the test's own copy; the current folder."""
    folder = tmp_path / "shop"
    shutil.copytree(ROOT / "examples/csv-shop", folder, ignore=shutil.ignore_patterns("*.duckdb*"))
    monkeypatch.chdir(folder)
    return folder


def bytes_of(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_options_alone(shop: Path, kpictl: Kpictl) -> None:
    path = shop / "kpis/kpis.yml"
    before = path.read_text()
    result = kpictl(*REFUNDS)
    assert result.code == 0
    assert path.read_text() == before + ENTRY
    assert result.err.endswith("Added `refunds` (id 4) to kpis/kpis.yml. `kpictl run` computes it.\n")
    assert "\n+    measure: sum(0 - amount)\n" in result.err
    assert 'SUM("refunds")' in result.err
    assert result.out == ""
    assert kpictl("lint").out == "4 KPIs, no findings\n"


def test_what_is_added_is_computed(shop: Path, kpictl: Kpictl, engine_url: str) -> None:
    lines = (shop / "kpis/lookups/orders.csv").read_text().splitlines()[1:]
    amounts = [Decimal(amount) for _, day, amount in (line.split(",") for line in lines) if day >= "2025-01-01"]
    refunds = -sum((amount for amount in amounts if amount < 0), Decimal())
    assert refunds > 0
    settings = (shop / "kpictl.yml").read_text()
    (shop / "kpictl.yml").write_text(f'{settings}environments:\n  test: {{url: "{engine_url}"}}\n')
    assert kpictl(*REFUNDS).code == 0
    assert kpictl("run", "--as-of", "2025-10-06").code == 0
    reader = open_published(engine_url, shop)
    with reader.transaction():
        rows = reader.fetch("select ytd_value from kpi.agg_kpi_dashboard where kpi_id = 4")
    reader.close()
    assert rows == [(refunds,)]


def test_dry_run_prints_a_diff_that_git_applies(shop: Path, kpictl: Kpictl) -> None:
    before = bytes_of(shop)
    result = kpictl(*REFUNDS, "--dry-run")
    assert (result.code, result.err) == (0, "")
    assert bytes_of(shop) == before
    subprocess.run(["git", "init", "-q"], cwd=shop, check=True)
    subprocess.run(["git", "apply", "-"], input=result.out, text=True, cwd=shop, check=True)
    applied = (shop / "kpis/kpis.yml").read_text()
    shutil.rmtree(shop / ".git")
    for path, data in before.items():
        path.write_bytes(data)
    assert kpictl(*REFUNDS).code == 0
    assert (shop / "kpis/kpis.yml").read_text() == applied


@pytest.mark.parametrize("start", ["", "\ufeff# naïve 漢字\r\n", None])
@pytest.mark.parametrize("end", ["", "\r\n"])
def test_the_diff_keeps_every_byte(start: str | None, end: str, shop: Path, kpictl: Kpictl) -> None:
    """In files with Windows' line breaks, without one at the end, empty ones and new ones."""
    path = shop / "kpis/more sales.yml"
    if start is not None:
        path.write_bytes(f"{start}kpis:\r\n- code: other\r\n  formula: revenue{end}".encode() if start else b"")
    before = bytes_of(shop)
    dry = kpictl(*REFUNDS, "--file", "more sales.yml", "--dry-run")
    assert dry.code == 0
    assert bytes_of(shop) == before
    subprocess.run(["git", "apply", "-"], input=dry.out.encode(), cwd=shop, check=True)
    applied = path.read_bytes()
    if start is None:
        path.unlink()
    else:
        path.write_bytes(before[path])
    assert kpictl(*REFUNDS, "--file", "more sales.yml").code == 0
    assert path.read_bytes() == applied
    assert applied.startswith(before.get(path, b""))


def changed(option: str, value: str) -> list[str]:
    position = REFUNDS.index(option)
    return [*REFUNDS[: position + 1], value, *REFUNDS[position + 2 :]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (changed("--source", "order"), "error[KPI102]: unknown source `order`"),
        (changed("--measure", "sum(amuont)"), "error[KPI104]: `marts.orders` has no column `amuont`"),
        (changed("--measure", "amount"), "error[KPI321]: a measure is one aggregate call"),
        (changed("--where", "amount < "), "error[KPI302]"),
        (changed("--code", "orders"), "error[KPI110]: two KPIs have the code `orders`"),
        (changed("--code", "Refunds"), "error[KPI024]: `Refunds` is not a code"),
        (changed("--format", "money"), "error[KPI103]: unknown format `money`"),
        (changed("--target-direction", "downwards"), "error[KPI023]: `downwards` is not a choice here"),
        (
            ["add-kpi", "--code", "x", "--name", "X", "--format", "number", "--formula", "x + revenue"],
            "error[KPI120]: formulas in a cycle: x → x",
        ),
        ([*REFUNDS, "--id", "3"], "error[KPI111]: two KPIs have the id 3"),
        ([*REFUNDS, "--formula", "revenue"], "error[KPI201]: KPI `refunds` has both a `measure` and a `formula`"),
    ],
)
def test_what_lint_would_refuse_is_not_written(arguments: list[str], said: str, shop: Path, kpictl: Kpictl) -> None:
    before = bytes_of(shop)
    result = kpictl(*arguments)
    assert result.code == 1
    assert said in result.err
    assert result.err.endswith("Nothing was written.\n")
    assert bytes_of(shop) == before
    dry = kpictl(*arguments, "--dry-run")
    assert (dry.code, said in dry.err) == (1, True)


def test_warnings_are_told_and_stop_nobody(shop: Path, kpictl: Kpictl) -> None:
    result = kpictl("add-kpi", "--code", "x", "--name", "X", "--format", "number", "--formula", "revenue + 0 * revenue")
    assert result.code == 0
    assert "warning[KPI231]: KPI `x` has no owner" in result.err
    assert "--> kpis/kpis.yml:" in result.err


def test_a_project_with_errors_is_left_alone(shop: Path, kpictl: Kpictl) -> None:
    path = shop / "kpis/kpis.yml"
    path.write_text(path.read_text().replace("format: number", "format: nunber"))
    before = bytes_of(shop)
    result = kpictl(*REFUNDS)
    assert result.code == 1
    assert "The project has errors; a KPI can be added when they are corrected." in result.err
    assert "unknown format `nunber`" in result.err
    assert bytes_of(shop) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--code", "x"], "--name, --format, --source, --measure (or --formula) is missing"),
        (["--helper", "--formula", "revenue"], "--code is missing"),
        (["--name", "Sales %", "--formula", "revenue", "--format", "number"], "help: --code sales_pct, say"),
        (["--helper", "--id", "9", "--code", "x", "--formula", "revenue"], "a helper has no id"),
        ([*REFUNDS[1:], "--file", "kpis/new"], "no KPIs are read from kpis/new"),
    ],
)
def test_what_is_missing_is_said(arguments: list[str], said: str, shop: Path, kpictl: Kpictl) -> None:
    before = bytes_of(shop)
    result = kpictl("add-kpi", *arguments)
    assert (result.code, said in result.err) == (2, True)
    assert bytes_of(shop) == before


def test_of_several_files_one_is_named(shop: Path, kpictl: Kpictl) -> None:
    (shop / "kpis/more.yml").write_text("kpis:\n  - {code: other, formula: revenue}\n")
    before = bytes_of(shop)
    result = kpictl(*changed("--category", "New"))
    assert result.code == 2
    assert result.err == (
        "error: --file is missing: the KPIs stand in several files\n  help: there are kpis/kpis.yml, kpis/more.yml\n"
    )
    assert bytes_of(shop) == before


def test_an_id_of_gits_last_version_is_not_given_again(shop: Path, kpictl: Kpictl) -> None:
    for arguments in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"],
    ):
        subprocess.run(["git", *arguments], cwd=shop, check=True)
    path = shop / "kpis/kpis.yml"
    path.write_text(path.read_text().partition("\n  - id: 3\n")[0])
    (shop / "kpis/tests.yml").unlink()  # they test the KPI that is gone
    before = bytes_of(shop)
    result = kpictl(*REFUNDS, "--id", "3")
    assert result.code == 1
    assert "an old KPI's id is never given again" in result.err
    assert bytes_of(shop) == before
    assert kpictl(*REFUNDS).code == 0
    assert path.read_text().endswith(ENTRY)  # id 4


def test_a_helper_in_a_file_of_its_own(shop: Path, kpictl: Kpictl) -> None:
    result = kpictl("add-kpi", "--helper", "--code", "taken_back", "--source", "orders", "--measure", "count(*)",
                    "--where", "amount < 0", "--file", "helpers.yml")  # fmt: skip
    assert result.code == 0
    assert (shop / "kpis/helpers.yml").read_text() == (
        "kpis:\n  - code: taken_back\n    source: orders\n    measure: count(*)\n    where: amount < 0\n"
    )
    assert "Added `taken_back` (a helper) to kpis/helpers.yml." in result.err
    catalog, _ = load(shop)
    assert catalog is not None
    assert catalog.kpi("taken_back").id is None


def test_the_next_id_is_above_those_of_kpis_that_are_not_active(shop: Path, kpictl: Kpictl) -> None:
    path = shop / "kpis/kpis.yml"
    path.write_text(path.read_text().replace("  - id: 3\n", "  - id: 41\n    is_active: false\n"))
    assert kpictl(*REFUNDS).code == 0
    assert "  - id: 42\n    code: refunds\n" in path.read_text()


def test_it_stands_behind_the_last_of_its_category(tmp_path: Path, kpictl: Kpictl) -> None:
    shutil.copytree(ROOT / "kpis", tmp_path / "kpis")
    shutil.copy(ROOT / "kpictl.yml", tmp_path)
    result = kpictl("add-kpi", "--project", tmp_path, "--code", "tips", "--name", "Tips", "--source", "orders",
                    "--measure", "sum(tip)", "--format", "currency", "--category", "Tasting room")  # fmt: skip
    assert result.code == 0
    text = (tmp_path / "kpis/tasting_room.yml").read_text()
    codes = [line.split()[-1] for line in text.splitlines() if line.startswith("    code: ")]
    assert codes == [
        "tasting_room_wine_revenue",
        "tasting_room_fees_revenue",
        "tasting_room_total_revenue",
        "tips",
        "tasting_room_orders_per_guest_pct",
    ]


QUESTIONS = [
    ("Name", "Refunds"),
    ("Code, as formulas name it [refunds]", ""),
    ("Its value [measure]", "mesure"),
    ("`measure` is near", "1"),
    ("Source [orders]", "order"),
    ("`orders` is near", ""),
    ("amount (decimal)", "sum(amuont)"),
    ("`amount` is near", "sum(0 - amount)"),
    ("Only the rows where", "amount < 0"),
    ("Format", "1"),
    ("Description", "What customers got back."),
    ("Category", "1"),
    ("Owner", "finance"),
    ("Which way is good", "2"),
    ("File [kpis/kpis.yml]", ""),
]


def test_asking(shop: Path) -> None:
    path = shop / "kpis/kpis.yml"
    before = path.read_text()
    code, screen = typed(["add-kpi"], [*QUESTIONS, ("Write it? [Y/n]", "")], shop)
    assert code == 0, screen
    assert path.read_text() == before + ENTRY
    assert "  sum(amuont)\n      ^^^^^^" in screen
    assert screen.endswith("Added `refunds` (id 4) to kpis/kpis.yml. `kpictl run` computes it.\n")
    assert all(len(line) <= 80 for line in screen.split("--- a/")[0].splitlines() if "Measure" not in line)


def test_asking_for_a_formula(shop: Path) -> None:
    answers = [
        ("Name", "Orders per Revenue"),
        ("Code", "orders"),
        ("two KPIs have the code `orders`", ""),
        ("Its value", "formula"),
        ("average_order_value", "order / revenu"),
        ("`orders` is near", "orders / revenue"),
        ("Format", "number"),
        ("Description", "Orders per dollar."),
        ("Category", "sales"),
        ("`Sales` is near", "Sales"),
        ("Owner", "finance"),
        ("Which way", ""),
        ("File", "ratios"),
        ("their files end in .yml", "kpis/ratios.yml"),
        ("Write it?", "y"),
    ]
    code, screen = typed(["add-kpi"], answers, shop)
    assert code == 0, screen
    assert "error[KPI101]: unknown KPI `order` in a formula\n  order / revenu\n  ^^^^^\n" in screen
    assert "error[KPI101]: unknown KPI `revenu` in a formula\n  order / revenu\n          ^^^^^^\n" in screen
    assert (shop / "kpis/ratios.yml").read_text() == (
        "kpis:\n  - id: 4\n    code: orders_per_revenue\n    name: Orders per Revenue\n"
        "    description: Orders per dollar.\n    category: Sales\n    format: number\n"
        "    formula: orders / revenue\n    owner: finance\n"
    )


def test_saying_no(shop: Path) -> None:
    before = bytes_of(shop)
    code, screen = typed(["add-kpi"], [*QUESTIONS, ("Write it? [Y/n]", "n")], shop)
    assert (code, screen.endswith("Nothing was written.\n")) == (0, True)
    assert bytes_of(shop) == before


@pytest.mark.parametrize(("end", "expected"), [("^D", 2), ("^C", 130)])
def test_stopping_in_the_middle_writes_nothing(end: str, expected: int, shop: Path) -> None:
    before = bytes_of(shop)
    code, screen = typed(["add-kpi"], [*QUESTIONS[:4], ("Source [orders]", end)], shop)
    assert code == expected
    assert "othing was written" in screen
    assert "Traceback" not in screen
    assert bytes_of(shop) == before


def test_a_given_option_that_is_wrong_is_asked_again(shop: Path) -> None:
    given = ["--name", "Refunds", "--source", "orders", "--measure", "sum(amuont)", "--format", "currency"]
    answers = [
        ("Code", ""),
        ("--measure sum(amuont)", "sum(amount)"),
        ("Only the rows where", "amount < 0"),
        ("Description", ""),
        ("Category", ""),
        ("Owner", ""),
        ("Which way", ""),
        ("File", ""),
        ("Write it?", "y"),
    ]
    code, screen = typed(["add-kpi", *given], answers, shop)
    assert code == 0, screen
    assert "    measure: sum(amount)\n    where: amount < 0\n" in (shop / "kpis/kpis.yml").read_text()
