"""The expressions' allow-list: each construct that is accepted and each that is refused, with its place."""

from pathlib import Path

import pytest

from kpictl.catalog.expressions import parse_condition, parse_formula, parse_measure
from kpictl.catalog.text import FileText, Scalar


def _scalar(text: str) -> Scalar:
    file = FileText.of(Path("kpis/a.yml"), text)
    return Scalar(text, file.span(0, len(text)), file, range(len(text)))


@pytest.mark.parametrize(
    "text",
    [
        "a", "a + b - c * d / 2", "-a", "(a)", "1.5", "'x'", "'it''s'", "'{{ x'", "true", "null",
        "a = 1", "a <> 1", "a != 1", "a < 1", "a <= 1", "a > 1", "a >= 1",
        "a and b or not c", "a is null", "a is not null", "a is true", "a is not false",
        "a between 1 and 2", "a not between 1 and 2", "a in (1, 2)", "a not in ('x')",
        "a like 'x%'", "a not like '_x'",
        "case when a then 1 else 2 end", "case a when 1 then 'x' end",
        "coalesce(a, 0)", "nullif(a, 0)", "abs(a)", "round(a)", "round(a, 2)", "floor(a)", "ceil(a)",
        "least(a, b)", "greatest(a, b)", "lower(a)", "upper(a)", "trim(a)", "length(a)",
        "substring(a, 1)", "substring(a, 2, 3)", "concat(a, 'x')",
        "cast(a as boolean)", "cast(a as bigint)", "cast(a as int)", "cast(a as integer)",
        "cast(a as decimal)",
        "cast(a as decimal(12, 2))", "cast(a as double)", "cast(a as text)", "cast(a as varchar)",
        "cast(a as date)", "cast(a as timestamp)", "a::int", "date '2025-01-31'",
        "extract(year from d)", "extract(quarter from d)", "extract(month from d)", "extract(day from d)",
        '"Order"', "load", "load + 1", "a -- a comment", "a /* another */ + b",
    ],
)  # fmt: skip
def test_accepted(text: str) -> None:
    for parse in (parse_condition, parse_formula):
        expression, found = parse(_scalar(text))
        assert found == ()
        assert expression is not None


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("", "KPI300", ""),
        ("   ", "KPI300", "   "),
        ("a = 'abc", "KPI301", "'"),
        ("a /* b", "KPI301", "/"),
        ("a +", "KPI302", "+"),
        ("a b", "KPI302", "b"),
        ("a, b", "KPI302", ","),
        ("a as b", "KPI302", "as"),
        ("x'1F'", "KPI302", "'1F'"),
        ("(a", "KPI303", "("),
        ("a)", "KPI303", ")"),
        ("case when a then 1", "KPI303", "case"),
        ("a = :p", "KPI304", ":"),
        ("a = ?", "KPI304", "?"),
        ("a = @x", "KPI304", "@"),
        ("a = $1", "KPI304", "$1"),
        ("a = {{ x }}", "KPI304", "{{"),
        ("{% if a %} b", "KPI304", "{%"),
        ("a {# b #}", "KPI304", "{#"),
        ("(" * 61 + "a" + ")" * 61, "KPI305", "("),
        ("a in (select 1)", "KPI306", "select"),
        ("exists(select 1)", "KPI306", "select"),
        ("sum(a) over ()", "KPI307", None),
        ("*", "KPI308", "*"),
        ("a.*", "KPI308", "a.*"),
        ("a; drop table x", "KPI309", ";"),
        ("select 1", "KPI309", "select"),
        ("drop table x", "KPI309", "drop"),
        ("1 + foo(a)", "KPI310", "foo"),
        ("1 + power(a, 2)", "KPI310", "power"),
        ("1 + random()", "KPI310", "random"),
        ("a or read_csv('x')", "KPI310", "read_csv"),
        ("1 + unnest(a)", "KPI310", "unnest"),
        ("a ilike 'x'", "KPI310", "a ilike 'x'"),
        ("a || b", "KPI310", "a || b"),
        ("a % 2", "KPI310", "a % 2"),
        ("if(a, b, c)", "KPI310", "if(a, b, c)"),
        ("year(d)", "KPI310", "year"),
        ("current_date", "KPI310", "current_date"),
        ("a is distinct from b", "KPI310", "a is distinct from b"),
        ("try_cast(a as int)", "KPI310", "try_cast(a as int)"),
        ("a like 'x' escape '!'", "KPI310", "a like 'x' escape '!'"),
        ("a[1]", "KPI311", "a[1]"),
        ("a << 1", "KPI311", "a << 1"),
        ("interval '1 day'", "KPI311", "interval"),
        ("a at time zone 'UTC'", "KPI311", "a at time zone 'UTC'"),
        ("1 + t.a", "KPI312", "t.a"),
        ('"a b"', "KPI312", '"a b"'),
        ("é", "KPI312", "é"),
        ("a = 9999999999999999999", "KPI313", "9999999999999999999"),
        ("a = 1e5", "KPI313", "1e5"),
        ("round(a, b)", "KPI314", "round"),
        ("ceil(a, 2)", "KPI314", "ceil(a, 2)"),
        ("ltrim(a)", "KPI314", "ltrim"),
        ("substring(a, 0)", "KPI314", "substring(a, 0)"),
        ("substring(a, b)", "KPI314", "substring(a, b)"),
        (r"a like 'x\'", "KPI314", r"'x\'"),
        ("a like b", "KPI314", "b"),
        ("a is b", "KPI314", "a is b"),
        ("extract(epoch from d)", "KPI314", "extract(epoch from d)"),
        ("a between symmetric 1 and 2", "KPI314", "a between symmetric 1 and 2"),
        ("cast(a as json)", "KPI315", "cast(a as json)"),
        ("cast(a as varchar(9))", "KPI315", "cast(a as varchar(9))"),
        ("date '2025-02-30'", "KPI315", "'2025-02-30'"),
        ("1 + sum(a)", "KPI320", "sum"),
        ("count(*)", "KPI320", "count"),
    ],
)
def test_refused(text: str, code: str, at: str | None) -> None:
    expression, found = parse_condition(_scalar(text))
    assert expression is None
    assert [one.code for one in found] == [code]
    if at is not None:
        assert text[found[0].at.column - 1 : found[0].at.end_column - 1] == at


