"""Projects with names given twice, names that nothing has, and things made of themselves."""

from __future__ import annotations

from tests.check.project import CORRECT, Case

PROJECT = CORRECT["kpictl.yml"]
SOURCES = CORRECT["kpis/sources.yml"]
KPIS = CORRECT["kpis/shop.yml"]

CASES = (
    Case(
        "a formula names an unknown KPI",
        {"kpis/shop.yml": KPIS.replace("revenue / orders_all", "«revenu» / orders_all + «zzz»")},
        (("KPI101", "unknown KPI `revenu` in a formula"), ("KPI101", "unknown KPI `zzz`")),
    ),
    Case(
        "a KPI's source is unknown",
        {"kpis/shop.yml": KPIS.replace("source: members", "source: «member»")},
        (("KPI102", "unknown source `member`"),),
    ),
    Case(
        "a KPI's format is unknown",
        {"kpis/shop.yml": KPIS.replace("format: number, source: members", "format: «percent», source: members")},
        (("KPI103", "unknown format `percent`"),),
    ),
    Case(
        "columns that the model and the lookup lack, at each key",
        {
            "kpis/sources.yml": """\
                sources:
                  - code: orders
                    description: One row for each order.
                    relation: marts.fct_order
                    time: «payed_at»
                    key: «id»
                    where: status = 'paid' and «state» is null
                    expect:
                      - {that: "«amounts» >= 0", severity: warn, message: "negative amount"}
                  - code: members
                    description: One row for each membership.
                    relation: marts.members
                    valid_from: «joined»
                    valid_to: «gone»
                """,
            "kpis/shop.yml": KPIS.replace("sum(amount), where: channel", "sum(amount * «rate»), where: «chanel»"),
        },
        (
            ("KPI104", "`marts.fct_order` has no column `rate`"),
            ("KPI104", "`marts.fct_order` has no column `chanel`"),
            ("KPI104", "`marts.fct_order` has no column `payed_at`"),
            ("KPI104", "`marts.fct_order` has no column `id`"),
            ("KPI104", "`marts.fct_order` has no column `state`"),
            ("KPI104", "`marts.fct_order` has no column `amounts`"),
            ("KPI104", "`marts.members` has no column `joined`"),
            ("KPI104", "`marts.members` has no column `gone`"),
        ),
    ),
    Case(
        "an entity's parent is unknown",
        {
            "kpis/entities.yml": """\
                entities:
                  - {id: 0, code: ALL, name: All}
                  - {id: 1, code: north, name: North, parent: «al»}
                """
        },
        (("KPI105", "unknown parent `al`"),),
    ),
    Case(
        "a database named as a schema",
        {"kpictl.yml": PROJECT.replace('"duckdb:///shop.duckdb"', "«duckdb:///data/MARTS.duckdb»")},
        (("KPI118", "the DuckDB file `MARTS` has the name of the schema `marts`"),),
    ),
    Case(
        "a project named as a schema",
        {"kpictl.yml": "name: «kpi»\n"},
        (("KPI118", "the DuckDB file `kpi` has the name of the schema `kpi`"),),
    ),
    Case(
        "schemas of the engines",
        {"kpictl.yml": PROJECT + "schemas: {raw: «pg_raw», kpi: «main»}\n"},
        (("KPI119", "the schema `pg_raw` is the engine's own"), ("KPI119", "the schema `main` is the engine's own")),
    ),
    Case(
        "the default environment is unknown",
        {"kpictl.yml": PROJECT.replace("environment: local", "environment: «locale»")},
        (("KPI106", "unknown environment `locale`"),),
    ),
    Case(
        "codes are given twice",
        {
            "kpis/formats.yml": """\
                formats:
                  - {code: «number», kind: number, decimals: 0}
                  - {code: «number», kind: number, decimals: 2}
                """,
            "kpis/a.yml": """\
                kpis:
                  - {code: «revenue», name: Other, description: "Two.", source: orders, measure: count(*)}
                """,
            "kpis/shop.yml": KPIS.replace("code: revenue", "code: «revenue»"),
            "kpis/more.yml": """\
                sources:
                  - {code: «orders», description: "Two.", relation: marts.fct_order, time: paid_at}
                """,
            "kpis/sources.yml": SOURCES.replace("code: orders", "code: «orders»"),
        },
        (
            ("KPI110", "two formats have the code `number`"),
            ("KPI110", "two KPIs have the code `revenue`"),
            ("KPI110", "two sources have the code `orders`"),
        ),
        notes=(0, 1, 3),  # a.yml, formats.yml, more.yml
    ),
    Case(
        "two KPIs have one id",
        {"kpis/shop.yml": KPIS.replace("id: 1,", "id: «1»,").replace("id: 4,", "id: «1»,")},
        (("KPI111", "two KPIs have the id 1"),),
        notes=(0,),
    ),
    Case(
        "an entity's alias is its own code",
        {"kpis/entities.yml": "entities:\n  - {id: 1, code: «south», name: South, aliases: [«south»]}\n"},
        (("KPI113", "alias `south` is the code of its own entity"),),
        notes=(0,),
    ),
    Case(
        "entities have one code, id, alias",
        {
            "kpis/entities.yml": """\
                entities:
                  - {id: 0, code: ALL, name: All}
                  - {id: «1», code: «north», name: North, parent: ALL, aliases: [«n», «south»]}
                  - {id: «1», code: «north», name: North, parent: ALL, aliases: [«n»]}
                  - {id: 2, code: «south», name: South, parent: ALL}
                """
        },
        (
            ("KPI113", "alias `south` is the code of another entity"),
            ("KPI112", "two entities have the id 1"),
            ("KPI110", "two entities have the code `north`"),
            ("KPI113", "the alias `n` is given twice"),
        ),
        notes=(0, 1, 2, 7),  # the id, the code and the alias of the first `north`, and `south`
    ),
    Case(
        "a model and a lookup have one name",
        {"kpis/models/members.sql": "«»-- Members.\nSELECT joined_on, left_on FROM raw.members\n"},
        (("KPI114", "two models or lookups have the name `marts.members`"),),
        notes=(),
    ),
    Case(
        "a window is listed twice",
        {"kpictl.yml": PROJECT.replace("[mtd, qtd", "[«mtd», «mtd»")},
        (("KPI115", "window `mtd` is listed twice"),),
        notes=(0,),
    ),
    Case(
        "time zones that nobody knows",
        {
            "kpictl.yml": PROJECT.replace("America/Los_Angeles", "«Europe/Berln»"),
        },
        (("KPI107", "no time zone is called `Europe/Berln`"),),
    ),
    Case(
        "names that kpictl uses itself",
        {
            "kpis/more.yml": """\
                kpis:
                  - {code: «date_key», source: members, measure: count(*)}
                  - {code: «value», source: members, measure: count(*)}
                """,
            "kpis/models/agg_daily_orders.sql": "«»-- Orders.\nSELECT joined_on FROM members\n",
        },
        (
            ("KPI117", "a run publishes `marts.agg_daily_orders` itself"),
            ("KPI116", "`date_key` is a column of kpictl's own tables"),
            ("KPI116", "`value` is a column of kpictl's own tables"),
        ),
    ),
    Case(
        "formulas in two cycles",
        {
            "kpis/more.yml": """\
                kpis:
                  - {code: a, name: A, description: "A.", formula: revenue + «b»}
                  - {code: b, name: B, description: "B.", formula: c * 2}
                  - {code: c, name: C, description: "C.", formula: a - b_out}
                  - {code: b_out, name: Out, description: "Out.", formula: a}
                  - {code: self, name: Self, description: "Self.", formula: «self» + 1}
                """
        },
        (("KPI120", "formulas in a cycle: a → b → c → a"), ("KPI120", "formulas in a cycle: self → self")),
    ),
    Case(
        "models in a cycle",
        {
            "kpis/models/m_one.sql": "-- One.\nSELECT x FROM «marts.m_two»\n",
            "kpis/models/m_two.sql": "-- Two.\nSELECT x FROM marts.m_one\n",
        },
        (("KPI121", "models in a cycle: marts.m_one → marts.m_two → marts.m_one"),),
    ),
    Case(
        "entities in a cycle",
        {
            "kpis/entities.yml": """\
                entities:
                  - {id: 0, code: ALL, name: All}
                  - {id: 1, code: north, name: North, parent: «south»}
                  - {id: 2, code: south, name: South, parent: north}
                """
        },
        (("KPI122", "entities in a cycle: north → south → north"),),
    ),
)
