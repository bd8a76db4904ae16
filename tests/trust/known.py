"""Histories that are known to be hard for a run that does not compute everything, and those that failed once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from tests.trust.history import Correct, Define, Delete, History, Put, Run


def day(text: str) -> date:
    """`0226` is 26 February 2025."""
    return date(2025, int(text[:2]), int(text[2:]))


def noon(text: str) -> datetime:
    """The middle of the day in Los Angeles."""
    return datetime(2025, int(text[:2]), int(text[2:]), 20, 0, tzinfo=UTC)


def run(text: str) -> Run:
    return Run(day(text))


def order(
    id_: int, on: str, amount: str, place: str | None = "mill", customer: str = "ann", status: str = "paid"
) -> Put:
    return Put("orders", id_, (noon(on), place, Decimal(amount), customer, status, "web" if id_ % 2 else "till"))


def count(id_: int, on: str, level: str, place: str = "mill") -> Put:
    return Put("counts", id_, (day(on), place, Decimal(level)))


def member(id_: int, joined: str, left: str | None = None, place: str = "mill") -> Put:
    return Put("members", id_, (day(joined), day(left) if left else None, place, Decimal(30)))


def visit(id_: int, on: str, who: str) -> Put:
    return Put("visits", id_, (noon(on).replace(tzinfo=None), who))


def guests(id_: int, on: date, number: int) -> Put:
    return Put("wide", id_, (on, Decimal(number)))


ORDERS: History = (
    order(1, "0220", "10"),
    order(2, "0221", "20", "pier"),
    order(3, "0224", "-5", "south", "bob"),
    order(4, "0225", "40", "pop_up", "cid"),
    order(5, "0226", "8", None, "bob", "open"),
)
OTHERS: History = (
    count(1, "0219", "5"),
    count(2, "0224", "8", "pier"),
    member(1, "0218", "0225"),
    member(2, "0222"),
    visit(1, "0221", "x"),
    visit(2, "0225", "y"),
    guests(1, day("0222"), 40),
)
START: History = (*ORDERS, *OTHERS, run("0226"))


def there_and_back(name: str, other: Any, back: Any) -> History:
    """A change of the catalog that is taken back after a run, while rows go on changing."""
    return (
        *(*START, Define(name, other), run("0226"), order(6, "0223", "70", "pier", "dee"), count(3, "0225", "2")),
        *(run("0227"), Define(name, back), run("0227")),
    )


KNOWN: Mapping[str, History] = MappingProxyType(
    {
        # A customer's first purchase of the month turns up late: the later days, untouched, count her no longer.
        "a distinct key seen earlier": (*START, order(6, "0219", "1", "mill", "cid"), run("0226")),
        "a distinct key is corrected": (*START, Correct("orders", 1, "customer", "bob"), run("0227"), run("0301")),
        # What was carried over the corrected day reaches days that have no row, up to where it is stale.
        "a stock corrected before the window": (*START, run("0303"), Correct("counts", 1, "level", None), run("0303")),
        "a stock's row moves to another place": (*START, Correct("counts", 2, "place", "south"), run("0226")),
        "coverage begins earlier, then later": (
            *(*START, order(6, "0218", "1", "south"), guests(2, date(2024, 3, 2), 3), run("0227")),
            *(Delete("orders", 6), Delete("wide", 2), Delete("orders", 1), run("0227")),
        ),
        # The extreme leaves its day; the day itself, its old entity and its window must forget it.
        "a row leaves its day, place and source": (
            *(*START, Correct("orders", 4, "at", noon("0219")), Correct("orders", 4, "place", "mill"), run("0226")),
            *(Correct("orders", 4, "status", "void"), Correct("orders", 5, "status", "paid"), run("0226")),
        ),
        "the last row goes from what ends with it": (
            *(*START, Delete("visits", 2), run("0227"), visit(3, "0301", "z"), run("0302")),
            *(Delete("visits", 3), Delete("visits", 1), run("0302")),
        ),
        "all rows go and others come": (
            *START,
            *(Delete("orders", id_, is_marked=id_ % 2 == 0) for id_ in range(1, 6)),
            *(Delete("members", 1), Delete("members", 2), run("0227"), order(7, "0226", "3"), run("0227")),
        ),
        "a validity ends in the past": (
            *START,
            run("0302"),
            Correct("members", 2, "left_on", day("0223")),
            run("0302"),
        ),
        "a time is lost and found": (
            *(*START, Correct("orders", 2, "at", None), Correct("members", 1, "joined", None), run("0226")),
            *(Correct("orders", 2, "at", noon("0222")), Correct("members", 1, "joined", day("0219")), run("0226")),
        ),
        # Rows of days after the as-of date count when their day has come, though nothing is new then.
        "rows of days to come": (*START, order(6, "0301", "9"), count(3, "0302", "1"), run("0226"), run("0303")),
        "an earlier date between": (*START, run("0301"), order(6, "0222", "9"), run("0222"), run("0301"), run("0220")),
        "a year before arrives late": (
            *START,
            guests(2, date(2024, 2, 27), 7),
            run("0227"),
            Delete("wide", 2),
            run("0228"),
        ),
        "a place becomes known": (
            *(*START, Define("pop_up", "mill"), run("0226"), Define("pop_up_alias", "P-9")),
            *(order(6, "0226", "4", "P-9"), run("0227"), Define("pop_up", "south"), run("0227")),
        ),
        "the tree is rebuilt": (*START, Define("pier", "south"), run("0226"), Define("north", "south"), run("0227")),
        "a place gets a zone of its own": (*START, Define("pier_timezone", "Asia/Tokyo"), run("0226")),
        # Its facts stay as they were while it is off, and are those of all rows when it is back.
        "switched off and on again": there_and_back("late_measure", "switched off", "there"),
        "a formula switched off and on again": there_and_back("late_formula", "switched off", "there"),
        "gone and back again": there_and_back("late_measure", "gone", "there"),
        "another formula and back": there_and_back("ratio", "100 * refunds / revenue", "revenue / order_count"),
        "another condition and back": there_and_back("counted", "amount > 20", "amount > 0"),
        "another helper and back": there_and_back("helper_where", "status = 'paid' and channel = 'web'", "amount < 0"),
        "another lookup": there_and_back("rates", "-3", "1.5"),
        "another model": there_and_back("line_amount", "case when channel = 'web' then amount end", "amount * 2"),
        "a table becomes a view": there_and_back("lines_materialized", "view", "table"),
        "another staleness": there_and_back("max_staleness", 30, 1),
        "another coverage": there_and_back("covers_from", "2025-02-20", ""),
        "sparse and dense again": there_and_back("facts", "sparse", "dense"),
        "days start at four": there_and_back("day_starts_at", "04:00", "00:00"),
        "weeks start on sunday": there_and_back("week_starts_on", "sunday", "monday"),
        "more windows": there_and_back("windows", ("mtd", "ytd", "last3", "itd"), ("day", "mtd", "ytd", "wtd")),
        "the business moves": there_and_back("project_timezone", "UTC", "America/Los_Angeles"),
    }
)
