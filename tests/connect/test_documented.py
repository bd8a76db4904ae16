"""What docs/connectors.md shows is so: each of its examples is synced, from a server, from files, from a database."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from kpictl.catalog import ColumnType
from kpictl.check import checked
from kpictl.connect import (
    Choice,
    Connector,
    Synced,
    columns,
    everything,
    load_connector,  # noqa: F401 -- the page's own test-suite uses it
    sync,
)
from kpictl.connect.conformance import Conformance
from kpictl.connect.memory import MemorySink
from kpictl.engine import open_engine
from kpictl.pipeline import Refreshed, connectors, select, sync_alone
from tests.connect.web import Answer, Call, Web, serving

PAGE = (Path(__file__).parents[2] / "docs/connectors.md").read_text()
YAML = {
    yaml.safe_load(block)["name"]: block
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    if "\nname" in block
}
PLUGIN, SUITE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
NOW = datetime(2026, 5, 17, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
TOKEN = "sh0p-t0ken"


local = datetime.fromisoformat


def landed(made: Connector, sink: MemorySink, now: datetime = NOW) -> dict[str, int]:
    said = sync(everything((made,)), sink, schema="raw", now=now)
    return {one.table: one.rows for one in said if isinstance(one, Synced)}


def project(folder: Path, name: str, **changes: str) -> Path:
    """The example as a project of its own."""
    text = YAML[name]
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "kpictl.yml").write_text(text)
    return folder


def from_yaml(folder: Path, monkeypatch: pytest.MonkeyPatch, **variables: str) -> Connector:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (made,) = connectors(checked(folder))
    return made


ORDERS: list[dict[str, Any]] = [
    {
        "id": number,
        "placed_at": f"2026-05-1{number}T09:00:00+02:00",
        "amounts": {"total": f"{number}.50"},
        "customer": {"id": 70 + number, "email": "dana@example.com"},
        "updated_at": f"2026-05-1{number}T08:00:00Z",
        "lines": [{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": number}],
    }
    for number in (1, 2, 3)
]


def shop(call: Call) -> Answer:
    if call.headers.get("authorization") != f"Bearer {TOKEN}":
        return Answer({"message": "who?"}, 401)
    if call.path == "/v2/stores":
        return Answer({"data": [{"code": "n", "city": "Graz"}], "total": 1})
    since = call.query.get("updated_after", "")
    found = [order for order in ORDERS if order["updated_at"] >= since]
    page, size = int(call.query["page"]), int(call.query["per_page"])
    return Answer({"data": found[(page - 1) * size : page * size], "total": len(found)})


def test_rest(web: Web, sink: MemorySink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    web.answer = shop
    folder = project(tmp_path, "shop", **{"https://api.example.com": web.url})
    made = from_yaml(folder, monkeypatch, SHOP_TOKEN=TOKEN)
    assert landed(made, sink) == {"raw_orders": 3, "raw_orders_lines": 6, "raw_stores": 1}
    assert sink.rows("raw_orders", "id", "total", "customer_id", "placed_at") == [
        (number, Decimal(f"{number}.50"), str(70 + number), datetime(2026, 5, 10 + number, 7, tzinfo=UTC))
        for number in (1, 2, 3)
    ]
    assert sink.rows("raw_orders_lines", "orders_id", "sku", "quantity")[:2] == [(1, "A", 1), (1, "B", 1)]
    assert "dana@example.com" not in str(sink.tables)
    assert [call.query for call in web.calls if call.path == "/v2/orders"] == [
        {"page": "1", "per_page": "2"},
        {"page": "2", "per_page": "2"},
    ]
    web.calls.clear()
    assert landed(made, sink) == {"raw_orders": 3, "raw_orders_lines": 6, "raw_stores": 1}
    assert web.calls[0].query["updated_after"] == "2026-05-11T08:00:00.000Z"  # two days before the last change


class TestRest(Conformance):
    @pytest.fixture
    def connector(self, web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Connector:
        web.answer = shop
        return from_yaml(
            project(tmp_path, "shop", **{"https://api.example.com": web.url}), monkeypatch, SHOP_TOKEN=TOKEN
        )


def till(folder: Path) -> Path:
    exports = project(folder, "till") / "exports"
    (exports / "visitors").mkdir(parents=True)
    for name, *lines in (
        ("receipts-04.csv", "Receipt No,Closed at,Amount", "1,2026-04-30 18:00:00,12.50", "2,2026-04-30 19:00,7"),
        ("receipts-05.csv", "Receipt No,Closed at,Amount", "2,2026-05-01 09:00:00,8", '3,,"1200.05"'),
        ("visitors/may.jsonl", '{"day": "2026-05-01", "door": 1, "people": 12}', '{"day": "2026-05-02", "door": 1}'),
        ("shops.csv", "Code,City", "n,Graz", "s,Linz"),
    ):
        (exports / name).write_text("\n".join([*lines, ""]))
    return folder


def test_files(sink: MemorySink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = till(tmp_path)
    assert landed(from_yaml(folder, monkeypatch), sink) == {"raw_receipts": 3, "raw_visitors": 2, "raw_shops": 2}
    assert sink.rows("raw_receipts", "receipt_no", "closed_at", "amount") == [
        ("1", local("2026-04-30 18:00"), Decimal("12.50")),
        ("2", local("2026-05-01 09:00"), Decimal(8)),
        ("3", None, Decimal("1200.05")),
    ]
    assert sink.rows("raw_visitors", "day", "door", "people") == [
        (date(2026, 5, 1), 1, 12),
        (date(2026, 5, 2), 1, None),
    ]
    # Nothing has changed but the shops, which are everything each time; and then a file is new.
    (folder / "exports/shops.csv").write_text("Code,City\nn,Graz\n")
    assert landed(from_yaml(folder, monkeypatch), sink, LATER) == {"raw_receipts": 0, "raw_visitors": 0, "raw_shops": 1}
    assert sink.rows("raw_shops", "code", "deleted_at") == [("n", None), ("s", LATER)]
    (folder / "exports/receipts-06.csv").write_text("Receipt No,Closed at,Amount\n4,2026-06-01 10:00:00,x\n5,,1\n")
    assert landed(from_yaml(folder, monkeypatch), sink)["raw_receipts"] == 1
    assert sink.rows("raw_rejects", "record_key", "reason") == [
        ("receipt_no 4", "Amount: Input should be a valid decimal")
    ]


class TestFiles(Conformance):
    @pytest.fixture
    def connector(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Connector:
        return from_yaml(till(tmp_path), monkeypatch)

    def test_secrets_are_in_nothing_that_is_said_or_stored(self, *_: object) -> None:
        """It has none."""


def books(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "books.db")) as base:
        base.execute(
            "create table invoices (id integer primary key, issued_on date, net numeric(12, 2), changed_at timestamp)"
        )
        base.execute("create table accounts (number text primary key, title text, is_open boolean)")
        rows = [
            (number, f"2026-05-{number:02}", number + 0.25, f"2026-05-{number:02} 08:00:00.000000")
            for number in range(1, 10)
        ]
        base.executemany("insert into invoices values (?, ?, ?, ?)", rows)
        base.execute("insert into accounts values ('4000', 'Revenue', 1)")
        base.commit()
    return f"sqlite:///{folder / 'books.db'}"


def test_sql(sink: MemorySink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = books(tmp_path)
    made = from_yaml(project(tmp_path, "books"), monkeypatch, BOOKS_URL=url)
    assert landed(made, sink) == {"raw_invoices": 9, "raw_accounts": 1}
    assert sink.rows("raw_invoices", "id", "issued_on", "net", "changed_at")[0] == (
        1,
        date(2026, 5, 1),
        Decimal("1.25"),
        local("2026-05-01 08:00"),
    )
    assert sink.rows("raw_accounts", "number", "title", "is_open") == [("4000", "Revenue", True)]
    assert landed(made, sink) == {"raw_invoices": 3, "raw_accounts": 1}  # those of the last 48 hours


class TestSql(Conformance):
    @pytest.fixture
    def connector(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Connector:
        return from_yaml(project(tmp_path, "books"), monkeypatch, BOOKS_URL=books(tmp_path))


def test_from_postgres(postgres_url: str, sink: MemorySink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The columns are the database's own, and the cursor is the server's: memory holds a thousand rows."""
    with closing(open_engine(postgres_url, tmp_path)) as engine, engine.transaction():
        engine.execute(
            "create table accounts as select n::text as number, n * 1.5 as balance, now() as at, true as is_open, "
            "jsonb_build_object('n', n) as extra from generate_series(1, 2500) n"
        )
        engine.execute("create table invoices (id bigint, issued_on date, net numeric, changed_at timestamp)")
    made = from_yaml(project(tmp_path, "books"), monkeypatch, BOOKS_URL=postgres_url)
    assert landed(made, sink) == {"raw_invoices": 0, "raw_accounts": 2500}
    (table,) = [stream.record for stream in made.streams if stream.name == "accounts"]
    kinds: dict[str, ColumnType] = {
        "number": "text", "balance": "decimal", "at": "timestamptz", "is_open": "boolean", "extra": "json"
    }  # fmt: skip
    assert {column.name: column.type for column in columns(table)} == kinds


