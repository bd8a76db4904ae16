"""`kpictl show KPI`: each number on the page beside the table's, read with plain SQL and rounded here."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kpictl.catalog import Column, ColumnType, Table, TableName
from kpictl.check import checked
from kpictl.engine import open_engine
from kpictl.pipeline import Request, run
from tests.cli.conftest import Kpictl

EARLIER, AS_OF = date(2025, 3, 5), date(2025, 3, 10)
FIRST = date(2024, 1, 1)
URL = "duckdb:///farm.duckdb"
LONG = "word " * 1_990 + "x" * 200
HOSTILE = "<script>alert(1)</script> [bold red]שלום"

FILES = {
    "kpictl.yml": """\
name: farm
timezone: UTC
currency: USD
calendar: {start: 2023-01-01, end: 2027-12-31}
windows: [mtd, ytd, last28]
environments: {local: {url: "duckdb:///farm.duckdb"}}
""",
    "kpis/farm.yml": f"""\
formats:
  - {{code: money, kind: currency, decimals: 0}}
  - {{code: pieces, kind: number, decimals: 0, unit: pieces}}
  - {{code: share, kind: percent, decimals: 1}}
  - {{code: time, kind: duration}}
entities:
  - {{id: 0, code: ALL, name: Both places}}
  - {{id: 1, code: north, name: The north, parent: ALL}}
  - {{id: 2, code: south, name: The south, parent: ALL}}
sources:
  - {{code: ledger, relation: raw.ledger, time: happened_on, entity: place}}
  - {{code: visits, relation: raw.visit, time: visited_on, covers_to: last_row}}
kpis:
  - {{id: 1, code: net, name: Net Gain, description: What is left., category: Money, owner: us,
     format: money, target_direction: up, source: ledger, measure: sum(amount)}}
  - {{id: 2, code: entries, name: Entries, description: All., category: Trade, owner: us,
     format: pieces, target_direction: none, source: ledger, measure: count(*)}}
  - {{id: 3, code: loss_pct, name: Losses %, description: Of all., category: Trade, owner: us,
     format: share, target_direction: down, formula: 100 * losses / entries}}
  - {{id: 4, code: worked, name: Worked, description: Time., category: Trade, owner: us,
     format: time, target_direction: up, source: ledger, measure: sum(seconds)}}
  - {{id: 5, code: visitors, name: Visitors, description: Counted., category: Trade, owner: us,
     format: pieces, target_direction: up, source: visits, measure: sum(visitors)}}
  - {{id: 6, code: huge, name: "{HOSTILE}", description: {LONG}, category: "[link]", owner: us,
     format: pieces, target_direction: up, formula: big * 10000000000}}
  - {{id: 7, code: ended, name: Ended, description: No more., category: Trade, owner: us,
     format: pieces, target_direction: up, source: visits, measure: count(*), is_active: false}}
  - {{code: big, name: Big, source: visits, measure: sum(big)}}
  - {{code: losses, name: Losses, source: ledger, measure: count(*), where: amount < 0}}
""",
}
KINDS = {"net": "currency", "entries": "number", "loss_pct": "percent", "worked": "duration", "visitors": "number"}
"""How their numbers are written."""


def ledger() -> Iterator[tuple[object, ...]]:
    """Gains and losses, on five days of six."""
    for at in range((AS_OF - FIRST).days + 1):
        if at % 6:
            day, amount = FIRST + timedelta(at), (at * 7 % 23 - 8) * 10 + at // 10
            yield day, "north" if at % 3 else "south", str(amount), at * 37 % 9000


def visits() -> Iterator[tuple[object, ...]]:
    """From February 2025 on, and none since the 5th of March."""
    for at in range((EARLIER - date(2025, 2, 1)).days + 1):
        yield date(2025, 2, 1) + timedelta(at), 50 + at % 4, 10**16 // (at + 1)


TABLES: tuple[tuple[str, tuple[tuple[str, ColumnType], ...], tuple[tuple[object, ...], ...]], ...] = (
    (
        "ledger",
        (("happened_on", "date"), ("place", "text"), ("amount", "decimal"), ("seconds", "bigint")),
        tuple(ledger()),
    ),
    ("visit", (("visited_on", "date"), ("visitors", "bigint"), ("big", "bigint")), tuple(visits())),
)


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has been published as of two dates; nobody writes to it."""
    folder = tmp_path_factory.mktemp("farm")
    (folder / "kpis").mkdir()
    for name, content in FILES.items():
        (folder / name).write_text(content)
    engine = open_engine(URL, folder)
    with engine.transaction():
        for name, columns, rows in TABLES:
            table = Table(TableName("raw", name), tuple(Column(column, kind) for column, kind in columns), ())
            engine.create(table)
            engine.load(table.name, table.columns, rows)
    engine.close()
    for as_of in (EARLIER, AS_OF):
        publish(folder, as_of)
    return folder


