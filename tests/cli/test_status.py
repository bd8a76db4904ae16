"""`kpictl status`: what it tells of a project, at 80 columns and as JSON."""

from __future__ import annotations

import json
import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kpictl.check import checked
from kpictl.engine import open_engine
from kpictl.pipeline.own import stale_table
from tests.cli.conftest import Kpictl
from tests.cli.shop import URL

RUN = re.compile(r"\d{8}T\d{6}-[0-9a-f]{4}")
YESTERDAY = "as of YESTERDAY: computes"


def told(out: str) -> list[str]:
    """The lines, without what differs from run to run."""
    out = RUN.sub("RUN", out)
    out = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "WHEN", out)
    out = re.sub(r"\d+\.\d s", "N s", out)
    for days in (1, 2):  # the test may run at midnight
        out = out.replace(f"as of {datetime.now(UTC).date() - timedelta(days=days)}: ", "as of YESTERDAY: ")
    assert max(len(line) for line in out.splitlines()) <= 80
    return out.splitlines()


def test_before_the_first_run(files: Path, kpictl: Kpictl) -> None:
    shown = kpictl("status", "--check", columns=80)
    assert (shown.code, shown.err) == (0, "")
    assert told(shown.out) == [
        "project     shop, environment `local`",
        "last run    nothing has run yet: `kpictl run` does",
        f"next run    {YESTERDAY} all days: the first run",
    ]
    assert {path.name for path in files.iterdir()} == {"kpictl.yml", "kpis"}


def test_after_a_run(published: Path, kpictl: Kpictl) -> None:
    shown = kpictl("status", "--check", columns=80)
    assert (shown.code, shown.err) == (0, "")
    assert told(shown.out) == [
        "project     shop, environment `local`",
        "last run    WHEN, as of 2025-03-10: succeeded, in N s",
        "            computed: all days: the first run",
        "            kpictl runs RUN",
        f"next run    {YESTERDAY} the days that have changed",
        "",
        "source  newest row",
        "sales   2025-03-10",
        "visits  2025-03-20",
    ]


def test_what_somebody_has_to_look_at(published: Path, kpictl: Kpictl) -> None:
    """A check stops a run, and nobody has sold anything for months."""
    edit(published, "time: sold_on", "time: sold_on\n    expect_fresh: 10d")
    edit(published, "measure: sum(amount)", "measure: sum(amount), checks: [{max: 499, window: mtd, severity: error}]")
    assert kpictl("run", "--as-of", "2025-03-10").code == 5
    shown = kpictl("status", "--check", columns=80)
    assert (shown.code, shown.err) == (5, "")
    assert told(shown.out) == [
        "project     shop, environment `local`",
        "last run    WHEN, as of 2025-03-10: failed, after N s, 1 warning",
        "            error: KPI revenue: `max: 499` does not hold: mtd of ALL at",
        "            2025-03-10 is 500",
        "            kpictl runs RUN",
        "succeeded   WHEN, as of 2025-03-10: succeeded, in N s",
        f"next run    {YESTERDAY} the days that have changed",
        "",
        "source  newest row  expect_fresh",
        "sales   2025-03-10  10d, late",
        "visits  2025-03-20",
    ]
    assert kpictl("status").code == 0


def test_late_data_tells_the_backfill(published: Path, kpictl: Kpictl) -> None:
    known = stale_table(checked(published))
    with closing(open_engine(URL, published)) as engine, engine.transaction():
        engine.load(known.name, known.columns, [(f"2025-03-0{day}", "2025-03-01", "some run") for day in (7, 8, 9)])
    assert told(kpictl("status", columns=80).out)[4:6] == [
        "late data   3 as-of dates, 2025-03-07 to 2025-03-09, were reported without it",
        "            kpictl run --backfill 2025-03-07:2025-03-09",
    ]


def test_files_with_errors(published: Path, kpictl: Kpictl) -> None:
    edit(published, "formula: revenue / sales_count", "formula: revenue / sale_count")
    shown = kpictl("status", columns=80)
    assert shown.code == 0
    assert told(shown.out)[4:] == [
        "next run    as of YESTERDAY: cannot begin: the project's files have 1 error;",
        "            see `kpictl lint`",
    ]


def test_json_has_every_key_always(files: Path, kpictl: Kpictl) -> None:
    found = json.loads(kpictl("status", "--json").out)
    assert list(found) == [
        "project", "environment", "is_alarming", "lock_holder", "is_copy", "last_run", "last_success", "sources",
        "stale", "restated_7_days", "next_run",
    ]  # fmt: skip
    assert found["last_run"] is None
    assert {**found["next_run"], "as_of": None} == {
        "as_of": None, "syncs": [], "stopped_by": None, "is_foreseen": True, "all_days": "the first run",
    }  # fmt: skip


def test_json_of_sources(published: Path, kpictl: Kpictl) -> None:
    found = json.loads(kpictl("status", "--json").out)
    assert found["sources"][0] == {
        "code": "sales",
        "is_there": True,
        "newest_day": "2025-03-10",
        "synced_at": None,
        "expect_fresh": None,
        "is_late": False,
        "no_entity": None,
        "no_time": 0,
    }
    assert (found["last_run"]["status"], found["last_run"]["as_of_date"]) == ("succeeded", "2025-03-10")


def test_a_database_that_cannot_be_reached(published: Path, kpictl: Kpictl) -> None:
    (published / "shop.duckdb").write_text("no database")
    assert kpictl("status").code == 3


def test_the_projects_python_is_not_loaded(files: Path, kpictl: Kpictl) -> None:
    settings = "connectors:\n  api: {key: '${NOT_SET}'}\n"
    (files / "kpictl.yml").write_text((files / "kpictl.yml").read_text() + settings)
    (files / "connectors").mkdir()
    (files / "connectors/api.py").write_text("raise RuntimeError('imported')\n")
    shown = kpictl("status", columns=80)
    assert shown.code == 0
    assert told(shown.out)[-1] == "next run    as of YESTERDAY: syncs api, computes all days: the first run"


def edit(folder: Path, old: str, new: str, name: str = "shop.yml") -> None:
    path = folder / "kpis" / name
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new, 1))