def test_every_refusal_of_an_expression_is_told() -> None:
    _, found = parse_condition(_scalar("foo(a) = 1 and b.c = bar(d)"))
    assert [(one.code, one.at.column) for one in found] == [("KPI310", 1), ("KPI312", 16), ("KPI310", 22)]


def test_a_near_function_is_named() -> None:
    _, found = parse_condition(_scalar("coalese(a, 0) > 1"))
    assert found[0].help == "`coalesce` is near"


@pytest.mark.parametrize(
    ("text", "aggregate", "distinct", "argument"),
    [
        ("sum(net_sales)", "sum", False, "net_sales"),
        ("SUM( a / b )", "sum", False, "a / b"),
        ("avg(a)", "avg", False, "a"),
        ("min(a)", "min", False, "a"),
        ("max(case when a then 1 end)", "max", False, "case when a then 1 end"),
        ("count(a)", "count", False, "a"),
        ("count(distinct a)", "count", True, "a"),
    ],
)
def test_measures(text: str, aggregate: str, distinct: bool, argument: str) -> None:
    measure, found = parse_measure(_scalar(text))
    assert found == ()
    assert measure is not None
    assert (measure.aggregate, measure.distinct) == (aggregate, distinct)
    assert measure.argument is not None
    at = measure.argument.at
    assert text[at.column - 1 : at.end_column - 1] == argument
    assert measure.expression.text == text


def test_count_of_rows_has_no_argument() -> None:
    measure, found = parse_measure(_scalar("count(*)"))
    assert found == ()
    assert measure is not None
    assert (measure.aggregate, measure.distinct, measure.argument) == ("count", False, None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a", "KPI321"),
        ("sum(a) / count(*)", "KPI321"),
        ("sum(a) + 1", "KPI321"),
        ("sum(a) over ()", "KPI307"),
        ("sum(a) filter (where b)", "KPI307"),
        ("median(a)", "KPI321"),
        ("foo(a)", "KPI321"),
        ("sum(distinct a)", "KPI322"),
        ("count(distinct a, b)", "KPI322"),
        ("count(a, b)", "KPI322"),
        ("min(a, b)", "KPI322"),
        ("count()", "KPI322"),
        ("sum(*)", "KPI308"),
        ("count(distinct *)", "KPI308"),
        ("sum(sum(a))", "KPI320"),
        ("sum(foo(a))", "KPI310"),
        ("sum(t.a)", "KPI312"),
    ],
)
def test_no_measures(text: str, code: str) -> None:
    measure, found = parse_measure(_scalar(text))
    assert measure is None
    assert [one.code for one in found] == [code]


def test_names_are_lower_case_unless_quoted() -> None:
    expression, _ = parse_condition(_scalar('Net_Sales > 1 and "Paid" = B'))
    assert expression is not None
    assert [column.name for column in expression.columns()] == ["net_sales", "Paid", "b"]


def test_columns_stand_in_order_and_have_places() -> None:
    text = "c = 1 or (b + a) > 2"
    expression, _ = parse_condition(_scalar(text))
    assert expression is not None
    assert [(column.name, expression.span(column).column) for column in expression.columns()] == [
        ("c", 1),
        ("b", 11),
        ("a", 15),
    ]


def test_a_bare_decimal_is_kpictls_own() -> None:
    expression, _ = parse_condition(_scalar("cast(a as decimal)"))
    assert expression is not None
    assert expression.tree.sql() == "CAST(a AS DECIMAL(38, 10))"
