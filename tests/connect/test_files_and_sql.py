"""Files and other databases as they really are: cut off, with a comma too many, renamed, corrected, half empty."""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kpictl.connect import Choice, Connector, Noticed, Synced, Told, columns, everything, load_connector, sync
from kpictl.connect.memory import MemorySink
from kpictl.connect.sync import EVERYTHING
from kpictl.diagnostics import WorldError

NOW = datetime(2026, 5, 17, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
COLUMNS = {"id": "text", "amount": "decimal"}


def files(folder: Path, **stream: Any) -> Connector:
    given = {"path": "*.csv", "key": "id", "columns": COLUMNS, **stream}
    return load_connector("till", {"type": "files", "streams": {"sale": given}}, folder)


def books(folder: Path, **stream: Any) -> Connector:
    given = {"relation": "invoices", "key": "id", "updated": "changed_at", **stream}
    settings = {"type": "sql", "url": "sqlite:///books.db", "streams": {"invoice": given}}
    return load_connector("books", settings, folder)


def land(made: Connector, sink: MemorySink, now: datetime = NOW, choice: Choice = EVERYTHING) -> list[Told]:
    return list(sync(everything((made,)), sink, schema="raw", now=now, choice=choice, batch_rows=2))


def rows(said: list[Told]) -> int:
    return sum(one.rows for one in said if isinstance(one, Synced))


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / name).write_text("\n".join([*lines, ""]))


def refused(made: Connector, sink: MemorySink) -> WorldError:
    with pytest.raises(WorldError) as caught:
        land(made, sink)
    return caught.value


def test_a_line_with_a_comma_too_many_is_a_misfit_alone(tmp_path: Path, sink: MemorySink) -> None:
    good = [f"{nth},{nth}.50" for nth in range(50)]
    write(tmp_path, "a.csv", "id,amount", *good[:9], "R99,Smith,1", *good[9:], "R100")
    said = land(files(tmp_path), sink)
    assert rows(said) == 50
    assert sink.rows("raw_rejects", "record_key", "reason") == [
        ("id R100", "line 53 has 1 fields, and the heading 2"),
        ("id R99", "line 11 has 3 fields, and the heading 2"),
    ]
    assert [one.message for one in said if isinstance(one, Noticed)] == [
        "2 records do not fit raw_sale: id R99: line 11 has 3 fields, and the heading 2"
    ]


@pytest.mark.parametrize("name", ["a.csv.gz", "a.jsonl.gz"])
def test_a_packed_file_that_is_cut_off_is_told(tmp_path: Path, sink: MemorySink, name: str) -> None:
    lines = ["id,amount"] if "csv" in name else []
    lines += [f"{nth},{nth}" if "csv" in name else f'{{"id": "{nth}", "amount": {nth}}}' for nth in range(5000)]
    whole = gzip.compress("\n".join(lines).encode())
    (tmp_path / name).write_bytes(whole[: len(whole) - 500])
    error = refused(files(tmp_path, path="a.*", snapshot=True), sink)
    assert f"{name} is cut off: its packing has no end" in str(error)
    (tmp_path / name).write_bytes(whole)
    assert rows(land(files(tmp_path, path="a.*", snapshot=True), sink)) == 5000


def test_a_column_that_is_renamed_overwrites_nothing(tmp_path: Path, sink: MemorySink) -> None:
    write(tmp_path, "a.csv", "id,amount", "1,5")
    land(files(tmp_path), sink)
    write(tmp_path, "a.csv", "id,Amount EUR", "1,5", "2,6")
    error = refused(files(tmp_path), sink)
    assert "a.csv has no column `amount`" in str(error)
    assert error.help == "it has: id, Amount EUR; correct `from`"
    assert sink.rows("raw_sale", "id", "amount") == [("1", Decimal(5))]


def test_a_member_that_no_record_has_is_told(tmp_path: Path, sink: MemorySink) -> None:
    write(tmp_path, "a.jsonl", '{"id": "1", "amount": 5}')
    columns = {**COLUMNS, "city": {"type": "text", "from": "adress.city"}}
    said = land(files(tmp_path, path="a.jsonl", columns=columns), sink)
    assert [one.message for one in said if isinstance(one, Noticed)] == ["no record had a value for city"]


