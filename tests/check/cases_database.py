"""Projects that expect what the database does not have."""

from __future__ import annotations

from tests.check.project import CORRECT, Case

SOURCES = CORRECT["kpis/sources.yml"]
KPIS = CORRECT["kpis/shop.yml"]
RAW = {
    "raw.orders": {
        "order_id": "bigint",
        "paid_at": "timestamptz",
        "status": "text",
        "amount": "decimal",
        "channel": "text",
    },
    # The view of an earlier run: what it has says nothing about the model as it is now.
    "marts.fct_order": {"order_id": "bigint"},
    "dbt.wide": {"day": "date", "clock": "time", "sold": "double", "at": "timestamp(3) without time zone"},
}


def model(select: str) -> dict[str, str]:
    return {"kpis/models/other.sql": f"-- Other.\n{select}\n"}


def source(keys: str) -> dict[str, str]:
    return {"kpis/more.yml": f'sources:\n  - {{code: x, description: "X.", {keys}}}\n'}


CASES = (
    Case(
        "a relation that is not there",
        source("relation: «dbt.wides», time: day"),
        (("KPI401", "there is no table `dbt.wides`"),),
        RAW,
    ),
    Case(
        "a table of a model that is not there",
        model("SELECT o.order_id AS id\nFROM raw.orders AS o JOIN «raw.order» AS p ON TRUE"),
        (("KPI402", "there is no table `raw.order`"),),
        RAW,
    ),
    Case(
        "columns that the table lacks",
        {
            **source('relation: dbt.wide, time: «days», key: «id», where: "«SOLD_» > SOLD and AT is null"'),
            "kpis/shop.yml": KPIS.rstrip()
            + "\n          - {code: w, name: W, description: W, source: x, measure: sum(«sells»)}\n",
        },
        (
            ("KPI403", "`dbt.wide` has no column `days`"),
            ("KPI403", "`dbt.wide` has no column `id`"),
            ("KPI403", "`dbt.wide` has no column `sold_`"),
            ("KPI403", "`dbt.wide` has no column `sells`"),
        ),
        RAW,
    ),
    Case(
        "times that are none",
        {
            "kpis/more.yml": """\
                sources:
                  - {code: a, relation: dbt.wide, time: «clock»}
                  - {code: b, relation: dbt.wide, time: at}
                  - {code: c, relation: dbt.wide, valid_from: day, valid_to: «sold»}
                  - {code: d, relation: marts.members, time: «fee»}
                """
        },
        (
            ("KPI404", "`clock` is of type time"),
            ("KPI404", "`sold` is of type double"),
            ("KPI404", "`fee` is of type decimal"),
        ),
        RAW,
    ),
    Case(
        "columns that no table of a model has",
        model(
            "SELECT o.order_id AS id, o.«nope», «gone», m.fee\n"
            "FROM raw.orders AS o JOIN marts.members AS m ON m.joined_on = o.«payed_at»\n"
            "WHERE EXISTS (SELECT 1 FROM marts.fct_order AS f WHERE f.«x» = o.order_id AND channel = «y»)\n"
            "ORDER BY id"
        ),
        (
            ("KPI405", "`o` has no column `nope`"),
            ("KPI405", "no table here has a column `gone`"),
            ("KPI405", "`o` has no column `payed_at`"),
            ("KPI405", "`f` has no column `x`"),
            ("KPI405", "no table here has a column `y`"),
        ),
        RAW,
    ),
    Case(
        "a join over a column that only one side has",
        {"kpis/models/other.sql": "«»-- Other.\nSELECT status FROM raw.orders\nJOIN marts.members USING (status)\n"},
        (("KPI405", "cannot be resolved: Cannot automatically join: status"),),
        RAW,
    ),
    Case(
        "a published table is judged by what the database has of it",
        model("SELECT f.value, f.«amount» AS amount FROM kpi.fact_kpi_daily AS f"),
        (("KPI405", "`f` has no column `amount`"),),
        {**RAW, "kpi.fact_kpi_daily": {"date_key": "date", "value": "decimal"}},
    ),
    Case(
        "a column that a WITH clause lacks",
        model("WITH a AS (SELECT order_id AS id FROM raw.orders)\nSELECT a.id, a.«order_id», «paid_at» FROM a"),
        (("KPI405", "`a` has no column `order_id`"), ("KPI405", "no table here has a column `paid_at`")),
        RAW,
    ),
    Case(
        "a star is known once the database is",
        {
            **model("SELECT o.*, 1 AS one FROM raw.orders AS o"),
            "kpis/models/further.sql": "-- Further.\nSELECT one, amount, «none» FROM marts.other\n",
            "kpis/more.yml": "sources:\n  - {code: x, relation: marts.other, time: «payed_at»}\n",
        },
        (
            ("KPI405", "no table here has a column `none`"),
            ("KPI104", "`marts.other` has no column `payed_at`"),
        ),
        RAW,
    ),
    Case(
        "an entity column that holds no codes",
        source("relation: dbt.wide, time: day, entity: «sold»"),
        (("KPI407", "`sold` is of type double, which holds no codes"),),
        RAW,
    ),
    Case(
        "nothing is said of what may be right",
        {
            **model(
                "SELECT e.item, e.item ->> 'sku' AS sku, n, o AS whole, v.a + v.b AS ab\n"
                "FROM raw.orders AS o\n"
                "CROSS JOIN LATERAL jsonb_array_elements(o.channel::jsonb) WITH ORDINALITY AS e(item, n)\n"
                "JOIN (VALUES (1, 2)) AS v(a, b) ON v.a = ordinality\n"
                "JOIN LATERAL (SELECT fee FROM marts.members AS m WHERE m.joined_on < paid_at) AS l ON TRUE\n"
                "WHERE l.fee > 0 ORDER BY sku"
            ),
            "kpis/models/wide.sql": "-- Wide.\nSELECT f.value, d.paid\n"
            "FROM kpi.fact_kpi_daily AS f JOIN marts.agg_daily_orders AS d ON d.day = f.date_key\n",
        },
        (),
        RAW,
    ),
)
