"""A project's folder as a Catalog: every key of a good one, and all errors of a bad one at once."""

from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from kpictl.catalog import Catalog, Fiscal, TableName, load
from kpictl.diagnostics import Diagnostic

GOOD = {
    "kpictl.yml": """\
name: shop
timezone: America/Los_Angeles
day_starts_at: "04:00"
currency: EUR
locale: pt-BR
as_of: today
calendar:
  {start: 2016-01-01, end: 2030-12-31, week_starts_on: sunday, fiscal: {starts: july, named_by: start}}
windows: [mtd, last7]
compare: same_weekday
facts: sparse
schemas: {raw: landing, models: models, kpi: numbers}
environments:
  dev: {url: "duckdb:///dev.duckdb"}
  production: {url: "${DATABASE_URL}"}
environment: dev
connectors:
  tock: {api_key: "${TOCK_API_KEY}", pages: 3}
notify: {webhook: "${SLACK_WEBHOOK_URL}", on_success: true}
covers_from: 2023-07-01
""",
    "kpis/basics.yml": """\
formats:
  - {code: money, kind: currency, decimals: 2}
  - {code: dollars, kind: currency, currency: USD, compact: true}
  - {code: share, kind: percent, decimals: 1, stored_as: fraction}
  - {code: cases, kind: number, unit: 9L cases}
entities:
  - {id: 0, code: ALL, name: All}
  - {id: 7, code: "12", name: Twelve, parent: ALL, timezone: Europe/Paris, aliases: ["x-1"]}
""",
    "kpis/deep/sources.yml": """\
sources:
  - code: orders
    description: One row for each order.
    relation: fct_order
    time: Paid_At
    timezone: Europe/Paris
    entity: location
    key: order_id
    where: status = 'Paid'
    changed_at: loaded_at
    covers_from: 2024-01-01
    covers_to: last_row
    expect:
      - {that: "a is not null", severity: error, message: no a}
      - that: b > 0
    expect_fresh: {within: 36h, severity: error}
  - {code: visits, relation: visit, time: at, expect_fresh: 45m}
  - {code: members, relation: other."Members", valid_from: since, valid_to: until}
""",
    "kpis/numbers.yml": """\
kpis:
  - id: 4
    code: revenue
    name: Revenue
    description: All of it.
    category: Money
    format: money
    target_direction: up
    owner: finance
    source: orders
    measure: sum(net_sales)
    where: not is_event
    over_time: last
    max_staleness: 3
    is_active: false
    tags: [a, b]
    sort_order: 9
    checks:
      - {min: -1.50, severity: error, message: too little}
      - {max: 1000000, window: mtd, entity: "12"}
      - not_null: true
      - max_change_pct: 12.5
  - {id: 5, code: ratio, name: Ratio, format: share, formula: revenue / helper}
  - {code: helper, source: members, measure: count(*)}
""",
    "kpis/models/fct_order.sql": "select 1 as order_id",
    "kpis/lookups/target.csv": "a\n1\n",
}


def _load(folder: Path, files: dict[str, str]) -> tuple[Catalog | None, tuple[Diagnostic, ...]]:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return load(folder)


def _good(folder: Path) -> Catalog:
    catalog, found = _load(folder, GOOD)
    assert found == ()
    assert catalog is not None
    return catalog


def test_every_key_of_the_project(tmp_path: Path) -> None:
    project = _good(tmp_path).project
    assert (project.name, project.timezone, project.day_starts_at) == ("shop", "America/Los_Angeles", time(4))
    assert (project.currency, project.locale, project.as_of, project.compare, project.facts) == (
        "EUR",
        "pt_BR",
        "today",
        "same_weekday",
        "sparse",
    )
    calendar = project.calendar
    assert (calendar.start, calendar.end, calendar.week_starts_on) == (
        date(2016, 1, 1),
        date(2030, 12, 31),
        "sunday",
    )
    assert calendar.fiscal == Fiscal(starts="july", named_by="start")
    assert project.windows == ("mtd", "last7")
    assert (project.schemas.raw, project.schemas.models, project.schemas.kpi) == (
        "landing",
        "models",
        "numbers",
    )
    assert [(one.name, one.url) for one in project.environments] == [
        ("dev", "duckdb:///dev.duckdb"),
        ("production", "${DATABASE_URL}"),
    ]
    assert project.environment == "dev"
    assert [(one.name, one.settings) for one in project.connectors] == [
        ("tock", {"api_key": "${TOCK_API_KEY}", "pages": 3})
    ]
    assert project.notify is not None
    assert (project.notify.webhook, project.notify.on_success) == ("${SLACK_WEBHOOK_URL}", True)
    assert project.covers_from == date(2023, 7, 1)
    at = project.environments[1].places.at("url")
    assert (at.line, at.column) == (15, 21)


