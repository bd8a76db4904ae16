"""A shop with every kind of format and hostile names, and how an export is read back by others' means."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import duckdb

from kpictl.catalog import Column, Table, TableName
from kpictl.check import checked
from kpictl.engine import open_engine
from kpictl.pipeline import Request, run

SCRIPT = "<script>alert('1')</script>"
FORMULA = '=HYPERLINK("http://evil.example","x")'
ARABIC = "\u0625\u064a\u0631\u0627\u062f\u0627\u062a \u202eabc"
LONG = "x" * 33_000
"""More than a cell of Excel holds."""

PROJECT = """\
name: hostile
timezone: UTC
currency: USD
calendar: {start: 2023-01-01, end: 2026-12-31}
windows: [mtd, last7]
environments:
  local: {url: "duckdb:///hostile.duckdb"}
  production: {url: "${DATABASE_URL}"}
"""
FORMATS = """\
formats:
  - {code: money, kind: currency, decimals: 2}
  - {code: euro, kind: currency, currency: EUR, decimals: 0}
  - {code: number, kind: number, decimals: 0, unit: "@sum(1)"}
  - {code: percent, kind: percent, decimals: 1}
  - {code: fraction, kind: percent, decimals: 1, stored_as: fraction}
  - {code: time, kind: duration}
sources:
  - {code: sales, relation: raw.sale, time: sold_on, entity: place, covers_from: 2024-03-01}
entities:
  - {id: 0, code: ALL, name: Everything}
  - {id: 1, code: "+north", name: "-1+2"}
  - {id: 2, code: south, name: "a, \\"b\\"\\nc"}