def test_of_two_files_the_later_one_stays_whichever_is_changed(tmp_path: Path, sink: MemorySink) -> None:
    write(tmp_path, "a.csv", "id,amount", "1,1")
    write(tmp_path, "b.csv", "id,amount", "1,2")
    land(files(tmp_path), sink)
    write(tmp_path, "a.csv", "id,amount", "1,1", "2,1")
    land(files(tmp_path), sink, NOW + DAY)
    assert sink.rows("raw_sale", "id", "amount") == [("1", Decimal(2)), ("2", Decimal(1))]
    assert rows(land(files(tmp_path), sink, NOW + 2 * DAY)) == 0


@pytest.mark.parametrize(
    ("heading", "line"), [("id;amount", "1;5"), ("id\tamount", "1\t5"), ('"id"|"amount"', '"1"|"5"')]
)
def test_the_heading_tells_the_delimiter(tmp_path: Path, sink: MemorySink, heading: str, line: str) -> None:
    write(tmp_path, "a.csv", heading, line)
    land(files(tmp_path), sink)
    assert sink.rows("raw_sale", "id", "amount") == [("1", Decimal(5))]


def test_quotes_hold_delimiters_quotes_and_lines(tmp_path: Path, sink: MemorySink) -> None:
    write(tmp_path, "a.csv", "id,note", '1,"a, ""b""', 'c"', "2,")
    land(files(tmp_path, columns={"id": "text", "note": "text"}), sink)
    assert sink.rows("raw_sale", "id", "note") == [("1", 'a, "b"\nc'), ("2", None)]


def test_what_a_file_is_written_in_can_be_said(tmp_path: Path, sink: MemorySink) -> None:
    (tmp_path / "a.csv").write_bytes("id,note\n1,Grün\n".encode("latin-1"))
    columns = {"id": "text", "note": "text"}
    error = refused(files(tmp_path, columns=columns), sink)
    assert "a.csv is not written in utf-8" in str(error)
    land(files(tmp_path, columns=columns, encoding="latin-1"), sink)
    assert sink.rows("raw_sale", "note") == ["Grün"]


def test_types_are_those_that_all_values_fit(tmp_path: Path) -> None:
    write(
        tmp_path,
        "a.csv",
        "ID,Whole,Money,Zip Code,Day,At,At Zone,Paid,Mixed,Empty",
        "1,7,1.50,0123,2026-05-01,2026-05-01 10:00,2026-05-01T10:00:00Z,true,1,",
        "2,,2,0456,2026-05-02,2026-05-02,2026-05-02T10:00:00+02:00,false,x,",
    )
    (stream,) = files(tmp_path, path="a.csv", columns={}).streams
    assert {column.name: column.type for column in columns(stream.record)} == {
        "id": "bigint",
        "whole": "bigint",
        "money": "decimal",
        "zip_code": "text",
        "day": "date",
        "at": "timestamp",
        "at_zone": "timestamptz",
        "paid": "boolean",
        "mixed": "text",
        "empty": "text",
    }


def test_parquet(tmp_path: Path, sink: MemorySink) -> None:
    with duckdb.connect() as made:
        made.execute(
            "copy (select 1 as id, 2.50::decimal(9,2) as amount, timestamp '2026-05-01 10:00' as at, [1, 2] as parts) "
            f"to '{tmp_path / 'a[1].parquet'}'"
        )
    land(files(tmp_path, path="a[1].parquet", columns={}), sink)
    at = datetime.fromisoformat("2026-05-01 10:00")
    assert sink.rows("raw_sale", "id", "amount", "at", "parts") == [(1, Decimal("2.50"), at, "[1,2]")]