def test_every_key_of_formats_and_entities(tmp_path: Path) -> None:
    catalog = _good(tmp_path)
    assert [(one.code, one.kind, one.decimals, one.currency, one.unit) for one in catalog.formats] == [
        ("money", "currency", 2, "EUR", None),
        ("dollars", "currency", 0, "USD", None),
        ("share", "percent", 1, None, None),
        ("cases", "number", 0, None, "9L cases"),
    ]
    assert [one.compact for one in catalog.formats] == [False, True, False, False]
    assert catalog.format("share").stored_as == "fraction"
    twelve = catalog.entities[1]
    assert (twelve.id, twelve.code, twelve.name, twelve.parent) == (7, "12", "Twelve", "ALL")
    assert (twelve.timezone, twelve.aliases) == ("Europe/Paris", ("x-1",))


def test_every_key_of_sources(tmp_path: Path) -> None:
    catalog = _good(tmp_path)
    orders, visits, members = catalog.sources
    assert (orders.description, orders.relation) == (
        "One row for each order.",
        TableName("models", "fct_order"),
    )
    assert (orders.time, orders.timezone, orders.entity, orders.key) == (
        "paid_at",
        "Europe/Paris",
        "location",
        "order_id",
    )
    assert orders.where is not None
    assert orders.where.text == "status = 'Paid'"
    assert (orders.changed_at, orders.covers_from, orders.covers_to) == (
        "loaded_at",
        date(2024, 1, 1),
        "last_row",
    )
    assert [(one.severity, one.message) for one in orders.expect] == [
        ("error", "no a"),
        ("warn", "not b > 0"),
    ]
    fresh = [(one.within, one.text, one.severity) for one in (orders.expect_fresh, visits.expect_fresh) if one]
    assert fresh == [(timedelta(hours=36), "36h", "error"), (timedelta(minutes=45), "45m", "warn")]
    assert (members.relation, members.valid_from, members.valid_to) == (
        TableName("other", "Members"),
        "since",
        "until",
    )
    assert (members.time, members.timezone) == (None, "UTC")


def test_every_key_of_kpis(tmp_path: Path) -> None:
    catalog = _good(tmp_path)
    revenue = catalog.kpi("revenue")
    assert (revenue.id, revenue.name, revenue.description, revenue.category) == (
        4,
        "Revenue",
        "All of it.",
        "Money",
    )
    assert (revenue.format, revenue.target_direction, revenue.owner, revenue.source) == (
        "money",
        "up",
        "finance",
        "orders",
    )
    assert revenue.measure is not None
    assert revenue.where is not None
    assert (revenue.measure.aggregate, revenue.where.text) == ("sum", "not is_event")
    assert (revenue.over_time, revenue.max_staleness, revenue.is_active) == ("last", 3, False)
    assert (revenue.tags, revenue.sort_order) == (("a", "b"), 9)
    assert [
        (one.key, one.limit, one.window_of(catalog.project), one.entity, one.severity, one.message)
        for one in revenue.checks
    ] == [
        ("min", Decimal("-1.50"), "day", None, "error", "too little"),
        ("max", 1000000, "mtd", "12", "warn", None),
        ("not_null", None, "day", None, "warn", None),
        ("max_change_pct", Decimal("12.5"), "mtd", None, "warn", None),
    ]
    ratio, helper = catalog.kpi("ratio"), catalog.kpi("helper")
    assert ratio.formula is not None
    assert [column.name for column in ratio.formula.columns()] == ["revenue", "helper"]
    assert (helper.id, helper.name, helper.format, helper.is_active) == (None, "helper", None, True)
    assert ratio.sort_order < helper.sort_order
    at = ratio.formula.span(ratio.formula.columns()[1])
    assert (at.line, at.column, at.end_column) == (23, 73, 79)


