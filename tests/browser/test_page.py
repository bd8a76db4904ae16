"""The exported page in Chromium: it does what it says, for hand, finger and keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from kpictl.report.words import status_words
from tests.browser.conftest import Opened
from tests.browser.odd import LONG, QUOTES, RIGHT_TO_LEFT, SCRIPT
from tests.browser.worlds import EN_DASH, World, number_in, plain, shown

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

KPI = "#/kpi/revenue"
PHONE = {"width": 360, "height": 740}


def value_of(page: Page, code: str) -> str:
    return page.locator(f"[data-code={code}] .value .number").inner_text()


def tables_value(world: World, window: str, as_of: str, entity: str = "ALL") -> object:
    return shown(world.window("revenue", window, as_of, entity)["value"], 0)


# What is chosen


def test_pickers_change_the_numbers_and_the_address(stores: World, opened: Opened) -> None:
    with opened(stores.html) as page:
        assert number_in(value_of(page, "revenue")) == tables_value(stores, "wtd", "2025-10-06")
        page.get_by_role("radio", name="YTD, Year to date").check()
        page.wait_for_url(lambda url: url.endswith("#/?window=ytd"))
        assert number_in(value_of(page, "revenue")) == tables_value(stores, "ytd", "2025-10-06")
        page.get_by_label("Entity").select_option("north")
        page.wait_for_url(lambda url: url.endswith("#/?entity=north&window=ytd"))
        assert number_in(value_of(page, "revenue")) == tables_value(stores, "ytd", "2025-10-06", "north")
        page.get_by_label("As of").select_option("2025-10-04")
        page.wait_for_url(lambda url: "as_of=2025-10-04" in url)
        assert number_in(value_of(page, "revenue")) == tables_value(stores, "ytd", "2025-10-04", "north")
        heard = page.locator(".heard[role=status]")
        expect(heard).to_have_text("North, Year to date, as of Oct 4, 2025")
        sentence = plain(page.locator(".title .range").inner_text())
        assert f"against Feb 4 {EN_DASH} Oct 5, 2024, 245 days" in sentence
        assert sentence.endswith("lines show the last 28 days")


def test_a_link_shows_what_was_chosen_and_back_goes_back(stores: World, opened: Opened) -> None:
    with opened(stores.html, "#/?as_of=2025-10-05&entity=south&window=mtd") as page:
        assert page.get_by_label("Entity").input_value() == "south"
        assert page.get_by_label("As of").input_value() == "2025-10-05"
        assert page.get_by_label("MTD").is_checked()
        page.get_by_role("link", name="Customers", exact=True).click()
        page.wait_for_selector(".days-panel")
        assert page.evaluate("location.hash") == "#/kpi/customers?as_of=2025-10-05&entity=south&window=mtd"
        assert page.title() == "Customers · stores"
        assert page.evaluate("document.activeElement.id") == "main"
        page.go_back()
        page.wait_for_selector("[data-code=customers]")
        assert page.locator("h1").inner_text() == "South"
        assert page.evaluate("document.activeElement.id") == "card-customers"
        page.go_forward()
        page.wait_for_selector(".days-panel")
        page.get_by_role("link", name="← All KPIs").click()
        page.wait_for_selector("[data-code=customers]")
        assert page.get_by_label("Entity").input_value() == "south"


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("#/kpi/nope", "There is no KPI with the code nope for this entity."),
        ("#/kpi/__proto__", "There is no KPI with the code __proto__ for this entity."),
        ("#/kpi/%E0%A4%A", "There is no KPI with the code %E0%A4%A for this entity."),
        ("#/?as_of=1999-01-01", "Nothing is shown here for the entity ALL as of 1999-01-01."),
        ("#/kpi/revenue?as_of=1999-01-01", "Nothing is shown here for the entity ALL as of 1999-01-01."),
        ("#/?entity=<b>", "There is no entity with the code <b> here."),
        ("#/kpi/revenue?entity=nope", "There is no entity with the code nope here."),
    ],
)
def test_an_address_of_nothing_is_answered_in_a_sentence(
    stores: World, opened: Opened, address: str, sentence: str
) -> None:
    with opened(stores.html, address) as page:
        assert page.locator(".sorry").inner_text() == sentence
        assert page.locator("select").evaluate_all("all => all.every((each) => each.selectedIndex >= 0)")
        page.get_by_role("link", name="The latest board").click()
        page.wait_for_selector("[data-code=revenue]")


def test_a_window_that_is_not_there_falls_back_to_the_first(stores: World, opened: Opened) -> None:
    with opened(stores.html, "#/?window=century&span=1e9") as page:
        assert page.get_by_label("WTD").is_checked()
        assert number_in(value_of(page, "revenue")) == tables_value(stores, "wtd", "2025-10-06")


# Lines that are followed


def facts_of(world: World, code: str) -> dict[str, object]:
    rows = world.rows(
        "select date_key, value from fact_kpi_daily join dim_kpi using (kpi_id) join dim_entity using (entity_id)"
        f" where kpi_code = '{code}' and entity_code = 'ALL'"
    )
    return {f"{day:%a, %b} {day.day}, {day.year}": shown(value, 0) for day, value in rows}


def test_a_sparkline_says_its_days_to_pointer_and_keys(stores: World, opened: Opened) -> None:
    facts = facts_of(stores, "revenue")
    with opened(stores.html) as page:
        card = page.get_by_role("article", name="Revenue", exact=True)
        line = card.get_by_role("slider", name="Revenue by day, Tue, Sep 9, 2025 to Mon, Oct 6, 2025")
        day, value = card.locator(".readout .day"), card.locator(".readout b")

        def says(expected: str) -> bool:
            aloud = line.get_attribute("aria-valuetext") == f"{expected}: {value.inner_text()}"
            return aloud and day.inner_text() == expected and number_in(value.inner_text()) == facts[expected]

        box = line.bounding_box()
        assert box is not None
        assert says("Mon, Oct 6, 2025")
        page.mouse.move(box["x"] + 1, box["y"] + 10)
        assert says("Tue, Sep 9, 2025")
        page.mouse.move(box["x"] + box["width"] * 12 / 27, box["y"] + 10)
        assert says("Sun, Sep 21, 2025")
        assert line.locator(".guide").is_visible()
        page.mouse.move(0, 0)
        assert says("Mon, Oct 6, 2025")
        line.focus()
        for key, expected in (
            ("ArrowLeft", "Sun, Oct 5, 2025"),
            ("ArrowLeft", "Sat, Oct 4, 2025"),
            ("PageDown", "Sat, Sep 27, 2025"),
            ("ArrowRight", "Sun, Sep 28, 2025"),
            ("Home", "Tue, Sep 9, 2025"),
            ("ArrowLeft", "Tue, Sep 9, 2025"),
            ("End", "Mon, Oct 6, 2025"),
        ):
            page.keyboard.press(key)
            assert says(expected), key
        assert line.get_attribute("aria-valuenow") == line.get_attribute("aria-valuemax") == "27"
        page.keyboard.press("Home")
        assert line.get_attribute("aria-valuenow") == "0"
        page.keyboard.press("Escape")
        assert says("Mon, Oct 6, 2025")
        assert not line.locator(".guide").is_visible()
        # How much there is can be seen from zero only.
        assert line.locator(".area").count() == 1
        assert page.locator("[data-code=stock_units] .area").count() == 0


def test_a_finger_reads_it_too(stores: World, opened: Opened) -> None:
    facts = facts_of(stores, "revenue")
    with opened(stores.html, viewport=PHONE, has_touch=True, is_mobile=True) as page:
        card = page.locator("[data-code=revenue]")
        card.locator(".spark").tap(position={"x": 1, "y": 5})
        assert card.locator(".readout .day").inner_text() == "Tue, Sep 9, 2025"
        assert number_in(card.locator(".readout b").inner_text()) == facts["Tue, Sep 9, 2025"]
        assert page.evaluate("location.hash") == "#/"
        value = card.locator(".value").bounding_box()
        assert value is not None
        page.touchscreen.tap(value["x"] + value["width"] / 2, value["y"] + value["height"] / 2)
        page.wait_for_selector(".days-panel")
        assert page.evaluate("location.hash") == KPI
        page.get_by_label("4 weeks").check()
        expect(page.locator(".heard[role=status]")).to_have_text("All stores, Week to date, as of Oct 6, 2025, 4 weeks")
        ends = page.locator(".axis span").evaluate_all("all => all.map((each) => each.getBoundingClientRect().right)")
        field = page.locator(".field").bounding_box()
        assert field is not None
        assert max(ends) <= field["x"] + field["width"] + 1


def test_the_chart_of_days_says_this_year_and_the_year_before(stores: World, opened: Opened) -> None:
    facts = facts_of(stores, "revenue")
    with opened(stores.html, KPI) as page:
        now, before = page.locator(".legend .now"), page.locator(".legend .before")

        def says(expected: str, expected_before: str) -> None:
            days = (now.locator(".day").inner_text(), before.locator(".day").inner_text())
            assert days == (expected, expected_before)
            assert number_in(now.locator("b").inner_text()) == facts[expected]
            assert number_in(before.locator("b").inner_text()) == facts[expected_before]
            aloud = [expected, now.locator("b").inner_text(), expected_before, before.locator("b").inner_text()]
            said = page.locator(".field[role=slider]").get_attribute("aria-valuetext")
            assert said == "This year, {}: {}; Year before, {}: {}".format(*aloud)

        # The retail calendar compares a day with that of the same week and weekday.
        says("Mon, Oct 6, 2025", "Mon, Oct 7, 2024")
        box = page.locator(".field").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] * 45 / 90, box["y"] + 50)
        says("Fri, Aug 22, 2025", "Fri, Aug 23, 2024")
        page.mouse.move(0, 0)
        page.locator(".field").focus()
        page.keyboard.press("PageDown")
        says("Mon, Sep 29, 2025", "Mon, Sep 30, 2024")
        page.get_by_label("4 weeks").check()
        page.wait_for_url(lambda url: url.endswith("span=28"))
        assert page.evaluate("document.activeElement.id") == "span-28"
        page.locator(".field").focus()
        page.keyboard.press("Home")
        says("Tue, Sep 9, 2025", "Tue, Sep 10, 2024")


def test_the_ticks_of_an_axis_are_round_and_right(stores: World, opened: Opened) -> None:
    """Each tick stands where its own text says, between those above and below it."""
    with opened(stores.html, f"{KPI}?span=365") as page:
        marks = page.locator(".tick").evaluate_all("all => all.map((each) => [each.innerText, each.style.bottom])")
        numbers = [number_in(text) for text, _ in marks]
        heights = [float(bottom.rstrip("%")) for _, bottom in marks]
        assert 3 <= len(marks) <= 6
        low, high = numbers[0], numbers[-1]
        assert low is not None
        assert high is not None
        for number, height in zip(numbers, heights, strict=True):
            assert number is not None
            assert height == pytest.approx(float(100 * (number - low) / (high - low)), abs=0.01)


def test_all_of_it_can_be_reached_by_keys(stores: World, opened: Opened) -> None:
    with opened(stores.html) as page:
        reached = []
        for _ in range(30):
            page.keyboard.press("Tab")
            reached.append(
                page.evaluate(
                    "(({ id, className, innerText }) => id || className || innerText)(document.activeElement)"
                )
            )
        assert reached[:6] == ["skip", "brand", "window-wtd", "pick-entity", "pick-as_of", "theme"]
        assert reached[6:10] == ["card-revenue", "spark", "card-customers", "spark"]
        page.goto(page.url.partition("#")[0])
        page.wait_for_selector("h1")
        page.get_by_role("button", name="Skip to the numbers").focus()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        assert page.evaluate("location.hash") in {"", "#/"}


# Odd names, texts and numbers


def test_hostile_names_are_text(odd: World, opened: Opened) -> None:
    with opened(odd.html) as page:
        assert page.locator("[data-code=script] h3").inner_text() == SCRIPT
        assert page.locator("h2").first.inner_text() == SCRIPT
        assert page.locator("[data-code=constructor] h3").inner_text() == RIGHT_TO_LEFT
        assert page.locator("[data-code=constructor] h3 bdi").count() == 1
        assert page.locator("[data-code=big] .unit").inner_text() == "<i>l</i>"
        scripts = page.locator("script").evaluate_all("all => all.map((each) => each.type)")
        assert scripts == ["application/json", "application/json", ""]
        assert page.locator("#page i:not(.change i), #page img, #page b b").count() == 0
        page.get_by_label("Entity").select_option("b&c=d")
        page.wait_for_url(lambda url: "b%26c%3Dd" in url)
        assert page.locator("h1").inner_text() == "B & C"


def test_long_and_hostile_descriptions_are_whole(odd: World, opened: Opened) -> None:
    with opened(odd.html, "#/kpi/constructor") as page:
        assert page.locator(".description").text_content() == LONG
        assert page.locator("h1 bdi").inner_text() == RIGHT_TO_LEFT
        page.evaluate("location.hash = '#/kpi/script'")
        expect(page).to_have_title(f"{SCRIPT} · odd-shop")
        assert page.locator(".description").text_content() == QUOTES
        assert "place <> '<b>&'" in page.locator(".about .code dd").first.inner_text()


def test_statuses_are_shown_as_what_they_are(odd: World, opened: Opened) -> None:
    with opened(odd.html) as page:
        tags = {
            code: page.locator(f"[data-code={code}] .value .tag").all_inner_texts()
            for code in ("nothing", "level", "ratio", "below", "gaps")
        }
        assert tags == {
            "nothing": ["undefined"],
            "level": ["stale"],
            "ratio": ["undefined"],
            "below": [],
            "gaps": [],
        }
        assert "undefined the year before" in page.locator("[data-code=gaps]").inner_text()
        assert "no data the year before" in page.locator("[data-code=seldom]").inner_text()
        assert "no rows after Sep 24, 2025" in page.locator("[data-code=level]").inner_text()
        page.get_by_label("YTD").check()
        page.wait_for_url(lambda url: url.endswith("ytd"))
        assert page.locator("[data-code=seldom] .value .tag").inner_text() == "partial"
        page.get_by_role("link", name="Seldom").click()
        words = [status_words(each) for each in ("partial", "no_data")]
        expect(page.locator(".status")).to_have_text("Status: {} · the year before: {}".format(*words))
        page.evaluate("location.hash = '#/kpi/below?window=itd'")
        expect(page.locator("h1")).to_have_text("Below zero and above")
        assert page.locator(".status").inner_text().startswith(f"Status: {status_words('ok')}")


def test_gaps_are_gaps_and_a_day_alone_is_a_dot(odd: World, opened: Opened) -> None:
    with opened(odd.html) as page:
        # Four days with numbers, three without, Sundays without any: 28 days have four runs of them, and no dot …
        line = page.locator("[data-code=gaps] path.line").first.get_attribute("d") or ""
        (runs,) = odd.rows(
            "with days as (select f.value, lag(f.value) over (order by date_key) as before from fact_kpi_daily f"
            " join dim_kpi using (kpi_id) where kpi_code = 'gaps' and entity_id = 0"
            " and date_key > date '2025-10-06' - 29)"
            " select count(*) filter (where value is not null and before is null) from days"
        )
        assert line.count("M") in {runs[0], runs[0] - 1}
        # … and one day has one.
        alone = page.locator("[data-code=once] path.dots").get_attribute("d") or ""
        assert alone.count("h0") == 1
        assert page.locator("[data-code=nothing] .readout").inner_text() == "no data in these weeks"
        assert page.locator("[data-code=nothing] [role=slider]").count() == 0


def test_no_script_but_its_own_runs(stores: World, chromium: Browser) -> None:
    page = chromium.new_page()
    page.goto(Path(stores.html).as_uri())
    page.wait_for_selector("h1")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), { text: 'window.ran = true' }))"
    )
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = true\">')")
    page.wait_for_timeout(50)
    assert page.evaluate("window.ran") is None
    page.close()
