"""The winery's page: small enough to mail, and each of its cards says what its tables do."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Opened
from tests.browser.test_page_numbers import CARDS, go, kpis, same_card
from tests.browser.worlds import WINERY_AS_OF, World

# With the other tests that need the winery: it takes long to simulate.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("react")]


def test_it_is_less_than_a_megabyte(winery_page: World) -> None:
    assert winery_page.html.stat().st_size < 1_000_000
    assert len(winery_page.rows("select distinct as_of_date from agg_kpi_dashboard")) == 8


def test_every_card_says_what_the_table_does(winery_page: World, opened: Opened) -> None:
    formats = kpis(winery_page)
    with opened(winery_page.html, viewport={"width": 1920, "height": 1080}) as page:
        # Two categories stand beside one another, and all of them in the order in which they are read.
        places = page.locator("h2").evaluate_all("all => all.map((each) => [each.offsetTop, each.offsetLeft])")
        assert places == sorted(places)
        assert len({top for top, _ in places}) < len(places)
        for window in ("mtd", "qtd", "ytd", "last28"):
            go(page, f"#/?window={window}&x=1")
            cards = page.evaluate(CARDS)
            assert len(cards) == 27
            for card in cards:
                row = winery_page.window(card["code"], window, str(WINERY_AS_OF))
                same_card(card, row, *formats[card["code"]])