def test_models_and_lookups(tmp_path: Path) -> None:
    catalog = _good(tmp_path)
    assert [model.name for model in catalog.models] == [TableName("models", "fct_order")]
    assert [lookup.name for lookup in catalog.lookups] == [TableName("models", "target")]


def test_reading_twice_gives_equal_catalogs(tmp_path: Path) -> None:
    assert _good(tmp_path) == _good(tmp_path)


def test_defaults(tmp_path: Path) -> None:
    catalog, found = _load(tmp_path, {"kpictl.yml": "name: shop\n"})
    assert found == ()
    assert catalog is not None
    project = catalog.project
    assert (project.timezone, project.day_starts_at, project.currency) == ("UTC", time(0), "USD")
    assert project.locale == "en"
    assert (project.as_of, project.compare, project.facts) == ("yesterday", "same_date", "dense")
    assert (project.calendar.start, project.calendar.end) == (date(2015, 1, 1), date(2035, 12, 31))
    assert (project.calendar.week_starts_on, project.calendar.fiscal) == ("monday", Fiscal(starts="january"))
    assert project.windows == ("mtd", "qtd", "ytd", "last28")
    assert (project.schemas.raw, project.schemas.models, project.schemas.kpi) == ("raw", "marts", "kpi")
    assert [(one.name, one.url) for one in project.environments] == [("local", "duckdb:///shop.duckdb")]
    assert (project.environment, project.connectors, project.covers_from) == ("local", (), None)
    assert project.notify is None
    assert [(one.id, one.code, one.name) for one in catalog.entities] == [(0, "ALL", "All")]


