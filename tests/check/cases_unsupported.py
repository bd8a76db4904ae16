"""Projects that ask for what is not computed yet."""

from __future__ import annotations

from tests.check.project import CORRECT, Case

PROJECT = CORRECT["kpictl.yml"]
SOURCES = CORRECT["kpis/sources.yml"]
CODE = "KPI290"


def kpi(keys: str) -> dict[str, str]:
    return {"kpis/more.yml": f'kpis:\n  - {{code: x, name: X, description: "X.", {keys}}}\n'}


CASES = (
    Case(
        "distinct",
        kpi("source: orders, measure: «count(distinct channel)»"),
        ((CODE, "`count(distinct …)` is not"),),
    ),
    Case("extreme", kpi("source: orders, measure: «max(amount)»"), ((CODE, "`max` is not computed yet"),)),
    Case(
        "extreme of a validity",
        kpi("source: members, measure: «min(fee)»"),
        ((CODE, "`min` is not computed yet"),),
    ),
    Case("stock", kpi("source: orders, measure: sum(amount), over_time: «last»"), ((CODE, "stocks"),)),
    Case(
        "stock that goes stale",
        kpi("source: orders, measure: sum(amount), over_time: «first», max_staleness: 3"),
        ((CODE, "stocks"),),
    ),
    Case(
        "validity over time",
        kpi("source: members, measure: avg(fee), over_time: «average»"),
        ((CODE, "`over_time: average` is not computed yet"),),
    ),
    Case(
        "formula over time",
        kpi("formula: revenue, over_time: «average»"),
        ((CODE, "`over_time` of formulas is not computed yet"),),
    ),
    Case(
        "calendars, windows, comparisons",
        {
            "kpictl.yml": PROJECT.replace("{starts: january}", "«{starts: july}»")
            .replace("same_date", "«same_weekday»")
            .replace("wtd, day", "«ttm», «itd», «calendar_mtd»")
        },
        (
            (CODE, "fiscal calendars are not computed yet"),
            (CODE, "window `ttm` is not"),
            (CODE, "window `itd` is not"),
            (CODE, "window `calendar_mtd` is not"),
            (CODE, "`compare: same_weekday` is not"),
        ),
    ),
    Case(
        "columns of a source",
        {
            "kpis/sources.yml": SOURCES.replace(
                "time: paid_at\n",
                "time: paid_at\n            entity: «channel»\n            changed_at: «paid_at»\n",
            )
        },
        ((CODE, "values per entity are not"), (CODE, "days by `changed_at` are not")),
    ),
    Case(
        "entities",
        {
            "kpis/entities.yml": """\
                entities:
                  - {id: 0, code: ALL, name: All, timezone: «UTC»}
                  - {id: 1, code: «north», name: North, parent: ALL}
                """
        },
        ((CODE, "time zones of entities are not"), (CODE, "entities but `ALL`, such as `north`, are not")),
    ),
)
