"""The exported page for eyes, ears and paper: on every screen, in light and dark, printed, without scripts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Opened
from tests.browser.test_page import KPI, PHONE
from tests.browser.worlds import World, number_in, plain, shown

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

WALL = {"width": 2560, "height": 1440}


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


# On how many lines the numbers of cells stand; those of more than 16 signs may be broken between their groups.
LINES = """(cells) => Math.max(0, ...cells.filter((cell) => cell.innerText.length <= 16).map((cell) => {
  const text = document.createRange();
  text.selectNodeContents(cell);
  return new Set([...text.getClientRects()].map(({ top }) => top)).size;
}))"""


@pytest.mark.parametrize("address", ["#/", "#/?window=itd", "#/kpi/huge?window=itd", "#/kpi/ratio", "#/kpi/script"])
@pytest.mark.parametrize("viewport", [PHONE, WALL], ids=["phone", "wall"])
def test_nothing_is_wider_than_the_screen(odd: World, opened: Opened, address: str, viewport: dict[str, int]) -> None:
    with opened(odd.html, address, viewport=viewport) as page:
        assert overflow(page) == 0
        for details in page.locator("details").all():
            details.evaluate("each => each.open = true")
        assert overflow(page) == 0
        assert page.locator(".scroll td:nth-child(2)").evaluate_all(LINES) <= 1


@pytest.mark.parametrize(("theme", "viewport"), [("light", WALL), ("dark", PHONE)])
def test_axe_finds_no_fault(odd: World, stores: World, opened: Opened, theme: str, viewport: dict[str, int]) -> None:
    for world, address in ((stores, "#/"), (stores, KPI), (odd, "#/"), (odd, "#/kpi/constructor"), (odd, "#/kpi/no")):
        with opened(world.html, address, color_scheme=theme, viewport=viewport) as page:
            for details in page.locator("details").all():
                details.evaluate("each => each.open = true")
            found = Axe().run(page).response["violations"]
            faults = [(each["id"], each["impact"], each["nodes"][0]["html"]) for each in found]
            assert [fault for fault in faults if fault[1] in {"serious", "critical"}] == [], address


def test_light_and_dark_can_be_chosen_and_are_remembered(stores: World, opened: Opened) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    with opened(stores.html, color_scheme="dark") as page:
        dark = page.evaluate(background)
        switch = page.get_by_role("button", name="Dark colours")
        assert switch.get_attribute("aria-pressed") == "true"
        switch.click()
        assert switch.get_attribute("aria-pressed") == "false"
        light = page.evaluate(background)
        assert light != dark
        page.reload()
        page.wait_for_selector("h1")
        assert page.evaluate(background) == light


def test_direction_is_said_in_words_too(stores: World, opened: Opened) -> None:
    with opened(stores.html, "#/?window=ytd&entity=north") as page:
        change = page.locator("[data-code=revenue] .change")
        assert change.locator(".judged").inner_text() == "worse"
        assert (change.locator(".heard").text_content() or "").startswith("down 2.0% on the year before, worse")
        assert page.locator("[data-code=revenue] .change i").inner_text() == "▼"
        page.evaluate("location.hash = '#/kpi/revenue?window=ytd&entity=north'")
        page.wait_for_selector(".windows")
        assert page.locator(".windows [data-window=ytd] .judged").inner_text() == "worse"


def test_paper_is_light_and_has_no_pickers(stores: World, opened: Opened) -> None:
    with opened(stores.html, KPI, color_scheme="dark") as page:
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert not page.locator(".pickers").is_visible()
        assert not page.locator(".theme").is_visible()
        assert page.locator("h1").is_visible()
        assert page.locator(".months").first.is_visible()
        assert not page.locator(".months").last.is_visible()
        assert page.pdf().startswith(b"%PDF")


def test_many_names_of_what_has_no_rows_come_last_and_are_printed(odd: World, opened: Opened, tmp_path: Path) -> None:
    html = tmp_path / "page.html"
    html.write_text(odd.html.read_text().replace('"names":[', '"names":[' + '"One more",' * 20))
    with opened(html) as page:
        names = page.locator(".board + .lags details p").first
        assert not names.is_visible()
        page.emulate_media(media="print")
        assert names.is_visible()


def test_without_scripts_the_board_is_a_table(stores: World, opened: Opened) -> None:
    with opened(stores.html, java_script_enabled=False, viewport=PHONE) as page:
        assert plain(page.locator("h1").inner_text()).startswith("stores · All stores · as of Oct 6, 2025")
        rows = {
            row.locator("th").inner_text(): row.locator("td").all_inner_texts()
            for row in page.locator("tbody tr:has(td)").all()
        }
        assert len(rows) == 5
        for number, window in enumerate(("wtd", "mtd", "ytd", "last28")):
            expected = stores.window("revenue", window, "2025-10-06")
            assert number_in(rows["Revenue"][2 * number]) == shown(expected["value"], 0)
            assert number_in(rows["Revenue"][2 * number + 1]) == shown(expected["delta_pct"], 1)
            assert rows["Revenue"][2 * number + 1].endswith("better" if expected["delta"] > 0 else "worse")
        assert overflow(page) == 0
        heights = page.locator("noscript tr").evaluate_all("all => all.map((each) => each.offsetHeight)")
        assert max(heights) < 64  # two lines of a name
