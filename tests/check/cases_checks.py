"""Projects whose checks are of what is not there, or can never hold."""

from __future__ import annotations

from tests.check.project import Case

ENTITIES = "entities:\n  - {id: 1, code: north, name: North}\n"


def checking(checks: str, keys: str = "id: 9, format: number, source: orders, measure: count(*)") -> dict[str, str]:
    return {"kpis/more.yml": f"kpis:\n  - {{code: x, name: X, {keys}, {checks}}}\n"}


RIGHT = {
    "kpis/more.yml": """\
        sources:
          - {code: late, relation: marts.fct_order, time: paid_at, expect_fresh: {within: 90m, severity: error}}
        kpis:
          - {id: 9, code: x, name: X, format: number, source: late, measure: count(*), is_active: false,
             checks: [{min: 5}, {max: 4, window: mtd}, {max: 5, entity: ALL}, {not_null: true, window: day}]}
          - {id: 10, code: y, name: Y, format: number, formula: x / orders,
             checks: [{max_change_pct: 0, window: last28}, {max_change_pct: 12.5, message: "a leap"}]}
        """
}

CASES = (
    Case(
        "a check of an unknown entity",
        {**checking("checks: [{min: 0, entity: «nroth»}, {min: 0, entity: ALL}]"), "kpis/entities.yml": ENTITIES},
        (("KPI123", "unknown entity `nroth` in a check"),),
    ),
    Case(
        "a check of an entity that the KPI has no values for",
        {**checking("checks: [{min: 0, entity: «north»}]"), "kpis/entities.yml": ENTITIES},
        (("KPI123", "`x` has no values for `north`: source `orders` names no entity"),),
    ),
    Case(
        "checks of a helper",
        checking("«checks»: [{min: 0}]", "source: orders, measure: count(*)"),
        (("KPI222", "KPI `x` has no `id`"),),
    ),
    Case(
        "a check over a window that is none, and over one that the dashboard does not have",
        checking("checks: [{min: 0, window: «mtdd»}, {not_null: true, window: «last7»}]"),
        (("KPI223", "unknown window `mtdd`"), ("KPI223", "the dashboard has no window `last7`")),
    ),
    Case(
        "a change over a day, which only a window of the dashboard tells",
        {
            **checking("checks: [{min: 0, window: day}, {max_change_pct: 5, window: «day»}]"),
            "kpictl.yml": "name: shop\nwindows: [mtd]\n",
        },
        (("KPI223", "the dashboard has no window `day`"),),
    ),
    Case(
        "checks that exclude each other",
        checking("checks: [{max: «4»}, {min: «5», window: day}, {max: 4, window: mtd}, {min: 4}]"),
        (("KPI224", "no value is at least 5 and at most 4"),),
        notes=(0,),
    ),
    Case(
        "freshness of rows that last",
        {
            "kpis/more.yml": "sources:\n  - {code: had, relation: marts.members, valid_from: joined_on, "
            "valid_to: left_on, «expect_fresh»: 2d}\n"
        },
        (("KPI225", "the rows of source `had` last"),),
    ),
)
