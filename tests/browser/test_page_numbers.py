"""Every number on the page equals the table's: all boards, all KPIs' pages, read back and compared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import Opened
from tests.browser.worlds import EN_DASH, World, number_in, plain, shown

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CARDS = """() => [...document.querySelectorAll('.card')].map((card) => {
  const text = (selector) => card.querySelector(selector)?.textContent ?? null;
  return {
    code: card.dataset.code,
    value: text('.value .number'),
    status: card.querySelector('.value .tag')?.dataset.status ?? 'ok',
    change: text('.change b'),
    prior: text('.prior .number'),
    prior_status: card.querySelector('.prior .tag')?.dataset.status ?? 'ok',
    against: text('.prior'),
  };
})"""
ROWS = """(table) => [...table.querySelectorAll('tbody tr')].map((row) => ({
  name: row.querySelector('th').firstChild.textContent,
  cells: [...row.querySelectorAll('td')].map(
    (cell) => cell.querySelector('.number, .change b')?.textContent ?? cell.textContent),
  statuses: [...row.querySelectorAll('td')].map((cell) => cell.querySelector('.tag')?.dataset.status ?? 'ok'),
}))"""


def kpis(world: World) -> Mapping[str, tuple[int, str]]:
    """Each code's decimals and kind of format."""
    rows = world.rows("select kpi_code, decimals, format_kind from dim_kpi where is_active")
    return {code: (decimals, kind) for code, decimals, kind in rows}


def change_in(row: Mapping[str, Any], decimals: int, kind: str) -> Decimal | None:
    """What a change is to say: points of a percentage, percent of anything else."""
    return shown(row["delta"], max(decimals, 1)) if kind == "percent" else shown(row["delta_pct"], 1)


def go(page: Page, address: str) -> None:
    page.evaluate("(address) => { document.querySelector('h1').remove(); location.hash = address; }", address)
    page.wait_for_selector("h1")


def test_every_card_of_every_board(stores: World, opened: Opened) -> None:
    formats = kpis(stores)
    entities = [code for (code,) in stores.rows("select entity_code from dim_entity")]
    walked = 0
    with opened(stores.html) as page:
        for as_of in ("2025-10-04", "2025-10-05", "2025-10-06"):
            for entity in entities:
                for window in ("wtd", "mtd", "ytd", "last28"):
                    # `x` makes each address a new one, the first too.
                    go(page, f"#/?as_of={as_of}&entity={entity}&window={window}&x=1")
                    cards = page.evaluate(CARDS)
                    assert len(cards) == 5
                    for card in cards:
                        row = stores.window(card["code"], window, as_of, entity)
                        same_card(card, row, *formats[card["code"]])
                        walked += 1
    assert walked == 3 * 6 * 4 * 5


def same_card(card: Mapping[str, Any], row: Mapping[str, Any], decimals: int, kind: str) -> None:
    assert number_in(card["value"]) == shown(row["value"], decimals), card
    assert card["status"] == row["status"], card
    if row["prior"] is None:
        assert card["against"] == f"{row['prior_status'].replace('_', ' ')} the year before", card
        assert card["change"] is None, card
    else:
        assert number_in(card["prior"]) == shown(row["prior"], decimals), card
        assert card["prior_status"] == row["prior_status"], card
        assert number_in(card["change"] or "") == change_in(row, decimals, kind), card


@pytest.mark.parametrize("entity", ["ALL", "mill"])
def test_every_number_of_every_kpi_page(stores: World, opened: Opened, entity: str) -> None:
    with opened(stores.html) as page:
        for code, (decimals, kind) in kpis(stores).items():
            go(page, f"#/kpi/{code}?entity={entity}&span=365")
            same_windows(page, stores, code, entity, decimals, kind)
            same_months(page, stores, code, entity, decimals, kind)
            same_days(page, stores, code, entity, decimals)