def publish(folder: Path, as_of: date) -> None:
    engine = open_engine(URL, folder)
    for _ in run(checked(folder), engine, Request(as_of, datetime(2025, 3, 11, tzinfo=UTC))):
        pass
    engine.close()


def rows_of(folder: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "farm.published.duckdb"), read_only=True) as connection:
        return connection.execute(query, values).fetchall()


def rounded(number: Decimal, decimals: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def as_text(number: Decimal | None, status: str, kind: str) -> str:
    """A value as a person would write it from the table's."""
    if number is None:
        return "∅" if status == "undefined" else "–"  # noqa: RUF001
    mark = {"partial": "~", "stale": "!"}.get(status, "")
    sign = "-" if number < 0 else ""
    match kind:
        case "currency":
            text = f"{sign}${abs(rounded(number, 0)):,}"
        case "percent":
            text = f"{rounded(number, 1)}%"
        case "duration":
            hours, minutes = divmod(int(rounded(number / 60, 0)), 60)
            assert hours, "durations of less than an hour are written in seconds too"
            text = f"{hours}h {minutes}m"
        case _:
            text = f"{rounded(number, 0):,}"
    return text + mark


def change_text(delta: Decimal | None, delta_pct: Decimal | None, kind: str, direction: str) -> list[str]:
    """The change, and in a word whether it is for the better."""
    number = delta if kind == "percent" else delta_pct
    if number is None:
        return ["–"]  # noqa: RUF001
    shown = rounded(number, 1)
    unit = " pp" if kind == "percent" else "%"
    text = f"{shown:+,}{unit}" if shown else f"0.0{unit}"
    if not shown or direction == "none":
        return [text]
    return [text, "better" if (shown > 0) == (direction == "up") else "worse"]


def table_of(out: str, names: list[str]) -> dict[str, list[str]]:
    """The cells of each row that begins with one of the names, without the bar at its end."""
    found = {}
    for line in out.splitlines():
        cells = [cell for cell in re.split(r"\s{2,}", line) if not re.fullmatch("[━╸╺• ]+", cell)]
        if cells and cells[0] in names:
            found[cells[0]] = cells
    return found


WINDOWS = {
    "mtd": ["Month to date", "Mar 1 – 10, 2025", "Mar 1 – 10, 2024"],  # noqa: RUF001
    "ytd": ["Year to date", "Jan 1 – Mar 10, 2025", "Jan 1 – Mar 10, 2024"],  # noqa: RUF001
    # 28 days: there was a 29th of February in 2024.
    "last28": ["Last 28 days", "Feb 11 – Mar 10, 2025", "Feb 12 – Mar 10, 2024"],  # noqa: RUF001
}


PAGES = [(code, "ALL") for code in KINDS] + [("net", "south"), ("loss_pct", "north")]


@pytest.mark.parametrize(("code", "entity"), PAGES)
def test_the_numbers_are_those_of_the_tables(farm: Path, kpictl: Kpictl, code: str, entity: str) -> None:
    shown = kpictl("show", code, "--project", farm, "--entity", entity)
    assert (shown.code, shown.err) == (0, "")
    windows, months = windows_of(farm, code, entity), months_of(farm, code, entity)
    assert (len(windows), len(months)) == (3, 2 if code == "visitors" else 13)
    assert table_of(shown.out, [*windows, *months]) == windows | months


def windows_of(folder: Path, code: str, entity: str) -> dict[str, list[str]]:
    expected = {}
    for window, (title, days, prior_days) in WINDOWS.items():
        columns = ("value", "status", "prior", "prior_status", "delta", "delta_pct")
        query = f"""
            select target_direction, {", ".join(f"{window}_{column}" for column in columns)}
            from kpi.agg_kpi_dashboard join kpi.dim_kpi using (kpi_id) join kpi.dim_entity using (entity_id)
            where as_of_date = ? and kpi_code = ? and entity_code = ?
        """
        (row,) = rows_of(folder, query, AS_OF, code, entity)
        expected[title] = [title, *cells_of(row, KINDS[code]), days, prior_days]
    return expected


def months_of(folder: Path, code: str, entity: str) -> dict[str, list[str]]:
    query = """
        select period_start, in_progress, target_direction, value, status, prior, prior_status, delta, delta_pct
        from kpi.agg_kpi_period join kpi.dim_kpi using (kpi_id) join kpi.dim_entity using (entity_id)
        where period = 'month' and kpi_code = ? and entity_code = ? order by period_start
    """
    expected = {}
    for first, is_going_on, *row in rows_of(folder, query, code, entity)[-13:]:
        name = f"{first:%b %Y}" + ("…" if is_going_on else "")
        expected[name] = [name, *cells_of(row, KINDS[code])]
    return expected


def cells_of(row: Sequence[Any], kind: str) -> list[str]:
    direction, value, status, prior, prior_status, delta, delta_pct = row
    is_judged = "partial" not in {status, prior_status}
    change = change_text(delta, delta_pct, kind, direction if is_judged else "none")
    return [as_text(value, status, kind), as_text(prior, prior_status, kind), *change]


def test_an_earlier_date_shows_what_was_known_then(farm: Path, kpictl: Kpictl) -> None:
    shown = kpictl("show", "net", "--project", farm, "--as-of", EARLIER)
    ((value,),) = rows_of(
        farm,
        "select mtd_value from kpi.agg_kpi_dashboard where as_of_date = ? and kpi_id = 1 and entity_id = 0",
        EARLIER,
    )
    assert table_of(shown.out, ["Month to date"])["Month to date"][1] == as_text(value, "ok", "currency")
    assert "as of Mar 5, 2025" in shown.out
    assert "Feb 2025" in table_of(shown.out, ["Feb 2025", "Mar 2025…"])
    assert "Mar 2025…" not in shown.out  # its row counts the days up to the 10th


def bars_of(out: str) -> tuple[dict[int, str], int]:
    """The rows of the chart, counted from the axis, and how many rows above the axis there is a label."""
    lines = out.splitlines()
    start = lines.index("Day by day") + 2
    end = next(at for at in range(start, len(lines)) if not re.search("[┤│┼]", lines[at]))
    axis = next(at for at in range(start, end) if "┼" in lines[at])
    return {axis - at: re.split("[┤│┼]", lines[at])[1] for at in range(start, end)}, axis - start


@pytest.mark.parametrize("columns", [60, 80, 120, None])
def test_the_chart_has_the_facts(farm: Path, kpictl: Kpictl, columns: int | None) -> None:
    """Each bar ends in the row that its day's fact has on the scale, each dot in that of the year before."""
    shown = kpictl("show", "net", "--project", farm, columns=columns)
    if columns is not None:
        assert [line for line in shown.out.splitlines() if len(line) > columns] == []
    rows, top = bars_of(shown.out)
    # The labels go from $50 to $50, two rows for each.
    assert (shown.out.splitlines()[shown.out.splitlines().index("Day by day") + 2]).strip().startswith(f"${top * 25}")
    days = {60: 49, 80: 70, 120: 112, None: 91}[columns]
    facts = dict(rows_of(farm, "select date_key, value from kpi.fact_kpi_daily where kpi_id = 1 and entity_id = 0"))
    shown_days = 0
    for at in range(days):
        day = AS_OF - timedelta(days - 1 - at)
        prior_day = day.replace(year=day.year - 1) if (day.month, day.day) != (2, 29) else date(day.year - 1, 2, 28)
        column = {row: (text + " " * days)[at] for row, text in rows.items()}
        dot, height = facts.get(prior_day), facts[day] / 25
        ends = math.ceil(height) if height > 0 else math.floor(height)
        dots = [row for row, mark in column.items() if mark == "•"]
        if dot is None:
            assert dots == []
        elif dots:
            assert dots == [max(math.ceil(dot / 25), 1) if dot >= 0 else math.floor(dot / 25)]
        bars = [row for row, mark in column.items() if mark in "▁▂▃▄▅▆▇█▔▀"]
        # A dot may lie on the bar's end, and a bar that reaches less than a sixteenth into a row ends below it.
        assert set(bars) | set(dots) | {0} >= set(range(1, ends) if ends > 0 else range(ends + 1, 0))
        assert all(0 < row <= ends or ends <= row < 0 for row in bars)
        shown_days += len(bars) > 0
    assert shown_days > days / 2


def test_days_without_a_fact_are_gaps(farm: Path, kpictl: Kpictl) -> None:
    # Nobody has counted since the 5th: the line ends there, five columns before the last.
    out = kpictl("show", "visitors", "--project", farm, columns=80).out.splitlines()
    start = out.index("Day by day") + 2
    line = [re.split("[┤│]", each, maxsplit=1)[1] for each in out[start : start + 7]]
    assert max(len(each.rstrip()) for each in line) == 70 - 5


@pytest.mark.parametrize(("code", "columns"), [("huge", 60), ("huge", 120), ("loss_pct", 60), ("worked", 80)])
def test_no_row_is_wider_than_the_screen(farm: Path, kpictl: Kpictl, code: str, columns: int) -> None:
    shown = kpictl("show", code, "--project", farm, columns=columns)
    assert (shown.code, shown.err) == (0, "")
    assert [line for line in shown.out.splitlines() if len(line) > columns] == []
    assert "\x1b" not in shown.out


def test_hostile_texts_are_texts(farm: Path, kpictl: Kpictl) -> None:
    shown = kpictl("show", "huge", "--project", farm)
    lines = shown.out.splitlines()
    assert lines[0] == f"{HOSTILE} (pieces)"
    start = next(at for at, line in enumerate(lines) if line.startswith("description"))
    end = next(at for at, line in enumerate(lines) if line.startswith("category"))
    said = "".join(line.removeprefix("description").strip() for line in lines[start:end])
    assert said.replace(" ", "") == LONG.replace(" ", "")
    assert max(map(len, lines[start:end])) <= 12 + 100
    assert kpictl("show", "huge", "--project", farm, columns=5).code == 0


def test_what_it_is(farm: Path, kpictl: Kpictl) -> None:
    out = kpictl("show", "loss_pct", "--project", farm, columns=80).out
    assert out.splitlines()[:2] == [
        "Losses %",
        "farm · Both places · as of Mar 10, 2025 · data through Mar 10, 2025",
    ]
    assert out[out.index("What it is") :].splitlines()[1:] == [
        "code        loss_pct",
        "definition  100 * losses / entries",
        "kind        formula. Computed of its inputs over the same days and entity: a",
        "            ratio is one of sums, never a mean of ratios.",
        "direction   less is better",
        "description Of all.",
        "category    Trade",
        "owner       us",
    ]


def test_a_kpi_that_is_switched_off(farm: Path, kpictl: Kpictl) -> None:
    shown = kpictl("show", "ended", "--project", farm, columns=80)
    assert shown.code == 0
    assert "On no dashboard as of this date: the KPI is switched off." in shown.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nett", "--json"], "error: no KPI has been published as `nett`\n  help: `net` is near\n"),
        (["nett"], "error: no KPI has been published as `nett`\n  help: `net` is near\n"),
        (["net", "--entity", "nort"], "error: no entity has the code `nort`\n  help: `north` is near\n"),
        (
            ["losses"],
            (
                "error: `losses` is a helper: it has no id, so that it is in no table and has no page\n"
                "  help: `kpictl explain losses` tells what it is; with an `id` it is published\n"
            ),
        ),
        (
            ["net", "--as-of", "2025-03-09"],
            (
                "error: nothing has been published as of 2025-03-09\n"
                "  help: the latest as-of date is 2025-03-10; `kpictl run --as-of 2025-03-09` publishes another\n"
            ),
        ),
    ],
)
def test_what_is_not_there(farm: Path, kpictl: Kpictl, arguments: list[str], said: str) -> None:
    shown = kpictl("show", *arguments, "--project", farm)
    assert (shown.code, shown.out, shown.err) == (3, "", said)


def test_json_is_the_kpis_payloads_alone(farm: Path, kpictl: Kpictl) -> None:
    every = json.loads(kpictl("show", "--json", "--project", farm).out)
    of_it = json.loads(kpictl("show", "net", "--json", "--project", farm).out)
    assert of_it == [payload for payload in every if payload["kpi"]["code"] == "net"]
    assert [payload["entity"]["code"] for payload in of_it] == ["ALL", "north", "south"]
    (one,) = json.loads(kpictl("show", "net", "--json", "--entity", "south", "--project", farm).out)
    assert (one["kpi"]["code"], one["entity"]["code"]) == ("net", "south")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "error: --watch needs a terminal to draw on\n  help: without --watch it is printed once\n"),
        (["--json"], "error: --watch draws on a terminal, --json is for programs\n  help: leave one of them out\n"),
    ],
)
def test_nothing_to_watch_on(farm: Path, kpictl: Kpictl, arguments: list[str], said: str) -> None:
    shown = kpictl("show", "--watch", *arguments, "--project", farm)
    assert (shown.code, shown.out, shown.err) == (2, "", said)
