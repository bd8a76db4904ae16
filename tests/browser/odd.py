"""A shop whose names, texts and numbers are as odd as its catalog lets them be."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

AS_OF = date(2025, 10, 6)
SCRIPT = "<script>alert(1)</script>"
RIGHT_TO_LEFT = "إيرادات المتجر"
LONG = "Long and <b>bold</b> & so on. " * 334  # 10,020 characters
QUOTES = '"It\'s" `odd` </script><!-- {{script}} \u2028 ${x} %s'

PROJECT = """\
name: odd-shop
timezone: UTC
currency: EUR
calendar: {start: 2023-01-01, end: 2027-12-31}
windows: [mtd, day, last28, ytd, itd]
"""

CATALOG = f"""\
formats:
  - {{code: money, kind: currency, decimals: 2}}
  - {{code: number, kind: number}}
  - {{code: percent, kind: percent, decimals: 1}}
  - {{code: share, kind: percent, decimals: 1, stored_as: fraction}}
  - {{code: time, kind: duration}}
  - {{code: short, kind: number, decimals: 1, compact: true, unit: "<i>l</i>"}}
entities:
  - {{id: 0, code: ALL, name: "{RIGHT_TO_LEFT}"}}
  - {{id: 1, code: "<a>", name: "<a href='javascript:alert(1)'>a</a>"}}
  - {{id: 2, code: "b&c=d", name: "B & C", parent: "<a>"}}
  - {{id: 3, code: empty, name: Nobody}}
sources:
  - {{code: odd, relation: marts.odd, time: happened_on, entity: place}}
  - {{code: seldom, relation: marts.odd, time: happened_on, where: "gap is not null"}}
  - {{code: levels, relation: marts.odd, time: happened_on, entity: place, where: "level is not null"}}
kpis:
  - {{id: 1, code: script, name: "{SCRIPT}", category: "{SCRIPT}", owner: "{SCRIPT}", format: money,
     description: {json.dumps(QUOTES)}, target_direction: up, source: odd, measure: sum(amount),
     where: "place <> '<b>&'"}}
  - {{id: 2, code: constructor, name: "{RIGHT_TO_LEFT}", category: "{RIGHT_TO_LEFT}", owner: us, format: number,
     description: {json.dumps(LONG)}, target_direction: down, source: odd, measure: count(*)}}
  - {{id: 3, code: nothing, name: Only NULLs, category: Numbers, owner: us, format: number, description: None.,
     source: odd, measure: max(nothing)}}
  - {{id: 4, code: once, name: A single day, category: Numbers, owner: us, format: money, description: One.,
     source: odd, measure: avg(once), target_direction: up}}
  - {{id: 5, code: below, name: Below zero and above, category: Numbers, owner: us, format: money, description: Both.,
     source: odd, measure: sum(wave), target_direction: up}}
  - {{id: 6, code: gaps, name: With gaps, category: Numbers, owner: us, format: number, description: Gaps.,
     source: odd, measure: max(gap)}}
  - {{id: 7, code: share, name: A share, category: Numbers, owner: us, format: share, description: A fraction.,
     formula: "least(below / 1000, 1)", target_direction: up}}
  - {{id: 8, code: huge, name: Huge, category: Numbers, owner: us, format: number, description: 26 digits.,
     formula: big * big}}
  - {{id: 9, code: big, name: Big, category: Numbers, owner: us, format: short, description: Short.,
     source: odd, measure: max(big)}}
  - {{id: 10, code: minutes, name: Minutes, category: Numbers, owner: us, format: time, description: Hours.,
     source: odd, measure: sum(seconds), target_direction: down}}
  - {{id: 11, code: level, name: A level, category: Numbers, owner: us, format: number, description: Stale.,
     source: levels, measure: sum(level), over_time: last, max_staleness: 5}}
  - {{id: 12, code: ratio, name: {"A long name without a space to break it at " + "x" * 120}, category: Numbers,
     owner: us, format: percent, description: Undefined., formula: 100 * below / zero}}
  - {{id: 13, code: seldom, name: Seldom, category: Numbers, owner: us, format: number, description: A late start.,
     source: seldom, measure: count(*), target_direction: up}}
  - {{code: zero, name: Zero, source: odd, measure: sum(none)}}
"""


def write_odd(folder: Path) -> None:
    (folder / "kpis/lookups").mkdir(parents=True)
    (folder / "kpictl.yml").write_text(PROJECT)
    (folder / "kpis/odd.yml").write_text(CATALOG)
    (folder / "kpis/lookups/odd.csv").write_text("\n".join(_rows()) + "\n")


def _rows() -> list[str]:
    """Two years of days, none on Sundays; the last rows are of 4 October, a Saturday."""
    found = ["happened_on,place,amount,nothing,once,wave,gap,big,seconds,level,none"]
    for number in range(730):
        day = AS_OF - timedelta(days=729 - number)
        if day.weekday() == 6 or day > date(2025, 10, 4):
            continue
        place = ("<a>", "b&c=d", "")[number % 3]
        once = "12.5" if day == date(2025, 9, 20) else ""
        gap = number % 50 if number > 600 and number % 7 < 4 else ""
        level = 100 + number % 9 if day < date(2025, 9, 25) else ""
        wave = (number % 15 - 7) * 100
        found.append(f"{day},{place},{number}.25,,{once},{wave},{gap},9000000000000,{number % 40 * 600},{level},0")
    return found
