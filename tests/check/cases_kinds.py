"""Projects whose expressions do with values what their kinds do not allow."""

from __future__ import annotations

from tests.check import cases_database
from tests.check.project import Case

TABLES = {
    **cases_database.RAW,
    "dbt.wide": {
        "day": "date",
        "until": "date",
        "at": "timestamp(3) without time zone",
        "sold": "double",
        "name": "character varying(20)",
        "good": "boolean",
        "document": "json",
        "id": "uuid",
        "spent": "interval",
        "price": "numeric(10,2)",
    },
}


def kpi(keys: str) -> dict[str, str]:
    return {
        "kpis/more.yml": f"""\
            sources:
              - {{code: x, description: "X.", relation: dbt.wide, time: day}}
            kpis:
              - {{code: w, name: W, description: W, source: x, {keys}}}
            """
    }


def condition(where: str) -> dict[str, str]:
    return kpi(f'measure: count(*), where: "{where}"')


def wrong(name: str, files: dict[str, str], *messages: str) -> Case:
    return Case(name, files, tuple(("KPI412", message) for message in messages), TABLES)


def formula(text: str) -> dict[str, str]:
    return {
        "kpis/more.yml": f'kpis: [{{id: 9, code: f, name: F, description: F, format: number, formula: "{text}"}}]\n'
    }


CASES = (
    wrong("a sum of text", kpi("measure: sum(«name»)"), "`sum` takes numbers, and `name` is text"),
    wrong("a mean of conditions", kpi("measure: avg(«good»)"), "`avg` takes numbers, and `good` is a condition"),
    wrong("a latest day", kpi("measure: max(«day»)"), "`max` takes numbers, and `day` is a date"),
    wrong("a sum of comparisons", kpi("measure: sum(«sold > 2»)"), "`sum` takes numbers, and this is a condition"),
    wrong("a number as a condition", condition("«sold»"), "`where` takes conditions, and `sold` is a number"),
    wrong("a text as a condition", condition("good and «name»"), "`and` takes conditions, and `name` is text"),
    wrong(
        "a value behind `or`",
        condition("name = 'Web' or «'POS'»"),
        "`or` takes conditions, and this is text in quotes",
    ),
    wrong("a denied number", condition("not «price»"), "`not` takes conditions, and `price` is a number"),
    wrong("text is no number", condition("sold > «name»"), "`sold` is a number, and `name` beside it is text"),
    wrong("a word is no number", condition("sold = «'many'»"), "`sold` is a number, and 'many' beside it is none"),
    wrong(
        "words and numbers in a list",
        condition("name in ('a', «1», «2»)"),
        "`name` is text, and this beside it is a number",
        "`name` is text, and this beside it is a number",
    ),
    wrong("a date between numbers", condition("day between «1» and '2025-01-01'"), "`day` is a date, and this"),
    wrong("arithmetic on text", kpi("measure: sum(sold * «name»)"), "`*` takes numbers, and `name` is text"),
    wrong("a sign before text", kpi("measure: sum(-«name»)"), "`-` takes numbers, and `name` is text"),
    wrong("a sum of dates", kpi("measure: count(distinct «day» + «until»)"), "`+` takes numbers", "`+` takes numbers"),
    wrong("lower case of a number", condition("lower(«sold») = 'a'"), "`lower` takes text, and `sold` is a number"),
    wrong("a pattern for a date", condition("«day» like '2025%'"), "`like` takes text, and `day` is a date"),
    wrong("the year of a text", condition("extract(year from «name») = 2025"), "takes dates, and `name` is text"),
    wrong(
        "branches of two kinds",
        kpi("measure: sum(case when good then sold else «name» end)"),
        "`sold` is a number, and `name` beside it is text",
    ),
    wrong(
        "a case over a number",
        kpi("measure: sum(case when «price» then sold end)"),
        "`when` takes conditions, and `price` is a number",
    ),
    wrong("text in the place of nothing", kpi('measure: "sum(coalesce(sold, «name»))"'), "`sold` is a number"),
    Case(
        "a lookup's types are known without a database",
        {
            "kpis/more.yml": """\
                kpis:
                  - {code: w, name: W, description: W, source: members, measure: count(*), where: lower(«fee») = '1'}
                """
        },
        (("KPI412", "`lower` takes text, and `fee` is a number"),),
    ),
    Case(
        "conditions of a source",
        {
            "kpis/more.yml": """\
                sources:
                  - {code: x, relation: dbt.wide, time: day, where: «sold»,
                     expect: [{that: "«name»", severity: warn, message: "odd"}]}
                """
        },
        (("KPI412", "`where` takes conditions"), ("KPI412", "`that` takes conditions, and `name` is text")),
        TABLES,
    ),
    Case("a KPI that is true or false", formula("«revenue > 2»"), (("KPI413", "gives a condition"),)),
    Case("a KPI that is a word", formula("«case when revenue > 2 then 'a' else 'b' end»"), (("KPI413", "gives text"),)),
    Case(
        "a formula of conditions",
        formula("case when «revenue» and orders > 1 then 1 end"),
        (("KPI412", "`and` takes conditions, and `revenue` is a number"),),
    ),
    *(
        Case(f"nothing is wrong with {name}", files, (), TABLES)
        for name, files in {
            "days between dates": kpi("measure: sum(until - day)"),
            "a date some days later": condition("day + 7 > until"),
            "half of an interval": condition("spent / 2 > spent"),
            "times and dates": condition("at >= day and at < '2025-01-01' and day <> cast(at as date)"),
            "a year as text": condition("day >= '2025-01-01' and extract(year from at) = 2025"),
            "numbers as text": condition("sold = '5' and price in ('1e3', 2)"),
            "truths as text": condition("good = 'true' or good is not true"),
            "types of their own": condition("id = 'a' and lower(document) = 'b' and length(id) > 2 and id = document"),
            "a sum of a document": kpi("measure: sum(document)"),
            "texts in a case": condition("case when good then 'a' else name end = 'a'"),
            "nothing": condition("coalesce(name, null) = nullif(name, '') and sold > null"),
            "casts": kpi("measure: sum(cast(name as decimal))"),
            "texts of all kinds": condition("concat(sold, name, day) like '%a%'"),
        }.items()
    ),
)