def test_numbers_that_no_database_holds_are_misfits(tmp_path: Path, sink: MemorySink) -> None:
    write(tmp_path, "a.csv", "id,amount", "1,1", "2,1e60", "3,-10000000000000000000000000000")
    land(files(tmp_path), sink)
    assert sink.rows("raw_sale", "id") == ["1"]
    assert set(sink.rows("raw_rejects", "reason")) == {"amount: the number is too large for a decimal(38, 10)"}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("20260102", "date", "2026-01-02"),
        ("20260102", "timestamptz", "2026-01-02T00:00:00+00:00"),
        ("1767312000", "timestamptz", "2026-01-02T00:00:00+00:00"),
        ("2026", "date", None),
        ("2026-01-02T10:00:00Z", "timestamp", None),
    ],
)
def test_digits_are_no_seconds_by_accident(
    tmp_path: Path, sink: MemorySink, text: str, kind: str, value: str | None
) -> None:
    write(tmp_path, "a.csv", "id,at", f"1,{text}", "2,")
    land(files(tmp_path, columns={"id": "text", "at": kind}), sink)
    assert [at.isoformat() for at in sink.rows("raw_sale", "at") if at is not None] == [value] * (value is not None)
    assert len(sink.rows("raw_rejects")) == (value is None)


def test_a_pattern_that_matches_nothing_is_told_until_it_has(tmp_path: Path, sink: MemorySink) -> None:
    assert "no file matches *.csv" in str(refused(files(tmp_path), sink))
    write(tmp_path, "a.csv", "id,amount", "1,1")
    land(files(tmp_path), sink)
    (tmp_path / "a.csv").unlink()
    assert rows(land(files(tmp_path), sink, NOW + DAY)) == 0  # it was put away
    assert sink.rows("raw_sale", "deleted_at") == [None]


def invoices(folder: Path, *found: tuple[int, str, str | None]) -> None:
    with closing(sqlite3.connect(folder / "books.db")) as base:
        base.execute("create table if not exists invoices (id integer primary key, net numeric, changed_at timestamp)")
        base.executemany("insert or replace into invoices values (?, ?, ?)", found)
        base.commit()


def test_rows_without_a_time_survive_a_walk_that_breaks_off(
    tmp_path: Path, sink: MemorySink, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed = [(nth, "1.5", f"2026-05-{nth:02} 08:00:00.000000") for nth in range(1, 9)]
    invoices(tmp_path, *timed, *[(nth, "2.5", None) for nth in range(100, 104)])
    whole, left = sink.merge, [4]

    def merge(*arguments: Any) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        whole(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(sink, "merge", merge)
        patched.setattr("kpictl.connect.sql.ITEMS", 2)
        with pytest.raises(KeyboardInterrupt):
            land(books(tmp_path), sink)
    for nth in range(3):
        land(books(tmp_path), sink, NOW + timedelta(hours=1 + nth))
    assert sink.rows("raw_invoice", "id") == [*range(1, 9), *range(100, 104)]
    assert not any(sink.rows("raw_invoice", "deleted_at"))


@pytest.mark.parametrize(
    ("stream", "message", "code"),
    [
        ({"relation": "invoicez"}, "the other database has no table invoicez", "KPI508"),
        ({"columns": {"id": "bigint", "net_": "decimal"}, "updated": None}, "no such column: invoices.net_", "KPI504"),
        ({"updated": "net"}, "`updated` is decimal: neither a time nor a number", "KPI508"),
        ({"updated": "nope"}, "`updated` names no column: nope", "KPI508"),
    ],
)
def test_names_that_are_not_there(
    tmp_path: Path, sink: MemorySink, stream: dict[str, Any], message: str, code: str
) -> None:
    invoices(tmp_path, (1, "1", None))
    with pytest.raises(WorldError) as caught:
        land(books(tmp_path, **stream), sink)
    assert message in str(caught.value)
    assert caught.value.code == code


def test_a_time_that_is_none_is_told(tmp_path: Path, sink: MemorySink) -> None:
    invoices(tmp_path, (1, "1", "01.02.2026"))
    assert "the other database refused: Invalid isoformat string" in str(refused(books(tmp_path), sink))


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match=r"there is no file books\.db"):
        books(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("password", ["se@cretpart", "s3cret-pass"])
def test_no_part_of_a_password_is_in_a_message(tmp_path: Path, password: str) -> None:
    stream = {"relation": "invoices", "key": "id"}
    settings = {"type": "sql", "url": f"postgresql://me:{password}@127.0.0.1:1/x", "streams": {"invoice": stream}}
    with pytest.raises(WorldError, match="no connection to the other database") as caught:
        load_connector("books", settings, tmp_path)
    assert "cret" not in f"{caught.value} {caught.value.help}"
