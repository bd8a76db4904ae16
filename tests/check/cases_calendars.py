"""Projects whose calendar, windows or comparison mean nothing."""

from __future__ import annotations

from tests.check.project import CORRECT, Case

PROJECT = CORRECT["kpictl.yml"]


def calendar(fiscal: str, compare: str = "", week_starts_on: str = "") -> dict[str, str]:
    text = PROJECT.replace("fiscal: {starts: january}", f"fiscal: {fiscal}")
    text = text.replace("compare: same_date", f"compare: {compare}" if compare else "")
    if week_starts_on:
        text = text.replace("  start: 2020", f"  week_starts_on: {week_starts_on}\n          start: 2020")
    return {"kpictl.yml": text}


def windows(names: str) -> dict[str, str]:
    return {"kpictl.yml": PROJECT.replace("[mtd, qtd, ytd, last28, wtd, day]", f"[{names}]")}


NEAREST = "{pattern: 4-5-4, nearest: saturday, to: january-31}"

RIGHT = (
    windows("day, wtd, mtd, qtd, ytd, last1, last9999, ttm, itd, calendar_mtd, calendar_qtd, calendar_ytd"),
    calendar("{starts: july}", "same_weekday", "sunday"),
    calendar("{starts: july, named_by: start}", "same_date"),
    calendar(NEAREST),
    calendar(NEAREST, "fiscal", "sunday"),
    calendar("{pattern: 4-4-5, last: saturday, of: january, named_by: end}", "same_weekday"),
    calendar("{pattern: 5-4-4, nearest: friday, to: february-29}", "fiscal", "saturday"),
    {
        "kpictl.yml": PROJECT.replace("start: 2020-01-01", "start: 1900-01-01").replace(
            "end: 2030-12-31", "end: 2199-12-31"
        )
    },
)

CASES = (
    Case(
        "unknown windows",
        windows("mtd, «calender_mtd», «last0», «last10000», «last07», «monthly»"),
        (
            ("KPI213", "unknown window `calender_mtd`"),
            ("KPI213", "unknown window `last0`"),
            ("KPI213", "unknown window `last10000`"),
            ("KPI213", "unknown window `last07`"),
            ("KPI213", "unknown window `monthly`"),
        ),
    ),
    Case(
        "a fiscal year of two kinds",
        calendar("{starts: july, «pattern»: 4-4-5, last: saturday, of: january}"),
        (("KPI214", "`fiscal` has both `starts` and `pattern`"),),
    ),
    Case(
        "a fiscal year of no kind",
        calendar("«{named_by: start}»"),
        (("KPI214", "`fiscal` has neither `starts` nor `pattern`"),),
    ),
    Case(
        "a year end of no pattern and no start",
        calendar("«{last: saturday, of: january}»"),
        (("KPI214", "`fiscal` has neither `starts` nor `pattern`"),),
    ),
    Case(
        "a year end without a pattern",
        calendar("{starts: february, «last»: saturday, «of»: january}"),
        (
            ("KPI215", "`last` has a meaning with a `pattern` alone"),
            ("KPI215", "`of` has a meaning with a `pattern` alone"),
        ),
    ),
    Case(
        "a pattern without a year end",
        calendar("{pattern: «4-4-5»}"),
        (("KPI215", "`pattern: 4-4-5` does not say when its years end"),),
    ),
    Case(
        "half a year end: a weekday",
        calendar("{pattern: 4-4-5, «last»: saturday}"),
        (("KPI215", "`last` without `of` does not say when years end"),),
    ),
    Case(
        "half a year end: a day",
        calendar("{pattern: 4-4-5, «to»: january-31}"),
        (("KPI215", "`to` without `nearest` does not say when years end"),),
    ),
    Case(
        "two year ends",
        calendar("{pattern: 4-4-5, last: saturday, of: january, «nearest»: saturday, to: january-31}"),
        (("KPI215", "two rules say when years end"),),
    ),
    Case(
        "halves of two year ends",
        calendar("{pattern: 4-4-5, last: saturday, «to»: january-31}", week_starts_on="monday"),
        (("KPI215", "two rules say when years end"),),
    ),
    Case(
        "a day that no month has",
        calendar("{pattern: 4-4-5, nearest: saturday, to: «february-30»}"),
        (("KPI216", "February has no day 30"),),
    ),
    Case(
        "weeks that start elsewhere",
        calendar(NEAREST, "fiscal", "«monday»"),
        (("KPI217", "weeks start on monday, those of the pattern on sunday"),),
    ),
    Case(
        "fiscal weeks without a pattern",
        calendar("{starts: july}", "«fiscal»"),
        (("KPI218", "`compare: fiscal` needs a retail pattern"),),
    ),
    Case(
        "a pattern by date",
        calendar(NEAREST, "«same_date»"),
        (("KPI219", "`compare: same_date` does not match the periods of a retail pattern"),),
    ),
    Case(
        "years without business",
        {
            "kpictl.yml": PROJECT.replace("start: 2020-01-01", "start: «0220-01-01»").replace(
                "end: 2030-12-31", "end: «2330-12-31»"
            )
        },
        (
            ("KPI221", "the calendar's start is in the year 220"),
            ("KPI221", "the calendar's end is in the year 2330"),
        ),
    ),
)
