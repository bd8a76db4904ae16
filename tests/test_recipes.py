"""The recipes of docs/recipes: their queries run on both engines and answer what the tables say; the mail arrives."""

from __future__ import annotations

import email.message
import email.policy
import json
import os
import re
import shutil
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
import yaml
from typer.core import TyperGroup
from typer.main import get_command

from kpictl.check import checked
from kpictl.cli.main import command_line, outcome
from kpictl.engine import open_engine, open_published
from kpictl.pipeline import Request, run
from kpictl.pipeline.sql_views import publish_views
from tests.postgres import fresh_database

ROOT = Path(__file__).parent.parent
RECIPES = ROOT / "docs/recipes"
AS_OF = date(2025, 10, 6)
STORES = ("mill", "dock", "park")
pytestmark = pytest.mark.xdist_group("recipes")

Rows = list[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Published:
    """The example of the stores, run and with the views for BI tools."""

    url: str
    folder: Path

    def rows(self, query: str) -> Rows:
        with closing(open_published(self.url, self.folder)) as engine, engine.transaction():
            return [tuple(row) for row in engine.fetch(query)]


def published(url: str, folder: Path) -> Published:
    shutil.copytree(ROOT / "examples/stores", folder, dirs_exist_ok=True)
    catalog = checked(folder)
    with closing(open_engine(url, folder)) as engine:
        list(run(catalog, engine, Request(AS_OF, datetime(2025, 10, 7, tzinfo=UTC))))
    with closing(open_engine(url, folder)) as engine:
        publish_views(catalog, engine)
    return Published(url, folder)


@pytest.fixture(scope="module")
def on_postgres(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    with fresh_database(postgres_server) as url:
        yield published(url, tmp_path_factory.mktemp("postgres"))


@pytest.fixture(scope="module")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return published("duckdb:///stores.duckdb", tmp_path_factory.mktemp("duckdb"))


@pytest.fixture(params=["on_postgres", "on_duckdb"])
def shop(request: pytest.FixtureRequest) -> Published:
    held = request.getfixturevalue(request.param)
    assert isinstance(held, Published)
    return held


# What the tables say


def dashboard(shop: Published, window: str, columns: str = "value") -> dict[tuple[str, str], tuple[object, ...]]:
    """Numbers of the as-of date by the codes of KPI and entity."""
    names = ", ".join(f"d.{window}_{name}" for name in columns.split())
    query = (
        f"select k.kpi_code, e.entity_code, {names} from kpi.agg_kpi_dashboard d join kpi.dim_kpi k using (kpi_id)"
        f" join kpi.dim_entity e using (entity_id) where d.as_of_date = date '{AS_OF}'"
    )
    return {(str(kpi), str(entity)): tuple(numbers) for kpi, entity, *numbers in shop.rows(query)}


def facts(shop: Published, kpi: int, entity: int) -> dict[date, object]:
    query = f"select date_key, value from kpi.fact_kpi_daily where kpi_id = {kpi} and entity_id = {entity}"
    return dict(shop.rows(query))  # type: ignore[arg-type]


def months(shop: Published, kpi: int, entity: int) -> dict[date, tuple[object, ...]]:
    query = (
        "select period_start, value, prior, delta_pct, in_progress from kpi.agg_kpi_period"
        f" where period = 'month' and kpi_id = {kpi} and entity_id = {entity} order by period_start"
    )
    return {start: tuple(numbers) for start, *numbers in shop.rows(query)}  # type: ignore[misc]


KPIS = {
    "revenue": ("Revenue", "USD", 0, "up"),
    "customers": ("Customers", None, 0, "up"),
    "average_sale": ("Average Sale", "USD", 2, "up"),
    "revenue_per_customer": ("Revenue per Customer", "USD", 2, "up"),
    "stock_units": ("Units in Stock", None, 0, "none"),
}
"""As the example's files have them, in their order."""


# Grafana


def panels() -> dict[str, str]:
    dashboard = json.loads((RECIPES / "grafana/dashboard.json").read_text())
    return {panel["title"]: panel["targets"][0]["rawSql"] for panel in dashboard["panels"]}


def interpolated(query: str, values: Mapping[str, str], first: str = "2025-09-01", last: str = "2025-10-06") -> str:
    """As Grafana's pages on macros and on formats of variables say: a range in UTC, a text in quotes."""
    query = re.sub(r"\$__timeFilter\(([^)]*)\)", rf"\1 BETWEEN '{first}T00:00:00Z' AND '{last}T23:59:59.999Z'", query)
    quoted = {name: "'" + value.replace("'", "''") + "'" for name, value in values.items()}
    query = re.sub(r"\$\{(\w+):sqlstring\}", lambda found: quoted[found[1]], query)
    assert "$" not in query
    return query


def test_grafanas_files_are_what_grafana_reads() -> None:
    datasource = yaml.safe_load((RECIPES / "grafana/datasource.yml").read_text())["datasources"][0]
    dashboard = json.loads((RECIPES / "grafana/dashboard.json").read_text())
    asked = [*dashboard["panels"], *dashboard["templating"]["list"]]
    assert {each["datasource"]["uid"] for each in asked} == {datasource["uid"]}
    provider = yaml.safe_load((RECIPES / "grafana/dashboards.yml").read_text())["providers"][0]
    assert provider["type"] == "file"
    used = {name for query in panels().values() for name in re.findall(r"\$\{(\w+)", query)}
    assert used == {each["name"] for each in dashboard["templating"]["list"]}


def test_grafanas_table(on_postgres: Published) -> None:
    values = {"window": "ytd", "entity": "north"}
    rows = on_postgres.rows(interpolated(panels()["KPIs, ${window}"], values))
    held = dashboard(on_postgres, "ytd", "value delta_pct status")
    assert [row[1] for row in rows] == [name for name, *_ in KPIS.values()]
    for (category, name, *shown), (code, (_, unit, decimals, direction)) in zip(rows, KPIS.items(), strict=True):
        value, change, status = held[code, "north"]
        assert category == ("Stock" if code == "stock_units" else "Sales")
        assert shown == [*written(value, change, unit, decimals, direction), str(status).replace("_", " ")], name


def written(value: object, change: object, unit: str | None, decimals: int, direction: str) -> list[str | None]:
    """The three cells of value, change and verdict, by hand."""

    def rounded(number: Decimal, places: int) -> Decimal:
        return number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)

    assert isinstance(value, Decimal)
    text = f"{rounded(value, decimals):,f}" + (f" {unit}" if unit else "")
    if change is None:
        return [text, None, ""]
    assert isinstance(change, Decimal)
    tenths = rounded(change, 1)
    is_good = (tenths > 0) == (direction == "up")
    verdict = "" if not tenths or direction == "none" else "better" if is_good else "worse"
    return [text, f"{tenths:+,f}%", verdict]


def test_grafanas_table_writes_percents_and_what_is_absent(on_postgres: Published) -> None:
    """Over rows of the test's own in the view's place: the stores have no percents."""
    query = interpolated(panels()["KPIs, ${window}"], {"window": "mtd", "entity": "it's"})
    columns = (
        "as_of_date, window_name, entity_code, category, kpi_name, status, target_direction, sort_order, unit,"
        " decimals, stored_as, value, delta, delta_pct"
    )
    given = """(values
        (date '2025-10-06', 'mtd', 'it''s', 'c', 'a', 'ok', 'up', 1, '%', 1, 'fraction', 0.28450, -0.0285, 9.0),
        (date '2025-10-06', 'mtd', 'it''s', 'c', 'b', 'ok', 'down', 2, '%', 1, 'percent', 1234.55, 0.85, 9.0),
        (date '2025-10-06', 'mtd', 'it''s', 'c', 'c', 'no_data', 'up', 3, 'USD', 2, null, null, null, null),
        (date '2025-10-06', 'mtd', 'it''s', 'c', 'd', 'ok', 'up', 4, '9L cases', 2, null, -0.005, 0.0, 0.04),
        (date '2025-10-06', 'mtd', 'it''s', 'c', 'f', 'ok', 'up', 6, null, 1, null, 1e27, 1, 1e27 + 0.5),
        (date '2025-10-06', 'mtd', 'it''s', 'c', 'g', 'ok', 'up', 7, '%', 0, 'fraction', -1e27, -1e27, 1),
        (date '2025-10-06', 'mtd', 'ALL', 'c', 'e', 'ok', 'up', 5, 'USD', 0, null, 1, 1, 1)
    )"""
    query = query.replace("kpi.kpi_dashboard", "given")
    query = query.replace("with shown as", f"with given({columns}) as {given}, shown as")
    assert on_postgres.rows(query) == [
        ("c", "a", "28.5%", "-2.9 pp", "worse", "ok"),
        ("c", "b", "1,234.6%", "+0.9 pp", "worse", "ok"),
        ("c", "c", None, None, "", "no data"),
        ("c", "d", "-0.01 9L cases", "+0.0%", "", "ok"),
        ("c", "f", f"{10**27:,}.0", f"+{10**27:,}.5%", "better", "ok"),
        ("c", "g", f"{-(10**29):,}%", f"{-(10**29):,}.0 pp", "worse", "ok"),
    ]


def test_grafanas_days_stand_beside_those_of_the_year_before(on_postgres: Published) -> None:
    rows = on_postgres.rows(interpolated(panels()["${kpi:text}, day by day"], {"kpi": "revenue", "entity": "mill"}))
    held = facts(on_postgres, 1, 11)
    before: dict[date, date] = dict(on_postgres.rows("select date_key, prior_date from kpi.dim_date"))  # type: ignore[arg-type]
    assert len(rows) == 36
    assert rows == [(day, held[day], held.get(before[day])) for day in sorted(held) if day >= date(2025, 9, 1)]
    assert any(value and prior for _, value, prior in rows)


def test_grafanas_months(on_postgres: Published) -> None:
    query = interpolated(panels()["${kpi:text}, months"], {"kpi": "customers", "entity": "ALL"}, first="2025-01-01")
    rows = on_postgres.rows(query)
    held = months(on_postgres, 2, 0)
    assert rows == [(start, *numbers[:2]) for start, numbers in held.items() if start >= date(2025, 1, 1)]
    assert len(rows) == 10  # of 4, 5 and 4 weeks from 5 January 2025 on; the last one began on 5 October


def test_grafana_tells_what_was_published(on_postgres: Published) -> None:
    ((as_of, age),) = on_postgres.rows(panels()["Published"])
    assert as_of == "2025-10-06"
    assert re.fullmatch(r"[0-9]+\.[0-9] hours", str(age))


def test_grafanas_variables(on_postgres: Published) -> None:
    dashboard = json.loads((RECIPES / "grafana/dashboard.json").read_text())
    found = {each["name"]: on_postgres.rows(each["query"]) for each in dashboard["templating"]["list"]}
    assert found["entity"][0] == ("All stores", "ALL")
    assert {code for _, code in found["entity"]} == {"ALL", "north", "south", *STORES}
    assert found["window"] == [("wtd",), ("mtd",), ("ytd",), ("last28",)]
    assert found["kpi"] == [(name, code) for code, (name, *_) in KPIS.items()]


# Metabase and the others


def queries(page: str) -> dict[str, str]:
    """The queries of a page by the name in their first line."""
    blocks = re.findall(r"```sql\n-- (\w+)\n(.*?)```", (RECIPES / page).read_text(), flags=re.DOTALL)
    return dict(blocks)


def filled(query: str, **values: str | int) -> str:
    """As Metabase's pages on variables say: values in place of `{{…}}`, parts in `[[…]]` only with theirs."""

    def literal(value: str | int) -> str:
        return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"

    def optional(found: re.Match[str]) -> str:
        return found[1] if set(re.findall(r"\{\{(\w+)\}\}", found[1])) <= set(values) else ""

    query = re.sub(r"\[\[(.*?)\]\]", optional, query)
    return re.sub(r"\{\{(\w+)\}\}", lambda found: literal(values[found[1]]), query)


def test_metabases_scorecard(shop: Published) -> None:
    query = queries("metabase.md")["scorecard"]
    held = dashboard(shop, "mtd", "value prior delta delta_pct status")
    rows = shop.rows(filled(query, window="mtd", entity="south"))
    assert [(row[1], row[3]) for row in rows] == [(name, unit) for name, unit, *_ in KPIS.values()]
    assert [(row[2], *row[4:]) for row in rows] == [held[code, "south"] for code in KPIS]
    stock = shop.rows(filled(query, window="mtd", entity="south", category="Stock"))
    assert stock == [row for row in rows if row[0] == "Stock"]
    assert len(stock) == 1


def test_metabases_days(shop: Published) -> None:
    query = queries("metabase.md")["daily"]
    held = facts(shop, 5, 0)
    rows = shop.rows(filled(query, kpi="stock_units", entity="ALL"))
    assert {day: value for day, value, _ in rows} == held
    assert [day for day, *_ in rows] == sorted(held)
    part = shop.rows(filled(query, **{"kpi": "stock_units", "entity": "ALL", "from": "2025-10-01", "to": "2025-10-03"}))
    assert part == [row for row in rows if date(2025, 10, 1) <= row[0] <= date(2025, 10, 3)]  # type: ignore[operator]
    assert len(part) == 3


def test_metabases_months_are_whole(shop: Published) -> None:
    rows = shop.rows(filled(queries("metabase.md")["months"], kpi="revenue", entity="dock"))
    held = months(shop, 1, 12)
    assert rows == [(start, *numbers[:3]) for start, numbers in held.items() if not numbers[3]]
    assert len(rows) == len(held) - 1 > 5


def test_metabases_entities(shop: Published) -> None:
    rows = shop.rows(filled(queries("metabase.md")["entities"], kpi="revenue", window="ytd", level=2))
    held = dashboard(shop, "ytd", "value prior status")
    stores = sorted((held["revenue", store] for store in STORES), key=lambda found: -Decimal(str(found[0])))
    assert [row[1:] for row in rows] == stores
    assert {row[0] for row in rows} == {"Mill Street", "The Dock", "Park Lane"}


def test_the_other_tools_datasets(shop: Published) -> None:
    found = queries("bi.md")
    assert set(found) == {"superset", "looker", "excel"}
    days = [row for row in shop.rows(found["superset"]) if row[2] == "Revenue"]
    assert {row[0]: row[4] for row in days} == facts(shop, 1, 0)
    of_dock = [row for row in shop.rows(found["looker"]) if row[1:3] == ("Revenue", "The Dock")]
    assert {row[0]: row[3:6] for row in of_dock} == {start: row[:3] for start, row in months(shop, 1, 12).items()}
    held = dashboard(shop, "last28", "value prior delta delta_pct status")
    names = {name: code for code, (name, *_) in KPIS.items()}
    entities: dict[object, object] = dict(shop.rows("select entity_name, entity_code from kpi.dim_entity"))  # type: ignore[arg-type]
    sheet = [row for row in shop.rows(found["excel"]) if row[4] == "last28"]
    assert {(names[str(row[2])], str(entities[row[3]])): row[5:] for row in sheet} == held


# Mail


class _Smtp(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a mail takes; `server.mails` are those that came."""

    server: MailServer

    def handle(self) -> None:
        self.say("220 here")
        receivers: list[str] = []
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"RCPT":
                receivers.append(line.decode().partition("<")[2].partition(">")[0])
            if verb == b"DATA":
                self.say("354 go on")
                self.server.mails.append((receivers, self.taken()))
            self.say("221 bye" if verb == b"QUIT" else "250 fine")
            if verb == b"QUIT":
                return

    def taken(self) -> bytes:
        lines = iter(self.rfile.readline, b".\r\n")
        return b"".join(line[1:] if line.startswith(b".") else line for line in lines)

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """On loopback, at a port of its own."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Smtp)
        self.mails: list[tuple[list[str], bytes]] = []


def mailed(folder: Path, *words: str) -> tuple[subprocess.CompletedProcess[str], list[tuple[list[str], bytes]]]:
    """What the script does with a project, and the mails that came of it."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        programs = Path(sys.executable).parent
        environment = {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "MAIL_FROM": "kpis@example.com",
            "MAIL_TO": "ann@example.com, ben@example.com",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(server.server_address[1]),
            "SMTP_TLS": "no",
        }
        command = [sys.executable, str(RECIPES / "mail.py"), str(folder), *words]
        done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=120)
        server.shutdown()
        thread.join()
    return done, server.mails


def test_the_mail_has_the_board_and_the_file(on_duckdb: Published) -> None:
    done, mails = mailed(on_duckdb.folder)
    assert done.returncode == 0, done.stderr
    ((receivers, raw),) = mails
    assert receivers == ["ann@example.com", "ben@example.com"]
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, email.message.EmailMessage)
    assert "as of 2025-10-06" in mail["Subject"]
    text, shown = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert shown is not None
    ((value, *_),) = (numbers for key, numbers in dashboard(on_duckdb, "ytd").items() if key == ("revenue", "ALL"))
    revenue = f"${Decimal(str(value)).quantize(Decimal(1), rounding=ROUND_HALF_UP):,f}"
    assert revenue in text.get_content()
    assert revenue in shown.get_content()
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("kpis.html", "text/html")
    assert revenue in attached.get_content()


def test_the_mail_is_of_the_environment_that_ran(on_duckdb: Published, tmp_path: Path) -> None:
    """By default the project looks at another database, in which nothing was published."""
    folder = tmp_path / "project"
    shutil.copytree(on_duckdb.folder, folder)
    settings = folder / "kpictl.yml"
    urls = {"staging": "duckdb:///staging.duckdb", "production": on_duckdb.url}
    environments = {"environment": "staging", "environments": {name: {"url": url} for name, url in urls.items()}}
    settings.write_text(f"{settings.read_text()}\n{yaml.safe_dump(environments)}")
    done, mails = mailed(folder)
    assert (done.returncode, mails) == (3, [])
    done, mails = mailed(folder, "--env", "production")
    assert done.returncode == 0, done.stderr
    assert len(mails) == 1


def test_the_examples_name_the_environment() -> None:
    """A cron line that runs one environment and mails another would mail wrong numbers."""
    page = (RECIPES / "mail.md").read_text()
    lines = [line for block in re.findall(r"```[a-z]*\n(.*?)```", page, flags=re.DOTALL) for line in block.splitlines()]
    lines = [line for line in lines if "mail.py" in line or "kpictl " in line]
    assert len(lines) == 3
    for line in lines:
        told = re.findall(r"(?:kpictl \w+|mail\.py \S+) --env (\w+)", line)
        assert told == ["production"] * len(re.findall(r"kpictl \w+|mail\.py", line)), line


def test_no_mail_goes_out_where_nothing_was_published(tmp_path: Path) -> None:
    (tmp_path / "kpictl.yml").write_text("name: empty\n")
    done, mails = mailed(tmp_path)
    assert done.returncode == 3
    assert mails == []
    assert "Traceback" not in done.stderr


# The pages


def test_the_examples_of_the_page_on_exports_run(
    on_duckdb: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = re.findall(r"(?m)^kpictl (export.*?)(?: \||   |$)", (ROOT / "docs/export.md").read_text())
    assert len(lines) == 4
    folder = tmp_path / "project"
    shutil.copytree(on_duckdb.folder, folder)
    settings = folder / "kpictl.yml"
    settings.write_text(f"{settings.read_text()}\nenvironments: {{local: {{url: '{on_duckdb.url}'}}}}\n")
    monkeypatch.chdir(folder)
    for line in lines:
        code, said = outcome(line.split()), capsys.readouterr()
        assert (code, bool(said.out)) == (0, "--out" not in line), said.err
        assert ": 0 rows" not in said.err
    assert {"facts.parquet", "p.xlsx"} <= {each.name for each in folder.iterdir()}


@pytest.mark.parametrize("path", sorted(RECIPES.rglob("*.md")), ids=lambda path: path.relative_to(RECIPES).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text())
    assert [link for link in links if "://" not in link and not (path.parent / link).exists()] == []


def test_every_recipe_is_told() -> None:
    told = set(re.findall(r"\]\(([^)]+)\)", (RECIPES / "README.md").read_text()))
    there = {path.relative_to(RECIPES).as_posix() for path in RECIPES.rglob("*.md")} - {"README.md"}
    assert there <= told


def test_commands_and_options_of_the_recipes_exist() -> None:
    group = get_command(command_line())
    assert isinstance(group, TyperGroup)
    pages = [path.read_text() for path in RECIPES.rglob("*.md")]
    used = {line for page in pages for line in re.findall(r"kpictl ([a-z]+ -[^`\n|&]*)", page)}
    assert {line.split()[0] for line in used} >= {"dashboard", "export", "serve", "show"}
    for line in used:
        name, *words = line.split()
        options = {option for each in group.commands[name].params for option in each.opts}
        assert {word for word in words if word.startswith("--")} <= options, line
