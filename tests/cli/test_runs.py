"""`kpictl runs`: a line for each run, and one run whole."""

from __future__ import annotations

import json
import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from kpictl.check import checked
from kpictl.engine import open_engine
from kpictl.pipeline.journal import Entry, entries
from kpictl.pipeline.own import restatement_table, run_table
from tests.cli.conftest import Kpictl
from tests.cli.shop import URL
from tests.cli.test_status import RUN, edit


def ids(out: str) -> list[str]:
    return RUN.findall(out)


def told(out: str) -> list[str]:
    """The lines, without what differs from run to run."""
    out = RUN.sub("20250311T000000-0000", out)
    out = re.sub(r" \d\d-\d\d \d\d:\d\d ", " MM-DD HH:MM ", out)
    out = re.sub(r" +\d+\.\d(?= )", lambda found: "N.N".rjust(len(found.group())), out)
    assert max(len(line) for line in out.splitlines()) <= 80
    return out.splitlines()


def test_nothing_has_run(files: Path, kpictl: Kpictl) -> None:
    shown = kpictl("runs")
    assert (shown.code, shown.out, shown.err) == (0, "", "nothing has run yet: `kpictl run` does\n")
    assert kpictl("runs", "--json").out == "[]\n"
    shown = kpictl("runs", "20250311T000000-0000")
    assert shown.code == 2
    assert shown.err.splitlines() == [
        "error: no run is called `20250311T000000-0000`",
        "  help: nothing has run yet: `kpictl run` does",
    ]


def test_the_last_runs(published: Path, kpictl: Kpictl) -> None:
    assert kpictl("run", "--backfill", "2025-03-10:2025-03-11").code == 0
    edit(published, "measure: sum(amount)", "measure: sum(amount), checks: [{max: 499, window: mtd, severity: error}]")
    assert kpictl("run", "--as-of", "2025-03-11").code == 5
    shown = kpictl("runs", columns=80)
    assert (shown.code, shown.err) == (0, "")
    assert told(shown.out) == [
        "run                  began       status    as of           s  days warn restated",
        "20250311T000000-0000 MM-DD HH:MM failed    2025-03-11    N.N     –    0        –",  # noqa: RUF001 -- no value
        "20250311T000000-0000 MM-DD HH:MM succeeded 2 dates       N.N     1    0        0",
        "20250311T000000-0000 MM-DD HH:MM succeeded 2025-03-10    N.N   all    0        0",
    ]
    assert ids(shown.out) == sorted(ids(shown.out), reverse=True)
    assert ids(kpictl("runs", "--limit", "1").out) == ids(shown.out)[:1]
    found = json.loads(kpictl("runs", "--json").out)
    assert [(each["run_id"], each["exit_code"]) for each in found] == list(zip(ids(shown.out), [5, 0, 0], strict=True))
    assert list(found[0]) == list(Entry.__slots__)
    whole = kpictl("runs", found[0]["run_id"], columns=80).out.splitlines()
    assert whole[:3] == [
        f"run         {found[0]['run_id']}",
        "status      failed, exit code 5",
        "as of       2025-03-11",
    ]
    at = whole.index("error       KPI revenue: `max: 499` does not hold: mtd of ALL at 2025-03-11 is")
    assert whole[at + 1 :][:1] == ["            500"]


def test_one_run_whole(published: Path, kpictl: Kpictl) -> None:
    """A sale of 250 was one of 251: 501 in three sales, 167 each, which $167 would not tell from 500 / 3."""
    corrected = "select sold_on, case when amount = 250 then 251 else amount end as amount, channel"
    edit(published, "select sold_on, amount, channel", corrected, "models/fct_sale.sql")
    assert kpictl("run", "--as-of", "2025-03-10").code == 0
    run_id = ids(kpictl("runs").out)[0]
    shown = kpictl("runs", run_id, columns=80)
    assert (shown.code, shown.err) == (0, "")
    lines = shown.out.splitlines()
    assert max(len(line) for line in lines) <= 80
    assert "recomputed  1 day from 2025-03-03: sales 1" in lines
    assert "restated    4" in lines
    assert [line.split()[0] for line in lines[-11:-6]] == ["models", "dimensions", "sources", "facts", "dashboard"]
    assert lines[-6:] == [
        "",
        "as of       KPI      entity  window  side                old   new",
        "2025-03-10  revenue  ALL     last28  current            $500  $501",
        "2025-03-10  revenue  ALL     mtd     current            $500  $501",
        "2025-03-10  basket   ALL     last28  current  166.6666666667   167",
        "2025-03-10  basket   ALL     mtd     current  166.6666666667   167",
    ]
    found = json.loads(kpictl("runs", run_id, "--json").out)
    assert [step["step"] for step in found["steps"]] == ["models", "dimensions", "sources", "facts", "dashboard"]
    assert found["restated_numbers"][1] == {
        "as_of_date": "2025-03-10",
        "kpi": "revenue",
        "entity": "ALL",
        "window": "mtd",
        "side": "current",
        "old": 500,
        "new": 501,
    }


def test_of_many_restated_numbers_the_first_are_shown(published: Path, kpictl: Kpictl) -> None:
    (run_id,) = ids(kpictl("runs").out)
    catalog = checked(published)
    at = "2025-03-11T00:00:00+00:00"
    rows = [(run_id, f"2025-01-{day:02}", 99, 7, "mtd", "prior", None, day, at, at) for day in range(1, 24)]
    known = restatement_table(catalog)
    with closing(open_engine(URL, published)) as engine, engine.transaction():
        engine.load(known.name, known.columns, rows)
        (entry,) = entries(catalog, engine, 1)
        engine.upsert(run_table(catalog), [replace(entry, restated=23).row()])
    lines = kpictl("runs", run_id, columns=80).out.splitlines()
    assert lines[-2:] == [
        "2025-01-20  id 99  id 7    mtd     prior    –   20",  # noqa: RUF001 -- no value
        "… and 3 more",
    ]


@pytest.mark.parametrize("length", [8, 15])
def test_an_unknown_run(published: Path, kpictl: Kpictl, length: int) -> None:
    (run_id,) = ids(kpictl("runs").out)
    shown = kpictl("runs", run_id[:length])
    assert (shown.code, shown.out) == (2, "")
    assert shown.err.splitlines() == [f"error: no run is called `{run_id[:length]}`", f"  help: `{run_id}` is near"]
    shown = kpictl("runs", f"{run_id}f")
    assert shown.err.splitlines()[1] == f"  help: `{run_id}` is near"
    assert kpictl("runs", "last").err.splitlines()[1] == "  help: `kpictl runs` lists them"