_CASES: tuple[tuple[str, str, str, int, int, str], ...] = (
    # file, its text, code, line, column, part of the message or the help
    ("kpictl.yml", "nmae: x\nname: y", "KPI020", 1, 1, "`name` is near"),
    ("kpictl.yml", "name: y\ncalendar: {strat: 2020-01-01}", "KPI020", 2, 12, "`start` is near"),
    ("kpictl.yml", "timezone: UTC", "KPI021", 1, 1, "`name` is missing"),
    ("kpictl.yml", "name: 12", "KPI022", 1, 7, "must be a text, not a number"),
    ("kpictl.yml", "- a", "KPI022", 1, 1, "must be a mapping"),
    ("kpictl.yml", "name: y\nwindows: mtd", "KPI022", 2, 10, "must be a list"),
    ("kpictl.yml", "name: y\nfacts: dens", "KPI023", 2, 8, "`dense` is near"),
    ("kpictl.yml", "name: y\ncurrency: usd", "KPI024", 2, 11, "three capital letters"),
    ("kpictl.yml", "name: y\nlocale: de_GE", "KPI108", 2, 9, "`de_DE` is near"),
    ("kpictl.yml", "name: y\nlocale: en-USA", "KPI108", 2, 9, "`en_US` is near"),
    ("kpictl.yml", "name: y\nlocale: german", "KPI108", 2, 9, "such as en, de or pt-BR"),
    ("kpictl.yml", "name: y\nlocale: ../de", "KPI108", 2, 9, "no locale is called `../de`"),
    ("kpictl.yml", "name: y\nlocale: root", "KPI108", 2, 9, "no locale is called `root`"),
    ("kpictl.yml", "name: y\nday_starts_at: 4:00", "KPI026", 2, 16, "a time of day"),
    ("kpictl.yml", "name: y\nnotify: {webhook: 'https://a.b/c'}", "KPI024", 2, 19, "write `${SLACK_WEBHOOK_URL}`"),
    ("kpictl.yml", "name: y\nnotify: {on_success: true}", "KPI021", 2, 10, "add `webhook: …`"),
    ("kpictl.yml", "name: y\ncovers_from: 2024-02-30", "KPI026", 2, 14, "a date is written"),
    ("kpictl.yml", "name: y\ntimezone:", "KPI027", 2, 1, "`timezone` has no value"),
    ("kpictl.yml", "name: y\nenvironments:\n  a b: {url: x}", "KPI024", 3, 3, "is not a name"),
    ("kpictl.yml", "name: y\nenvironments:\n  a: {}", "KPI021", 3, 6, "`url` is missing"),
    ("kpictl.yml", "name: y\ncalendar:\n  start: 2030-01-01\n  end: 2020-01-01",
     "KPI028", 4, 8, "ends before"),
    ("kpis/a.yml", "kpi: []", "KPI020", 1, 1, "`kpis` is near"),
    ("kpis/a.yml", "kpis: {}", "KPI022", 1, 7, "must be a list"),
    ("kpis/a.yml", "kpis: [x]", "KPI022", 1, 8, "must be a mapping"),
    ("kpis/a.yml", "kpis:\n  - {code: a, mesure: x}", "KPI020", 2, 15, "`measure` is near"),
    ("kpis/a.yml", "kpis:\n  - {formula: a}", "KPI021", 2, 6, "`code` is missing"),
    ("kpis/a.yml", "kpis:\n  - {code: 12, formula: a}", "KPI022", 2, 12, "put it in quotes"),
    ("kpis/a.yml", "kpis:\n  - {code: A-b, formula: a}", "KPI024", 2, 12, "is not a code"),
    ("kpis/a.yml", "kpis:\n  - {code: a, formula: b, is_active: yes}", "KPI022", 2, 38, "`true` or `false`"),
    ("kpis/a.yml", "kpis:\n  - {code: a, formula: b, id: 0}", "KPI025", 2, 31, "at least 1"),
    ("kpis/a.yml", "kpis:\n  - {code: a, formula: b, id: 1}", "KPI021", 2, 31, "`name` is missing"),
    ("kpis/a.yml", "kpis:\n  - {code: a, formula: b, tags: [x, 1]}", "KPI022", 2, 37, "each of `tags`"),
    ("kpis/a.yml", "kpis:\n  - {code: a, formula: b + foo(c)}", "KPI310", 2, 28, "`foo`"),
    ("kpis/a.yml", "formats:\n  - {code: a, kind: number, currency: EUR}",
     "KPI028", 2, 29, "`kind: currency`"),
    ("kpis/a.yml", "formats:\n  - {code: a, kind: number, decimals: 11}", "KPI025", 2, 39, "at most 10"),
    ("kpis/a.yml", "entities:\n  - {id: 1, code: a, name: A, aliases: [12]}",
     "KPI022", 2, 41, "put it in quotes"),
    ("kpis/a.yml", "kpis:\n  - {code: a, source: s, measure: sum(coalesce(x, 0))}", "KPI303", 2, 47, "in quotes"),
    ("kpis/a.yml", "kpis:\n  - {code: a, formula: b, description: Wine, net}", "KPI027", 2, 46, "in quotes"),
    ("kpis/a.yml", "kpis:\n  - {code: a, formula: b, max_staleness: 1.5}", "KPI022", 2, 42, "one with a fraction"),
    ("kpis/a.yml", "kpis:\n  - {code: a, formula: b, target_direction: Up}", "KPI023", 2, 45, "it is written `up`"),
    ("kpis/a.yml", "entities:\n  -\n  - {id: 1, code: a, name: A}", "KPI027", 2, 4, "an item of this list"),
    ("kpis/a.yml", "sources:\n  - {code: a, relation: a.b.c, time: t}", "KPI024", 2, 25, "table's name"),
    ("kpis/a.yml", "sources:\n  - {code: a, relation: b, time: t, changed_at: c}", "KPI028", 2, 37, "`key`"),
    ("kpis/a.yml", "sources:\n  - {code: a, relation: b, time: t, expect: [{that: sum(a)}]}",
     "KPI320", 2, 53, "`sum`"),
    ("kpis/a.yml", "kpis:\n  - {code: a, formula: b, checks: [{min: 0, max: 1}]}", "KPI028", 2, 45, "of its own"),
    ("kpis/a.yml", "kpis:\n  - {code: a, formula: b, checks: [{window: mtd}]}", "KPI021", 2, 36, "`not_null`"),
    ("kpis/a.yml", "kpis:\n  - {code: a, formula: b, checks: [{not_null: false}]}", "KPI028", 2, 47, "`true`"),
    ("kpis/a.yml", "kpis:\n  - {code: a, formula: b, checks: [{max_change_pct: -1}]}", "KPI025", 2, 53, "at least 0"),
    ("kpis/a.yml", "kpis:\n  - {code: a, formula: b, checks: [{min: a lot}]}", "KPI022", 2, 42, "must be a number"),
    ("kpis/a.yml", "sources:\n  - {code: a, relation: b, time: t, expect_fresh: 36 h}", "KPI024", 2, 51, "`36h`"),
    ("kpis/a.yml", "sources:\n  - {code: a, relation: b, time: t, expect_fresh: 36}", "KPI022", 2, 51, "`36h`"),
    ("kpis/a.yml", "sources:\n  - {code: a, relation: b, time: t, expect_fresh: {within: 1d, sevrity: warn}}",
     "KPI020", 2, 64, "`severity` is near"),
    ("kpis/a.yml", "a: 1\na: 2", "KPI005", 2, 1, "stands twice"),
    ("kpis/a.yaml", "kpis: []", "KPI031", 1, 1, "`.yaml`"),
)  # fmt: skip


