"""`kpictl export`: every number is the table's in every format, and no name is more than text."""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import date
from decimal import Decimal
from fcntl import F_ADD_SEALS, F_SEAL_GROW, fcntl
from functools import partial
from pathlib import Path
from stat import S_IMODE

import pytest
from sqlglot import exp

from kpictl.catalog import Column
from kpictl.cli import exported as exported_rows
from kpictl.report import FlatTable
from kpictl.report.exported import begins_a_formula
from kpictl.report.workbook import write_workbook
from tests.cli.conftest import Kpictl
from tests.cli.exports import (
    ARABIC,
    FORMULA,
    KEYS,
    LONG,
    SCRIPT,
    Cell,
    Numbers,
    Row,
    Sheet,
    Tables,
    load_rows,
    publish,
    read,
    tables,
    write_project,
)
from tests.postgres import execute

URL = "duckdb:///hostile.duckdb"
FROM = date(2025, 2, 26)
"""Both as-of dates, two weeks of facts, and the periods that begin in them, are enough to look at each cell."""
FORMATS = ("csv", "json", "jsonl", "parquet", "xlsx")


@pytest.fixture(scope="module")
def hostile_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    write_project(folder)
    load_rows(folder, URL)
    publish(folder, URL)
    return folder


@pytest.fixture
def hostile(hostile_once: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project, which a test only reads; the current folder."""
    monkeypatch.chdir(hostile_once)
    return hostile_once


def published(folder: Path) -> Tables:
    return tables(folder / "hostile.published.duckdb")


def expected(of: Tables, what: str) -> Numbers:
    """From that day on, as the tables have it."""
    every = {"dashboard": of.dashboard, "facts": of.facts, "periods": of.periods}[what]()
    day = 1 if what == "periods" else 0
    return {key: numbers for key, numbers in every.items() if key[day] >= FROM}


def exported(kpictl: Kpictl, how: str, path: Path, *arguments: object) -> list[Row]:
    result = kpictl("export", *arguments, "--out", path)
    assert result.code == 0, result.err
    return read(path.read_bytes(), how, path.with_suffix(".again"))


def same(told: object, value: object, how: str) -> bool:
    """Digit for digit; a workbook's numbers have 15 of them."""
    if how == "xlsx" and isinstance(value, Decimal):
        return isinstance(told, Decimal) and abs(told - value) <= abs(value) * Decimal("1e-15")
    return told == value


@pytest.mark.parametrize("how", FORMATS)
@pytest.mark.parametrize("what", ["dashboard", "facts", "periods"])
def test_every_cell_is_the_tables(what: str, how: str, hostile: Path, kpictl: Kpictl, tmp_path: Path) -> None:
    rows = exported(kpictl, how, tmp_path / f"out.{how}", what, "--from", FROM)
    wanted = expected(published(hostile), what)
    found = {tuple(row[key] for key in KEYS[what]): row for row in rows}
    assert len(rows) == len(found)
    assert found.keys() == wanted.keys()
    for key, numbers in wanted.items():
        for name, value in numbers.items():
            assert same(found[key][name], value, how), (key, name)
    assert any(row["value"] is None for row in rows)


def test_the_dashboard_is_that_of_the_latest_as_of_date(hostile: Path, kpictl: Kpictl, tmp_path: Path) -> None:
    rows = exported(kpictl, "csv", tmp_path / "d.csv")
    # Seven KPIs, three entities, two windows.
    assert Counter(row["as_of_date"] for row in rows) == {date(2025, 3, 10): 42}
    rows = exported(kpictl, "csv", tmp_path / "d.csv", "--as-of", "2025-03-09")
    assert Counter(row["as_of_date"] for row in rows) == {date(2025, 3, 9): 42}


def test_days_kpis_and_entities_can_be_chosen(hostile: Path, kpictl: Kpictl, tmp_path: Path) -> None:
    chosen = ["--from", "2025-03-02", "--to", "2025-03-04", "--kpi", "revenue", "--kpi", "huge", "--entity", "+north"]
    rows = exported(kpictl, "jsonl", tmp_path / "f.jsonl", "facts", *chosen)
    days = [date(2025, 3, day) for day in (2, 3, 4)]
    assert [(row["date_key"], row["kpi_code"], row["entity_code"]) for row in rows] == [
        (day, kpi, "+north") for day in days for kpi in ("revenue", "huge")
    ]
    # 250.3333333333 and 0.0000000001; the day before and the day after are closed.
    assert [row["value"] for row in rows if row["kpi_code"] == "revenue"] == [0, Decimal("250.3333333334"), 0]


def test_csv_computes_nothing_in_a_spreadsheet(hostile: Path, kpictl: Kpictl) -> None:
    result = kpictl("export", "--entity", "+north")
    assert result.code == 0
    assert result.err == ""
    assert "\r\n" in result.out
    cells = [cell for line in result.out.split("\r\n")[1:] for cell in line.split(",")]
    # Whatever begins like a formula is a number.
    begins = [cell for cell in cells if cell.lstrip('"')[:1] in {"=", "+", "-", "@", "\t", "\r"} and cell]
    assert begins
    assert all(re.fullmatch(r"-\d+(\.\d+)?", cell) for cell in begins)
    assert ",'+north,'-1+2," in result.out
    assert ",'@SUM(A1)," in result.out
    assert '"\'=HYPERLINK(""http://evil.example"",""x"")"' in result.out


def test_names_are_text_whatever_they_say(hostile: Path, kpictl: Kpictl, tmp_path: Path) -> None:
    for how in FORMATS:
        rows = exported(kpictl, how, tmp_path / f"n.{how}", "--entity", "south", "--as-of", "2025-03-09")
        names = {str(row["kpi_code"]): row["kpi_name"] for row in rows}
        cut = LONG[:32_767] if how == "xlsx" else LONG
        assert [names[code] for code in ("revenue", "sales_count", "average", "huge", "share_pct")] == [
            SCRIPT, FORMULA, ARABIC, "1e30", cut,
        ]  # fmt: skip
        assert {row["entity_name"] for row in rows} == {'a, "b"\nc'}


def test_a_workbook_shows_values_as_their_formats_do(hostile: Path, kpictl: Kpictl, tmp_path: Path) -> None:
    path = tmp_path / "d.xlsx"
    result = kpictl("export", "--out", path)
    assert result.code == 0
    assert result.err.splitlines()[0] == f"wrote {path}: 42 rows"
    assert "digits that Excel keeps" in result.err
    assert "note: 6 texts are cut to the 32,767 characters that a cell of Excel holds" in result.err
    rows = {
        (cell_text(row["kpi_code"]), cell_text(row["entity_code"]), cell_text(row["window_name"])): row
        for row in Sheet.of(path.read_bytes()).rows()
    }

    def shown(kpi: str, name: str, entity: str = "+north") -> Cell:
        cell = rows[kpi, entity, "mtd"][name]
        assert cell is not None
        assert cell.kind == "number"
        return cell

    # North sold twice from 1 to 10 March 2025, once on the web, for 250.3333333334 in 5,460 s.
    assert shown("revenue", "value").style == '"$"#,##0.00'
    assert shown("average", "value").style == '"€"#,##0'
    assert shown("sales_count", "value") == Cell("number", "2", "#,##0")
    assert shown("share_pct", "value") == Cell("number", "50", '0.0"%"')
    assert shown("share_pct", "delta") == Cell("number", "-50", '0.0" pp"')
    assert shown("share", "value") == Cell("number", "0.5", "0.0%")
    # One of one on the web, then one of two: minus 50 points, which in percent of the prior are minus 50 as well.
    assert shown("share", "delta") == Cell("number", "-0.5", '0.0%" pts"')
    assert shown("sales_count", "delta_pct") == Cell("number", "100", '0.0"%"')
    assert Decimal(shown("seconds", "value").text) * 86_400 == pytest.approx(Decimal(5_460), abs=Decimal("1e-9"))
    assert shown("seconds", "value").style == shown("seconds", "value", "south").style == '[h]:mm:ss;-0.00" d"'
    assert all(cell is None or cell.kind != "formula" for row in rows.values() for cell in row.values())


def cell_text(cell: Cell | None) -> str:
    assert cell is not None
    return cell.text


def test_two_workbooks_of_the_same_rows_are_the_same(hostile: Path, kpictl: Kpictl, tmp_path: Path) -> None:
    paths = [tmp_path / "1.xlsx", tmp_path / "2.xlsx"]
    for path in paths:
        kpictl("export", "periods", "--kpi", "revenue", "--out", path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_an_excel_file_without_its_package(hostile: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    result = kpictl("export", "--out", "x.xlsx")
    assert result.code == 3
    assert result.err == (
        "error: an Excel file needs the Python package `xlsxwriter`\n  help: pip install 'kpictl[excel]'\n"
    )


def test_binary_formats_go_to_programs_and_not_to_terminals(
    hostile: Path, kpictl: Kpictl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-m", "kpictl", "export", "--format", "parquet", "--kpi", "huge"]
    piped = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert piped.stderr == b""
    assert len(read(piped.stdout, "parquet", tmp_path / "piped.parquet")) == 6
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    result = kpictl("export", "--format", "parquet")
    assert result.code == 2
    assert result.err == ("error: parquet is not for a terminal\n  help: write it to a file with --out FILE\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--kpi", "revenu"], 3, "error: no KPI has been published as `revenu`\n  help: `revenue` is near\n"),
        (["--entity", "west"], 3, "error: no entity has the code `west`\n"),
        (["--as-of", "2025-03-01"], 3, "error: nothing has been published as of 2025-03-01\n"),
        (["facts", "--as-of", "2025-03-10"], 2, "error: --as-of is for the dashboard\n"),
        (
            ["--as-of", "2025-03-10", "--to", "2025-03-10"],
            2,
            "error: --as-of and --from or --to contradict each other\n",
        ),
        (["facts", "--from", "2025-03-02", "--to", "2025-03-01"], 2, "error: the days end on 2025-03-01, before they"),
        (["--out", "kpis.txt"], 2, "error: kpis.txt does not say how to write it\n"),
        (["--out", "/"], 2, "error: --out names the folder /, and no file\n  help: name a file in it\n"),
        (["--out", ""], 2, "error: --out names this folder, and no file\n  help: name a file in it\n"),
        (
            ["--from", "2025-03-11"],
            3,
            "error: nothing has been published from 2025-03-11 on\n  help: the as-of dates go",
        ),
        (["--to", "2025-03-08"], 3, "error: nothing has been published up to 2025-03-08\n"),
        (
            ["--from", "2025-03-11", "--to", "2025-03-12"],
            3,
            "error: nothing has been published from 2025-03-11 to 2025-03-12\n",
        ),
        (["--out", "nowhere/x.csv"], 3, "error: nowhere/x.csv cannot be written: No such file or directory\n"),
        (
            ["--to-sql-views", "--drop-sql-views"],
            2,
            "error: --to-sql-views and --drop-sql-views contradict each other\n",
        ),
        (
            ["--to-sql-views", "--out", "x.csv"],
            2,
            "error: the views hold all rows, and are no file\n  help: use --to-sql-views without other options\n",
        ),
        (
            ["--drop-sql-views", "--kpi", "revenue"],
            2,
            "error: the views hold all rows, and are no file\n  help: use --drop-sql-views without other options\n",
        ),
    ],
)
def test_what_cannot_be_exported(arguments: list[str], code: int, said: str, hostile: Path, kpictl: Kpictl) -> None:
    result = kpictl("export", *arguments)
    assert (result.code, result.out) == (code, "")
    assert result.err.startswith(said)


def test_nothing_published(files: Path, kpictl: Kpictl) -> None:
    for arguments in ([], ["--to-sql-views"]):
        result = kpictl("export", *arguments)
        assert result.code == 3
        assert "nothing has been published" in result.err
    assert list(files.glob("*.duckdb")) == []


def test_a_file_is_replaced_whole_or_not_at_all(hostile: Path, kpictl: Kpictl, tmp_path: Path) -> None:
    path = tmp_path / "kept.csv"
    path.write_text("before")
    assert kpictl("export", "--out", path, "--kpi", "nope").code == 3
    assert path.read_text() == "before"
    assert kpictl("export", "--out", path).code == 0
    assert path.read_text().startswith("as_of_date,")
    assert [each.name for each in tmp_path.iterdir()] == ["kept.csv"]


def mode(path: Path) -> int:
    return S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("how", ["csv", "parquet", "xlsx", "html"])
def test_a_file_that_is_replaced_stays_as_private_as_it_was(
    how: str, hostile: Path, kpictl: Kpictl, tmp_path: Path
) -> None:
    command = "dashboard" if how == "html" else "export"
    path, fresh, link = tmp_path / f"kept.{how}", tmp_path / f"fresh.{how}", tmp_path / f"link.{how}"
    path.write_text("before")
    link.symlink_to(path)
    before = os.umask(0o022)
    try:
        for wanted in (0o600, 0o664):
            path.chmod(wanted)
            for out in (path, link):
                assert kpictl(command, "--out", out).code == 0
                assert mode(path) == wanted
        assert kpictl(command, "--out", fresh).code == 0
    finally:
        os.umask(before)
    assert mode(fresh) == 0o644
    assert link.is_symlink()
    assert path.read_bytes() != b"before"


def test_while_it_is_written_nobody_else_reads_it(
    hostile: Path, kpictl: Kpictl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def looking(path: Path, *_: object) -> None:
        seen.extend(mode(each) for each in tmp_path.iterdir())
        path.write_bytes(b"rows")

    monkeypatch.setattr(exported_rows, "write_parquet", looking)
    assert kpictl("export", "--out", tmp_path / "new.parquet").code == 0
    assert seen == [0o600]


def test_a_name_may_be_as_long_as_the_file_system_has_it(hostile: Path, kpictl: Kpictl, tmp_path: Path) -> None:
    for how in ("csv", "parquet", "xlsx"):
        path = tmp_path / f"{'k' * (254 - len(how))}.{how}"
        assert kpictl("export", "--out", path).code == 0
        assert path.stat().st_size > 0
        result = kpictl("export", "--out", f"{'k' * 300}.{how}")
        assert (result.code, result.out) == (3, "")
        assert result.err.startswith(f"error: {'k' * 300}.{how} cannot be written: File name too long\n")


def cut_off(*arguments: object, size: int) -> subprocess.CompletedProcess[str]:
    """A command that may write no file longer than so many bytes, as where the disk is full."""
    program = f"import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}));"
    program += " runpy.run_module('kpictl', run_name='__main__', alter_sys=True)"
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize(
    ("how", "size"), [("csv", 1000), ("jsonl", 1000), ("parquet", 1000), ("xlsx", 100), ("xlsx", 9000), ("html", 1000)]
)
def test_a_full_disk_leaves_what_was_there(how: str, size: int, hostile: Path, tmp_path: Path) -> None:
    """Of a workbook either its rows do not fit, while they are gathered, or what it is packed from."""
    path = tmp_path / f"kept.{how}"
    path.write_text("before")
    done = cut_off("dashboard" if how == "html" else "export", "--out", path, size=size)
    assert (done.returncode, done.stdout) == (3, "")
    first, advice, *more = done.stderr.splitlines()
    assert first.startswith(f"error: {path} cannot be written: ")
    assert "File too large" in first
    assert "disk" in advice
    assert more == []
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "before"


def test_a_workbook_that_does_not_fit_is_dropped_in_silence(tmp_path: Path) -> None:
    """The ZipFile of xlsxwriter writes its end even where it is thrown away: that must not be heard of."""
    full = os.memfd_create("full", os.MFD_ALLOW_SEALING)
    fcntl(full, F_ADD_SEALS, F_SEAL_GROW)
    path = tmp_path / "full.xlsx"
    path.symlink_to(f"/proc/self/fd/{full}")
    table = FlatTable("facts", (Column("kpi_id", "bigint"),), exp.select("1"), {}, FROM)
    with pytest.raises(PermissionError, match="Operation not permitted"):
        write_workbook(path, table, [[(1,), (2,)]])
    os.close(full)
    gc.collect()
    assert list(tmp_path.iterdir()) == [path]


NO_SPACE = "error: standard output cannot be written: No space left on device\n"
CLOSED = "error: standard output cannot be written: it is closed\n"


@pytest.mark.parametrize(
    ("command", "unbuffered", "said"),
    [
        ("export >/dev/full", "", NO_SPACE),
        ("export facts >/dev/full", "1", NO_SPACE),
        ("export --format parquet >&-", "", CLOSED),
        ("export >&- 2>&-", "", ""),
        ("show >/dev/full", "", NO_SPACE),
        ("--help >&-", "1", CLOSED),
    ],
)
def test_standard_output_that_takes_nothing(command: str, unbuffered: str, said: str, hostile: Path) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    line = f"exec {sys.executable} -m kpictl {command}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert (done.returncode, done.stdout) == (3, "")
    lines = done.stderr.splitlines(keepends=True)
    assert "".join(lines[:1]) == said
    assert len(lines) <= 2


def test_standard_error_that_takes_nothing_stops_nothing(hostile: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    for where in ("2>/dev/full", "<&- 2>&-"):
        line = f"exec {sys.executable} -m kpictl export --out {path} {where}"
        assert subprocess.run(["sh", "-c", line], capture_output=True, check=True, timeout=60).stderr == b""
        assert path.read_text().startswith("as_of_date,")
        path.unlink()


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("=1+1", True),
        ("-1+2", True),
        ("  =1+1", True),
        ("\xa0@SUM(A1)", True),
        ("\u200b=1+1", True),
        ("\ufeff \u2060+1", True),
        ("\x00=1", True),
        ("\u3000\uff1d1", True),
        ("\tname", True),
        ("\rname", True),
        (" name", False),
        ("a=1", False),
        ("\u200bname", False),
        ("  ", False),
        ("", False),
        ("\u0660", False),
    ],
)
def test_what_a_spreadsheet_would_compute(text: str, is_one: bool) -> None:
    assert begins_a_formula(text) is is_one


def test_an_export_from_postgres(
    postgres_url: str, kpictl: Kpictl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "project"
    write_project(folder)
    load_rows(folder, postgres_url)
    publish(folder, postgres_url)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    for what, how in (("dashboard", "csv"), ("facts", "parquet"), ("periods", "csv")):
        rows = exported(kpictl, how, tmp_path / f"{what}.{how}", what, "--env", "production", "--from", FROM)
        wanted = expected(Tables(partial(execute, postgres_url)), what)
        found = {tuple(row[key] for key in KEYS[what]): row for row in rows}
        assert found.keys() == wanted.keys()
        for key, numbers in wanted.items():
            assert {name: found[key][name] for name in numbers} == numbers, key
