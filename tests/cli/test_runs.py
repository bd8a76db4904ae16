"""`kpictl runs`: a line for each run, and one run whole."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kpictl.pipeline.journal import Entry
from tests.cli.conftest import Kpictl
from tests.cli.test_status import RUN, edit


def ids(out: str) -> list[str]:
    return RUN.findall(out)


def told(out: str) -> list[str]:
    """The lines, without what differs from run to run."""
    out = RUN.sub("20250311T000000-0000", out)
    out = re.sub(r" \d\d-\d\d \d\d:\d\d ", " MM-DD HH:MM ", out)
    out = re.sub(r" +\d+\.\d (?= )", "    N.N ", out)
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
    assert "error       KPI revenue: `max: 499` does not hold: mtd of ALL at 2025-03-11 is 500" in whole


def test_one_run_whole(published: Path, kpictl: Kpictl) -> None:
    """The web sale of 250 was one of 250.004, which is 500.004 of 3 in the month, and the basket 166.668.

    The 28 days have no other sale; the year before stays.
    """
    edit(published, "select sold_on, amount, channel", CORRECTED, "models/fct_sale.sql")
    assert kpictl("run", "--as-of", "2025-03-10").code == 0
    run_id = ids(kpictl("runs").out)[0]
    shown = kpictl("runs", run_id, columns=80)
    lines = shown.out.splitlines()
    assert max(len(line) for line in lines) <= 80
    assert "restated    4" in lines
    assert [line.split()[0] for line in lines[-11:-6]] == ["models", "dimensions", "sources", "facts", "dashboard"]
    assert lines[-6:] == [
        "",
        "as of       KPI      entity  window  side         old      new",
        "2025-03-10  revenue  ALL     last28  current     $500     $500",
    ]


CORRECTED = "select sold_on, case when amount = 250 then 250.004 else amount end as amount, channel"


@pytest.mark.parametrize("length", [8, 15])
def test_an_unknown_run(published: Path, kpictl: Kpictl, length: int) -> None:
    (run_id,) = ids(kpictl("runs").out)
    shown = kpictl("runs", run_id[:length])
    assert (shown.code, shown.out) == (2, "")
    assert shown.err.splitlines() == [f"error: no run is called `{run_id[:length]}`", f"  help: `{run_id}` is near"]
    shown = kpictl("runs", f"{run_id}f")
    assert shown.err.splitlines()[1] == f"  help: `{run_id}` is near"
    assert kpictl("runs", "last").err.splitlines()[1] == "  help: `kpictl runs` lists them"
