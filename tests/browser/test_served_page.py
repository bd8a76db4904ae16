"""The served page in Chromium: it fetches what it shows from where it came from, and shows a new edition by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from kpictl.serve import Settings
from tests.browser.conftest import Opened
from tests.pipeline.shop import Shop
from tests.serve.served import BACKWARDS, HOSTILE_CODE, LONG, SCRIPT, Served, published, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Served]:
    with serving(published(Shop(f"duckdb:///{tmp_path / 'books.duckdb'}", tmp_path))) as made:
        yield made


def shows(page: Page, title: str, revenue: str) -> None:
    expect(page.locator("h1")).to_have_text(title)
    expect(page.locator("[data-code=revenue] .value .number")).to_have_text(revenue)


def test_it_is_the_same_page(door: Served, opened: Opened) -> None:
    with opened(f"{door.url}/") as page:
        # Of March 2025 there is a sale of 5.50; before it a refund of 20.50, and one sale that is nearly 10^16.
        shows(page, "All", "€5.50")
        expect(page.locator("[data-code=revenue] h3")).to_have_text(SCRIPT)
        page.get_by_label("YTD").check()
        shows(page, "All", "€9,999,999,999,999,984.01")
        page.get_by_label("Entity").select_option(HOSTILE_CODE)
        shows(page, SCRIPT, "€9,999,999,999,999,999.01")
        page.get_by_label("Entity").select_option("south")
        shows(page, BACKWARDS, "-€15.00")
        page.get_by_role("link", name=SCRIPT).click()
        page.wait_for_selector(".days-panel")
        assert page.locator(".description").text_content() == LONG
        violations = Axe().run(page).response["violations"]
        assert [each["id"] for each in violations if each["impact"] in {"serious", "critical"}] == []
    assert door.complaints == []


def test_a_new_edition_is_shown_by_itself(door: Served, opened: Opened) -> None:
    with opened(f"{door.url}/", "#/?window=ytd&entity=south") as page:
        page.clock.install()
        page.reload()
        shows(page, BACKWARDS, "-€15.00")
        expect(page.get_by_label("As of")).to_have_value("2025-03-02")
        door.shop.run("2025-03-03")
        page.clock.fast_forward(31_000)
        expect(page.get_by_label("As of")).to_have_value("2025-03-03")
        expect(page.locator(".news")).to_have_text("New numbers were published; this page shows them now.")
        assert page.url.endswith("#/?window=ytd&entity=south")
        shows(page, BACKWARDS, "-€15.00")


def test_a_token_may_stand_in_the_address(tmp_path: Path, chromium: Browser) -> None:
    """As the password: a browser signs its own requests with it, but fetches nothing that has it in its address."""
    shop = published(Shop(f"duckdb:///{tmp_path / 'books.duckdb'}", tmp_path))
    with serving(shop, Settings(tokens=("0123456789abcdef",))) as door:
        page = chromium.new_page()
        page.goto(f"{door.url.replace('//', '//wall:0123456789abcdef@')}/#/?window=ytd")
        shows(page, "All", "€9,999,999,999,999,984.01")
        page.close()


def test_a_server_that_goes_away_is_told(tmp_path: Path, chromium: Browser) -> None:
    shop = published(Shop(f"duckdb:///{tmp_path / 'books.duckdb'}", tmp_path))
    page = chromium.new_page()
    with serving(shop) as door:
        page.clock.install()
        page.goto(f"{door.url}/#/?window=ytd")
        shows(page, "All", "€9,999,999,999,999,984.01")
        page.evaluate("location.hash = '#/kpi/nope'")
        expect(page.locator(".sorry")).to_have_text("There is no KPI with the code nope for this entity.")
        page.go_back()
    page.clock.fast_forward(31_000)
    expect(page.locator(".news")).to_have_text("The server cannot be reached; these numbers are the last ones.")
    shows(page, "All", "€9,999,999,999,999,984.01")
    page.close()