@pytest.mark.parametrize("case", _CASES)
def test_what_is_wrong_is_placed(tmp_path: Path, case: tuple[str, str, str, int, int, str]) -> None:
    name, text, code, line, column, part = case
    _, found = _load(tmp_path, {"kpictl.yml": "name: shop", name: text})
    one = next((one for one in found if one.code == code), None)
    assert one is not None, found
    assert (one.at.path, one.at.line, one.at.column) == (tmp_path / name, line, column)
    assert part in f"{one.message} {one.help}"
    if code != "KPI005":  # its first key is unknown too
        assert len(found) == 1


def test_all_errors_of_all_files_are_told_in_order_and_the_rest_is_there(tmp_path: Path) -> None:
    catalog, found = _load(
        tmp_path,
        {
            "kpictl.yml": "name: shop\nfacts: dens\n",
            "kpis/a.yml": "kpis:\n  - {code: good, formula: b}\n"
            "  - {code: bad, mesure: x, formula: foo(a), where: '('}\n",
            "kpis/b.yml": "formats: [{code: f, kind: nmuber}]\nsources:\n  a: [",
            "kpis/lookups/t.csv": "a\n1,2\n",
            "kpis/models/m.sql": "select 1",
        },
    )
    assert [(one.at.path.name, one.at.line, one.code) for one in found] == [
        ("kpictl.yml", 2, "KPI023"),
        ("a.yml", 3, "KPI020"),
        ("a.yml", 3, "KPI310"),
        ("a.yml", 3, "KPI303"),
        ("b.yml", 3, "KPI003"),
        ("t.csv", 2, "KPI042"),
        ("m.sql", 1, "KPI338"),
    ]
    assert catalog is not None
    assert catalog.project.facts == "dense"
    assert [kpi.code for kpi in catalog.kpis] == ["good"]


def test_without_a_project_file_the_others_are_read_all_the_same(tmp_path: Path) -> None:
    catalog, found = _load(tmp_path, {"kpis/a.yml": "kpis: [{code: A}]"})
    assert catalog is None
    assert [one.code for one in found] == ["KPI030", "KPI024"]


def test_nothing_of_the_environment_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "s3cret")
    catalog, found = _load(
        tmp_path,
        {
            "kpictl.yml": 'name: shop\nenvironments: {p: {url: "${SECRET}"}}\n',
            ".env": "SECRET=other\n",
            "connectors/evil.py": "raise SystemExit('imported')\n",
        },
    )
    assert found == ()
    assert catalog is not None
    assert catalog.project.environments[0].url == "${SECRET}"