"""
KPIS = (
    # code, name, category, format, what it is
    ("revenue", SCRIPT, "@SUM(A1)", "money", "source: sales, measure: sum(amount)"),
    ("sales_count", FORMULA, "Trade", "number", "source: sales, measure: count(*)"),
    ("average", ARABIC, "\tTrade", "euro", "formula: revenue / sales_count"),
    ("huge", "1e30", "Trade", "number", "source: sales, measure: sum(huge)"),
    ("share_pct", LONG, "Trade", "percent", "formula: 100 * web / sales_count"),
    ("share", "Share", "Trade", "fraction", "formula: web / sales_count"),
    ("seconds", "Seconds", "Trade", "time", "source: sales, measure: sum(seconds)"),
)
ROWS = (
    # sold_on, amount, huge, seconds, place, channel
    ("2024-03-05", "100.25", "1", 90, "+north", "web"),
    ("2024-03-09", "-30.1", "5", -30, "south", "till"),
    ("2025-03-03", "250.3333333333", "9999999999999999.9999999999", 5400, "+north", "web"),
    ("2025-03-03", "0.0000000001", "9999999999999999.9999999999", 60, "+north", "till"),
    ("2025-03-08", "-80", "-9999999999999999.9999999999", -90_000, "south", "till"),
    ("2025-03-10", "12.5", "0.5", 0, "nowhere", "web"),
)
COLUMNS = (
    Column("sold_on", "date"),
    Column("amount", "decimal"),
    Column("huge", "decimal"),
    Column("seconds", "bigint"),
    Column("place", "text"),
    Column("channel", "text"),
)
DATES = (date(2025, 3, 9), date(2025, 3, 10))
"""The as-of dates that are published."""


def write_project(folder: Path) -> None:
    kpis = [
        {"id": nth, "code": code, "name": name, "description": "d" * 10_000, "category": category, "format": form}
        for nth, (code, name, category, form, _) in enumerate(KPIS, 1)
    ]
    lines = [
        f"  - {json.dumps(kpi)[:-1]}, target_direction: up, owner: us, {how}}}"
        for kpi, (*_, how) in zip(kpis, KPIS, strict=True)
    ]
    lines.append("  - {code: web, name: Web, source: sales, measure: count(*), where: \"channel = 'web'\"}")
    (folder / "kpis").mkdir(parents=True, exist_ok=True)
    (folder / "kpictl.yml").write_text(PROJECT)
    (folder / "kpis/kpis.yml").write_text("\n".join([f"{FORMATS}kpis:", *lines, ""]))


def load_rows(folder: Path, url: str) -> None:
    engine = open_engine(url, folder)
    with engine.transaction():
        table = Table(TableName("raw", "sale"), COLUMNS, ())
        engine.create(table)
        engine.load(table.name, COLUMNS, ROWS)
    engine.close()


def publish(folder: Path, url: str) -> None:
    for as_of in DATES:
        engine = open_engine(url, folder)
        began_at = datetime(as_of.year, as_of.month, as_of.day, 8, tzinfo=UTC) + timedelta(days=1)
        for _ in run(checked(folder), engine, Request(as_of, began_at)):
            pass
        engine.close()


# -- what the tables say


Key = tuple[Any, ...]
Numbers = dict[Key, dict[str, object]]

_WINDOW = "d.{0}_value, d.{0}_prior, d.{0}_delta, d.{0}_delta_pct, d.{0}_status, d.{0}_prior_status, d.data_through"
_VALUES = ("value", "prior", "delta", "delta_pct", "status", "prior_status")


@dataclass(frozen=True, slots=True)
class Tables:
    """The published tables, read by plain SQL."""

    fetch: Callable[[str], list[tuple[object, ...]]]

    def dashboard(self) -> Numbers:
        found: Numbers = {}
        for window in ("mtd", "last7"):
            of_window = _WINDOW.format(window)
            for day, kpi, entity, payload, *values in self.fetch(
                f"select d.as_of_date, k.kpi_code, e.entity_code, cast(d.payload as varchar), {of_window} "
                "from kpi.agg_kpi_dashboard d, kpi.dim_kpi k, kpi.dim_entity e "
                "where k.kpi_id = d.kpi_id and e.entity_id = d.entity_id"
            ):
                days = json.loads(str(payload))["windows"][window]
                bounds = (days["from"], days["to"], days["prior"]["from"], days["prior"]["to"])
                names = ("first_day", "last_day", "prior_first_day", "prior_last_day")
                row = dict(zip((*_VALUES, "data_through"), values, strict=True))
                row |= {name: _day(text) for name, text in zip(names, bounds, strict=True)}
                found[day, kpi, entity, window] = row
        return found

    def facts(self) -> Numbers:
        values = {
            (day, kpi, entity): value
            for day, kpi, entity, value in self.fetch(
                "select f.date_key, k.kpi_code, e.entity_code, f.value "
                "from kpi.fact_kpi_daily f, kpi.dim_kpi k, kpi.dim_entity e "
                "where k.kpi_id = f.kpi_id and e.entity_id = f.entity_id"
            )
        }
        before: dict[object, object] = dict(map(_pair, self.fetch("select date_key, prior_date from kpi.dim_date")))
        return {
            (day, kpi, entity): {
                "value": value,
                "prior_date": before[day],
                "prior": values.get((before[day], kpi, entity)),
            }
            for (day, kpi, entity), value in values.items()
        }

    def periods(self) -> Numbers:
        names = ("period_end", "through", *_VALUES, "in_progress")
        listed = ", ".join(f"p.{name}" for name in names)
        return {
            (period, day, kpi, entity): dict(zip(names, values, strict=True))
            for period, day, kpi, entity, *values in self.fetch(
                f"select p.period, p.period_start, k.kpi_code, e.entity_code, {listed} "
                "from kpi.agg_kpi_period p, kpi.dim_kpi k, kpi.dim_entity e "
                "where k.kpi_id = p.kpi_id and e.entity_id = p.entity_id"
            )
        }


def _pair(row: tuple[object, ...]) -> tuple[object, object]:
    first, second = row
    return first, second


def tables(path: Path) -> Tables:
    """Those of a DuckDB file."""

    def fetch(sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(path, read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return Tables(fetch)


KEYS: Mapping[str, tuple[str, ...]] = {
    "dashboard": ("as_of_date", "kpi_code", "entity_code", "window_name"),
    "facts": ("date_key", "kpi_code", "entity_code"),
    "periods": ("period", "period_start", "kpi_code", "entity_code"),
}

Row = dict[str, object]

# -- how each format is read


def read(written: bytes, how: str, path: Path) -> list[Row]:
    match how:
        case "csv":
            return [_typed(row) for row in csv.DictReader(StringIO(written.decode(), newline=""))]
        case "json":
            return [_dated(row) for row in json.loads(written, parse_float=Decimal)]
        case "jsonl":
            return [_dated(json.loads(line, parse_float=Decimal)) for line in written.decode().splitlines()]
        case "parquet":
            path.write_bytes(written)
            with duckdb.connect() as connection:
                found = connection.execute("select * from read_parquet($1)", [str(path)])
                names = [column[0] for column in found.description or ()]
                return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        case _:
            return [{name: _plain_of(cell) for name, cell in row.items()} for row in Sheet.of(written).rows()]


DECIMALS = frozenset({"value", "prior", "delta", "delta_pct"})
_DAYS = re.compile(r"\d{4}-\d{2}-\d{2}")


def _day(text: object) -> date | None:
    return None if text is None else date.fromisoformat(str(text))


def _dated(row: Row) -> Row:
    return {
        name: date.fromisoformat(value)
        if isinstance(value, str) and _DAYS.fullmatch(value)
        else Decimal(value)
        if name in DECIMALS and type(value) is int
        else value
        for name, value in row.items()
    }


def _typed(row: Mapping[str, str]) -> Row:
    found: Row = {}
    for name, text in row.items():
        if text == "":
            found[name] = None
        elif name in DECIMALS:
            assert re.fullmatch(r"-?\d+(\.\d*[1-9])?", text), text
            found[name] = Decimal(text)
        elif _DAYS.fullmatch(text):
            found[name] = date.fromisoformat(text)
        elif text in {"true", "false"}:
            found[name] = text == "true"
        else:
            found[name] = text.removeprefix("'")
    return found


def _plain_of(cell: Cell | None) -> object:
    if cell is None:
        return None
    if cell.kind != "number":
        return cell.text == "1" if cell.kind == "boolean" else cell.text
    if cell.style == "yyyy-mm-dd":
        return date(1899, 12, 30) + timedelta(days=int(cell.text))
    return Decimal(cell.text) * 86_400 if cell.style.startswith("[h]") else Decimal(cell.text)


# -- a workbook's XML, as ECMA-376 describes it

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_BUILT_IN = {"0": "General", "1": "0", "2": "0.00", "3": "#,##0", "4": "#,##0.00", "9": "0%", "10": "0.00%"}


@dataclass(frozen=True, slots=True)
class Cell:
    """`kind` is number, text, boolean or formula; `style` the number format."""

    kind: str
    text: str
    style: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """The one sheet of a workbook."""

    sheet: ET.Element
    styles: ET.Element

    @classmethod
    def of(cls, written: bytes) -> Sheet:
        with zipfile.ZipFile(BytesIO(written)) as book:
            assert book.testzip() is None
            return cls(*(ET.fromstring(book.read(f"xl/{name}.xml")) for name in ("worksheets/sheet1", "styles")))

    def formats(self) -> list[str]:
        own = {each.get("numFmtId"): each.get("formatCode", "") for each in self.styles.iter(f"{_MAIN}numFmt")}
        cells = self.styles.find(f"{_MAIN}cellXfs")
        assert cells is not None
        return [own.get(each.get("numFmtId")) or _BUILT_IN[each.get("numFmtId", "")] for each in cells]

    def rows(self) -> Iterator[dict[str, Cell | None]]:
        formats = self.formats()
        lines = [
            {re.sub(r"\d", "", cell.get("r", "")): _cell(cell, formats) for cell in row}
            for row in self.sheet.iter(f"{_MAIN}row")
        ]
        names = {column: cell.text for column, cell in lines[0].items()}
        for line in lines[1:]:
            yield {name: line.get(column) for column, name in names.items()}


def _cell(cell: ET.Element, formats: list[str]) -> Cell:
    style = formats[int(cell.get("s", "0"))]
    if cell.find(f"{_MAIN}f") is not None:
        return Cell("formula", "", style)
    if cell.get("t") == "inlineStr":
        return Cell("text", "".join(each.text or "" for each in cell.iter(f"{_MAIN}t")), style)
    value = cell.find(f"{_MAIN}v")
    assert value is not None
    return Cell("boolean" if cell.get("t") == "b" else "number", value.text or "", style)
