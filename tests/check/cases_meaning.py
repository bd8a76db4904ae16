"""Projects whose keys do not mean anything together."""

from __future__ import annotations

from tests.check.project import CORRECT, Case

SOURCES = CORRECT["kpis/sources.yml"]
KPIS = CORRECT["kpis/shop.yml"]


def helper(keys: str) -> dict[str, str]:
    return {"kpis/more.yml": f'kpis:\n  - {{code: «x», name: X, description: "X.", {keys}}}\n'.replace("«x»", "x")}


CASES = (
    Case(
        "both a measure and a formula",
        helper("source: orders, measure: count(*), «formula»: revenue"),
        (("KPI201", "KPI `x` has both a `measure` and a `formula`"),),
    ),
    Case(
        "neither a measure nor a formula",
        {"kpis/more.yml": 'kpis:\n  - {code: «x», name: X, description: "X."}\n'},
        (("KPI202", "KPI `x` has neither a `measure` nor a `formula`"),),
    ),
    Case(
        "a measure without a source",
        helper("«measure»: count(*)"),
        (("KPI203", "KPI `x` has a `measure` but no `source`"),),
    ),
    Case(
        "a formula with rows",
        helper("«source»: orders, «where»: amount > 0, formula: revenue"),
        (("KPI204", "a `formula` has no `source`"), ("KPI204", "a `formula` has no `where`")),
    ),
    Case(
        "a source without a time, one with two, one with half a validity",
        {
            "kpis/more.yml": """\
                sources:
                  - {code: «none», relation: marts.fct_order}
                  - {code: both, relation: marts.members, time: joined_on, «valid_to»: left_on}
                  - {code: from, relation: marts.members, «valid_from»: joined_on}
                  - {code: to, relation: marts.members, «valid_to»: left_on}
                """
        },
        (
            ("KPI205", "source `none` has neither `time` nor `valid_from` and `valid_to`"),
            ("KPI205", "source `both` has both `time` and `valid_to`"),
            ("KPI206", "source `from` has `valid_from` without `valid_to`"),
            ("KPI206", "source `to` has `valid_to` without `valid_from`"),
        ),
    ),
    Case(
        "staleness of what is carried nowhere",
        {
            "kpis/more.yml": """\
                kpis:
                  - {code: x, source: orders, measure: count(*), «max_staleness»: 3}
                  - {code: y, source: members, measure: count(*), «max_staleness»: 3}
                  - {code: z, name: Z, description: "Z.", formula: x, «max_staleness»: 3}
                """
        },
        (
            ("KPI207", "KPI `x` is no stock"),
            ("KPI207", "KPI `y` is no stock"),
            ("KPI207", "KPI `z` is no stock"),
        ),
    ),
    Case(
        "a published KPI without a format",
        helper("«id»: 9, formula: revenue"),
        (("KPI208", "KPI `x` has an `id` but no `format`"),),
    ),
    Case(
        "a formula without inputs",
        helper("formula: «1 + 2»"),
        (("KPI209", "the formula of KPI `x` names no KPI"),),
    ),
    Case(
        "a formula that is a stock",
        helper("formula: revenue, over_time: «last»"),
        (("KPI210", "a formula has no `over_time: last`"),),
    ),
    Case(
        "another root",
        {
            "kpis/entities.yml": """\
                entities:
                  - {id: 0, code: «world», name: World}
                  - {id: «5», code: ALL, name: All}
                """
        },
        (
            ("KPI211", "the entity with id 0 is `ALL`"),
            ("KPI211", "the entity with id 0 is `ALL`"),
        ),
    ),
    Case(
        "a root below another",
        {
            "kpis/entities.yml": """\
                entities:
                  - {id: 0, code: ALL, name: All, «parent»: north}
                  - {id: 1, code: north, name: North}
                """
        },
        (("KPI211", "`ALL` has no parent"),),
    ),
    Case(
        "extremes and different values of rows that last",
        {
            "kpis/more.yml": """                kpis:
                  - {code: least, source: members, measure: «min(fee)»}
                  - {code: fees, source: members, measure: «count(distinct fee)»}
                  - {code: right, source: members, measure: avg(fee), over_time: average}
                """
        },
        (("KPI220", "`min` over source `members`"), ("KPI220", "`count(distinct …)` over source `members`")),
    ),
)
