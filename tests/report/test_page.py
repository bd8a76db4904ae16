"""The page's documents and its one HTML file, without a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest

from kpictl.report import Card, Days, Scoreboard, Window
from kpictl.report.page import Embedded, content_security_policy, page
from kpictl.report.page.board import board_document
from kpictl.report.page.ticks import ticks
from kpictl.report.shape import Shape

USD = Shape("currency", 0, "USD")
HOSTILE = "</script><script>alert(1)</script><!-- \u2028 & 'it' {{script}}"


def decimals(*numbers: object) -> list[Decimal | None]:
    return [None if number is None else Decimal(str(number)) for number in numbers]


def ladder(numbers: list[Decimal | None], shape: Shape) -> dict[float, list[str]]:
    return {each["step"]: each["texts"] for each in ticks(numbers, shape)}


def test_ticks_are_round_and_reach_beyond_the_numbers() -> None:
    found = ladder(decimals(120, None, 3500), USD)
    assert found[1000] == ["$0", "$1,000", "$2,000", "$3,000", "$4,000"]
    assert found[2000] == ["$0", "$2,000", "$4,000"]
    assert found[500] == ["$0", "$500", "$1,000", "$1,500", "$2,000", "$2,500", "$3,000", "$3,500"]
    assert list(found) == sorted(found)


def test_ticks_of_what_is_below_zero_have_zero_among_them() -> None:
    assert ladder(decimals(-700, 250), Shape("number"))[500] == ["-1,000", "-500", "0", "500"]


def test_ticks_that_would_read_alike_are_left_out() -> None:
    found = ladder(decimals(0, 2), Shape("number"))
    assert found[1] == ["0", "1", "2"]
    assert all(step >= 1 for step in found)
    assert ladder(decimals(0, 0.2), Shape("percent", 0, stored_as="fraction"))[0.1] == ["0%", "10%", "20%"]


def test_ticks_of_durations_are_whole_minutes_and_hours() -> None:
    found = ladder(decimals(0, 7200), Shape("duration"))
    assert found[1800] == ["0s", "30m 0s", "1h 0m", "1h 30m", "2h 0m"]
    assert found[3600] == ["0s", "1h 0m", "2h 0m"]
    assert {step % 60 for step in found} == {0}


@pytest.mark.parametrize("numbers", [(), (None,), (0,)])
def test_without_numbers_there_are_no_ticks(numbers: tuple[object, ...]) -> None:
    assert ticks(decimals(*numbers), USD) == []


def test_ticks_of_huge_numbers_are_few() -> None:
    found = ticks(decimals("1e30", "-1e30", 3), Shape("number"))
    assert found != []
    assert all(len(each["texts"]) <= 62 for each in found)


def board(name: str = "Revenue", value: str = "1234.5") -> dict[str, Any]:
    days, before = Days(date(2025, 3, 1), date(2025, 3, 10)), Days(date(2024, 3, 1), date(2024, 3, 10))
    window = Window(
        "mtd", days, before, Decimal(value), "ok", Decimal(1000), "partial", Decimal("234.5"), Decimal("23.45")
    )
    trend = (Decimal(5), None, Decimal("2.5"))
    card = Card("revenue", name, name, "up", USD, False, date(2025, 3, 9), (window,), trend)
    shown = Scoreboard("shop", name, date(2025, 3, 10), ("mtd",), (card,))
    return board_document(shown, "ALL", "en")


def test_a_card_by_hand() -> None:
    document = board()
    (card,) = document["categories"][0]["cards"]
    words = "up 23.5% on the year before, with data for a part of the days"
    assert card["windows"] == [["$1,235", "ok", "$1,000", "partial", "+23.5%", "up", "neutral", words]]
    assert (card["points"], card["texts"]) == ([5, None, 2.5], ["$5", None, "$3"])
    assert card["behind"] == "no rows after Mar 9, 2025"
    now, count, before, count_before = document["ranges"]["mtd"]
    assert (plain(now), count, plain(before), count_before) == (
        "Mar 1 - 10, 2025",
        "10 days",
        "Mar 1 - 10, 2024",
        "10 days",
    )


def plain(text: str) -> str:
    return " ".join(text.replace("\N{EN DASH}", " - ").split())


def test_a_number_of_31_digits_is_written_whole() -> None:
    (card,) = board(value="1e30")["categories"][0]["cards"]
    assert card["windows"][0][0] == "$1," + ",".join(["000"] * 10)


HEAD: dict[str, Any] = {
    "project": HOSTILE,
    "edition": "1",
    "dates": [["2025-03-10", "Mar 10, 2025"]],
    "entities": [["ALL", HOSTILE, 0]],
    "entity": "ALL",
    "windows": [["mtd", "MTD", "Month to date"]],
    "statuses": {"ok": "complete"},
}


def carried(name: str = HOSTILE) -> str:
    return page(HEAD, Embedded(HEAD, {"ALL": {"2025-03-10": board(name)}}, {"ALL": {}}))


class Elements(HTMLParser):
    """Each element's name and attributes, and the text within the scripts and the style."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] in {"script", "style"}:
            self.texts.append((self.tags[-1][0], data))


def test_hostile_texts_end_no_script_and_begin_none() -> None:
    found = Elements(carried())
    assert [dict(attrs).get("id") for tag, attrs in found.tags if tag == "script"] == ["head", "documents", None]
    scripts = [text for tag, text in found.texts if tag == "script" and text.strip()]
    assert json.loads(scripts[0]) == HEAD
    assert json.loads(scripts[1])["boards"]["ALL"]["2025-03-10"]["entity_name"] == HOSTILE
    assert HOSTILE not in carried()
    assert "\u2028" not in scripts[0] + scripts[1]


def test_the_policy_lets_in_this_style_and_this_script_alone() -> None:
    found = Elements(carried())
    (policy,) = [attrs["content"] for tag, attrs in found.tags if attrs.get("http-equiv")]
    assert policy == content_security_policy(live=False)
    style = next(text for tag, text in found.texts if tag == "style")
    script = [text for tag, text in found.texts if tag == "script" and text.strip()][-1]
    for name, text in (("style", style), ("script", script)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in str(policy)
    assert "default-src 'none'" in str(policy)
    assert "connect-src 'none'" in str(policy)
    assert "connect-src 'self'" in content_security_policy(live=True)
    assert not [tag for tag, attrs in found.tags if "style" in attrs or any(name.startswith("on") for name in attrs)]


def test_the_file_asks_nobody_for_anything() -> None:
    addresses = set(re.findall(r"[a-z]+://[^\s\"'`)]+", carried("Revenue")))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert not [tag for tag, attrs in Elements(carried()).tags if "src" in attrs or tag == "link"]


def test_the_script_never_writes_markup() -> None:
    scripts = [each for each in files("kpictl.report.page").iterdir() if each.name.endswith(".js")]
    assert scripts
    text = "".join(each.read_text() for each in scripts)
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", text)


def test_without_documents_the_page_is_a_live_one() -> None:
    html = page(HEAD)
    scripts = [text for tag, text in Elements(html).texts if tag == "script" and text.strip()]
    assert scripts[1] == "null"
    assert "This page needs JavaScript" in html


def test_the_table_for_mails_is_escaped_and_whole() -> None:
    html = carried()
    table = html[html.index("<noscript>") : html.index("</noscript>")]
    assert {tag for tag, _ in Elements(table).tags} == {
        *("noscript", "h1", "div", "table", "thead", "tbody", "tr", "th", "td", "p"),
    }
    assert "<td>$1,235</td><td>+23.5%</td>" in table