def test_a_database_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://reader:s3cret-pass@127.0.0.1:1/books"
    with pytest.raises(Exception, match="connector books: no connection to the other database: ") as caught:
        from_yaml(project(tmp_path, "books"), monkeypatch, BOOKS_URL=url)
    assert "s3cret-pass" not in f"{caught.value} {caught.value!r}"


def test_a_project_of_files_is_synced_into_every_database(
    engine_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = checked(till(tmp_path))
    with closing(open_engine(engine_url, tmp_path)) as engine:
        events = list(sync_alone(catalog, engine, select(catalog, []), NOW, Choice()))
        with engine.transaction():
            rows = engine.fetch("select receipt_no, amount from raw.raw_receipts order by receipt_no")
    assert rows == [("1", Decimal("12.50")), ("2", Decimal(8)), ("3", Decimal("1200.05"))]
    assert isinstance(events[-1], Refreshed)
    assert (events[-1].streams, events[-1].rows) == (3, 7)


def desk(call: Call) -> Answer:
    if call.headers.get("authorization") != "Bearer s3cret-token":
        return Answer({"message": "who?"}, 401)
    first = {"id": "1", "status": "open", "openedAt": "2026-05-01T08:00:00Z", "updatedAt": "2026-05-02T08:00:00Z"}
    if "cursor" not in call.query:
        return Answer({"tickets": [first], "cursor": "x"})
    return Answer({"tickets": [{"id": "2", "updatedAt": "2026-05-03T08:00:00Z"}]})


@pytest.fixture
def desk_server() -> Iterator[Web]:
    with serving() as web:
        web.answer = desk
        yield web


@pytest.fixture(autouse=True, scope="module")
def _project(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "connectors").mkdir()
    (folder / "connectors/desk.py").write_text(PLUGIN)
    globals()["PROJECT"] = folder


exec(SUITE)  # what the page shows is what runs: `TestDesk`
