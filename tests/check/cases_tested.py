"""Projects with KPI tests that name what is not there, or give rows that mean nothing."""

from __future__ import annotations

from tests.check.project import CORRECT, Case

TESTS = """\
tests:
  - name: A sale
    as_of: 2025-10-06
    given:
      raw.orders:
        - {order_id: 1, paid_at: "2025-10-01 10:00Z", status: paid, amount: 100, channel: shop}
      members:
        - {joined_on: 2025-10-01, fee: 10}
    expect:
      - {kpi: revenue, value: 100}
      - {kpi: orders_all, window: wtd, value: 1}
      - {kpi: members, window: last3, status: ok}
"""
TESTED = {**CORRECT, "kpis/tests.yml": TESTS}


def changed(*pairs: tuple[str, str]) -> dict[str, str]:
    text = TESTS
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return {"kpis/tests.yml": text}


CASES = (
    Case(
        "a test expects something of an unknown KPI",
        changed(("kpi: revenue", "kpi: «revenu»")),
        (("KPI140", "unknown KPI `revenu` in a test"),),
    ),
    Case(
        "a test's entity is unknown, or has no values",
        changed(("revenue, value", "revenue, entity: «north», value")),
        (("KPI141", "unknown entity `north` in a test"),),
    ),
    Case(
        "an entity for which the KPI has no values",
        {
            **changed(("revenue, value", "revenue, entity: «north», value")),
            "kpis/entities.yml": "entities:\n  - {id: 1, code: north, name: North}\n",
        },
        (("KPI141", "`revenue` has no values for `north`: source `orders` names no entity"),),
    ),
    Case(
        "a test's window is unknown",
        changed(("window: wtd", "window: «mtdd»")),
        (("KPI142", "unknown window `mtdd`"),),
    ),
    Case(
        "rows of what is no table of the project",
        changed(("raw.orders", "«raw.order»")),
        (("KPI143", "the project reads no table `raw.order`"),),
    ),
    Case(
        "a column that the lookup lacks",
        changed(("fee: 10", "«feee»: 10")),
        (("KPI144", "`marts.members` has no column `feee`"),),
    ),
    Case(
        "a column that the connector's table lacks, and the values of others",
        changed(
            ("order_id: 1", "order_id: «1.5»"),
            ('"2025-10-01 10:00Z"', '«"2025-10-01 10:00"»'),
            ("status: paid", "«statuss»: paid"),
        ),
        (
            ("KPI149", "`order_id` is of type bigint, which this value is not"),
            ("KPI149", "`paid_at` is of type timestamptz, which this value is not"),
            ("KPI144", "`raw.orders` has no column `statuss`"),
        ),
        tables={
            "raw.orders": {
                "order_id": "bigint",
                "paid_at": "timestamptz",
                "status": "text",
                "amount": "decimal",
                "channel": "text",
            }
        },
    ),
    Case(
        "two tests of one name",
        {"kpis/tests.yml": TESTS.replace("A sale", "«A sale»") + TESTS[7:].replace("A sale", "«A sale»")},
        (("KPI145", "another test is called `A sale`"),),
        notes=(0,),
    ),
    Case(
        "rows of one table under two names",
        changed(("      members:", "      «marts.members»:\n        - {joined_on: 2025-10-01}\n      «members»:")),
        (("KPI146", "the rows of `marts.members` are given twice"),),
        notes=(0,),
    ),
    Case(
        "rows that no tested KPI is computed from",
        changed(("      - {kpi: members, window: last3, status: ok}\n", ""), ("members:", "«members»:")),
        (("KPI147", "nothing that this test expects is computed from `marts.members`"),),
    ),
    Case(
        "raw rows behind a model whose rows are given",
        changed(
            ("      raw.orders:", "      orders: []\n      «raw.orders»:"),
        ),
        (("KPI147", "nothing that this test expects is computed from `raw.orders`"),),
    ),
    Case(
        "days outside the calendar",
        changed(("as_of: 2025-10-06", "as_of: «2031-01-01»"), ("window: wtd", "as_of: «2019-12-31», window: wtd")),
        (("KPI148", "2031-01-01 lies outside the calendar"), ("KPI148", "2019-12-31 lies outside the calendar")),
    ),
    Case(
        "values of several types in one column",
        changed(("fee: 10}", 'fee: 10}\n        - {joined_on: 2025-10-02, fee: «"20"»}')),
        (("KPI149", "the values of `fee` are of several types"),),
    ),
)