def same_windows(page: Page, world: World, code: str, entity: str, decimals: int, kind: str) -> None:
    rows = page.locator(".windows table").evaluate(ROWS)
    assert len(rows) == 4
    for shown_row, window in zip(rows, ("wtd", "mtd", "ytd", "last28"), strict=True):
        same_row(shown_row, world.window(code, window, "2025-10-06", entity), decimals, kind)


def same_row(shown_row: Mapping[str, Any], row: Mapping[str, Any], decimals: int, kind: str) -> None:
    value, prior, change = shown_row["cells"][:3]
    assert number_in(value) == shown(row["value"], decimals), shown_row
    assert shown_row["statuses"][0] == row["status"], shown_row
    if row["prior_status"] == "no_data":
        assert prior == "no data", shown_row
    else:
        assert number_in(prior) == shown(row["prior"], decimals), shown_row
        assert shown_row["statuses"][1] == row["prior_status"], shown_row
    expected = change_in(row, decimals, kind)
    assert (None if change.startswith(EN_DASH) else number_in(change)) == expected, shown_row


def same_months(page: Page, world: World, code: str, entity: str, decimals: int, kind: str) -> None:
    names = ("period_start", "value", "status", "prior", "prior_status", "delta", "delta_pct")
    found = world.rows(
        f"select {', '.join(names)} from agg_kpi_period join dim_kpi using (kpi_id) join dim_entity using (entity_id)"
        f" where period = 'month' and kpi_code = '{code}' and entity_code = '{entity}' order by period_start desc"
    )
    latest, earlier = (each.evaluate(ROWS) for each in page.locator("table.months").all())
    assert len(latest) == 13
    rows = [*latest, *earlier]
    assert len(rows) == len(found)
    for shown_row, each in zip(rows, found, strict=True):
        row = dict(zip(names, each, strict=True))
        assert plain(shown_row["name"]).startswith(f"{row['period_start']:%b} {row['period_start'].day}")
        same_row(shown_row, row, decimals, kind)


def same_days(page: Page, world: World, code: str, entity: str, decimals: int) -> None:
    """A year of days in the table below the chart, each with the day that `dim_date` compares it with."""
    page.locator(".days-panel summary").click()
    page.wait_for_selector(".days-panel table")
    rows = page.locator(".days-panel table").evaluate(ROWS)
    facts = "(select date_key, value from fact_kpi_daily join dim_kpi using (kpi_id) join dim_entity using (entity_id)"
    facts += f" where kpi_code = '{code}' and entity_code = '{entity}')"
    found: list[tuple[date, Any, date, Any]] = world.rows(
        f"select d.date_key, f.value, d.prior_date, p.value from dim_date d left join {facts} f using (date_key)"
        f" left join {facts} p on p.date_key = d.prior_date"
        " where d.date_key between date '2024-10-07' and date '2025-10-06' order by d.date_key desc"
    )
    assert len(rows) == len(found) == 365
    for shown_row, (day, value, prior_day, prior) in zip(rows, found, strict=True):
        assert shown_row["name"] == written(day)
        assert shown_row["cells"][1] == written(prior_day)
        assert number_in(shown_row["cells"][0]) == shown(value, decimals), shown_row
        assert number_in(shown_row["cells"][2]) == shown(prior, decimals), shown_row


def written(day: date) -> str:
    return f"{day:%a, %b} {day.day}, {day.year}"


def test_odd_numbers_keep_their_digits(odd: World, opened: Opened) -> None:
    """26 digits, a fraction as a percentage, and what is written short."""
    with opened(odd.html, "#/?window=itd") as page:
        text = {card["code"]: card for card in page.evaluate(CARDS)}
        huge = odd.window("huge", "itd", "2025-10-06")["value"]
        assert number_in(text["huge"]["value"]) == shown(huge, 0)
        assert len(f"{huge:.0f}") == 26
        share = odd.window("share", "itd", "2025-10-06")
        assert number_in(text["share"]["value"]) == shown(100 * share["value"], 1)
        assert number_in(text["share"]["change"]) == shown(100 * share["delta"], 1)
        assert text["big"]["value"] == "9.0T"
