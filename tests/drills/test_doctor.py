"""`kpictl doctor`: a line for each thing that a run looks at before it writes, and nothing written."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from kpictl.pipeline.clock import compared
from tests.drills.of_the_database import another_process, another_run
from tests.drills.world import World

HERE = datetime(2025, 5, 4, 12, tzinfo=UTC)
DUCKDB = pytest.mark.xdist_group("drills duckdb")
POSTGRES = pytest.mark.xdist_group("drills postgres")


def statuses(out: str) -> dict[str, str]:
    """The checks in order, each with its status."""
    words = [line.split() for line in out.splitlines() if not line.startswith(" ")]
    return {check: status for status, check, *_ in words}


def contents(folder: Path) -> dict[str, str]:
    return {str(path): sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


@DUCKDB
def test_a_file_that_is_well(duckdb_world: World) -> None:
    before = contents(duckdb_world.shop.folder)
    looked = duckdb_world.kpictl("doctor")
    assert (looked.code, looked.text) == (0, "")
    checks = ["settings", "connection", "disk", "lock", "clock", "relations", "keys", "days"]
    assert statuses(looked.out) == dict.fromkeys(checks, "ok")
    assert contents(duckdb_world.shop.folder) == before


@POSTGRES
def test_a_server_that_is_well(postgres_world: World) -> None:
    looked = postgres_world.kpictl("doctor")
    assert (looked.code, looked.text) == (0, "")
    checks = ["settings", "connection", "permissions", "lock", "clock", "relations", "keys", "days"]
    assert statuses(looked.out) == dict.fromkeys(checks, "ok")


@DUCKDB
def test_the_file_is_not_made(duckdb_world: World) -> None:
    (duckdb_world.shop.folder / "shop.duckdb").unlink()
    looked = duckdb_world.kpictl("doctor")
    assert looked.code == 1
    assert "shop.duckdb, which the first run makes\n" in looked.out
    assert statuses(looked.out)["relations"] == "error"
    assert "error[KPI402] there is no table `raw.orders`" in looked.out
    assert not (duckdb_world.shop.folder / "shop.duckdb").exists()


@POSTGRES
def test_every_grant_is_named(postgres_world: World) -> None:
    """For a role that may only connect, in a database without kpictl's schemas; at 80 columns."""
    world = postgres_world
    world.change(
        "DROP SCHEMA kpi CASCADE",
        "DROP SCHEMA marts CASCADE",
        f"REVOKE ALL ON SCHEMA raw FROM {world.role}",
        f"REVOKE SELECT ON raw.visits FROM {world.role}",
        f"REVOKE TEMPORARY ON DATABASE {world.database} FROM PUBLIC",
    )
    world.setenv("COLUMNS", "80")
    looked = world.kpictl("doctor")
    assert looked.code == 3
    assert max(map(len, looked.out.splitlines())) <= 80
    said = " ".join(looked.out.split())
    assert (
        "error permissions the database's role may not make temporary tables, make the schemas kpi, marts, "
        "use the schema raw, nor read raw.visits help: let the owner of the database run: "
        f"GRANT TEMPORARY ON DATABASE {world.database} TO {world.role}; "
        f"GRANT CREATE ON DATABASE {world.database} TO {world.role}; "
        f"GRANT USAGE ON SCHEMA raw TO {world.role}; GRANT SELECT ON raw.visits TO {world.role} ok lock"
    ) in said
    assert statuses(looked.out)["relations"] == "skipped"
    grants = said.partition("let the owner of the database run: ")[2].partition(" ok lock")[0].split("; ")
    world.change(*grants)
    assert world.kpictl("doctor").code == 0
    assert world.run().code == 0


@POSTGRES
def test_names_are_quoted_where_they_need_it(postgres_world: World) -> None:
    world = postgres_world
    world.change('CREATE TABLE raw."Visits" AS SELECT * FROM raw.visits')
    world.edit("kpis/kpis.yml", "raw.visits", 'raw."Visits"')
    assert f'GRANT SELECT ON raw."Visits" TO {world.role}' in world.kpictl("doctor").out


@POSTGRES
def test_a_lock_is_told_and_the_rest_is_looked_at(postgres_world: World) -> None:
    with another_run(postgres_world):
        looked = postgres_world.kpictl("doctor")
    assert looked.code == 0
    said = " ".join(postgres_world.plain(looked.out).split())
    assert "a run is going on: kpictl, process N on HOST, as kpictl_run, since TIME help: another waits" in said
    found = statuses(looked.out)
    assert (found["lock"], found["relations"], found["days"]) == ("warning", "ok", "ok")


@DUCKDB
def test_a_file_that_is_open_elsewhere(duckdb_world: World) -> None:
    with another_process(duckdb_world):
        looked = duckdb_world.kpictl("doctor")
    assert looked.code == 0
    assert statuses(looked.out) == {"settings": "ok", "lock": "warning"}
    assert "running since TIME" in duckdb_world.plain(looked.out)


@DUCKDB
def test_the_first_failure_gives_the_code_and_json_has_the_places(duckdb_world: World) -> None:
    duckdb_world.change("INSERT INTO raw.orders VALUES (3, DATE '2025-05-03', 5.5, 0.5)")
    looked = duckdb_world.kpictl("doctor", "--format", "json")
    assert looked.code == 5
    (keys,) = [each for each in json.loads(looked.out) if each["status"] != "ok"]
    assert (keys["check"], keys["status"], keys["exit_code"]) == ("keys", "error", 5)
    (found,) = keys["findings"]
    assert (found["code"], found["line"]) == ("KPI408", 4)
    assert "3 (2 rows)" in found["message"]
    duckdb_world.change("ALTER TABLE raw.visits RENAME COLUMN visitors TO people")
    looked = duckdb_world.kpictl("doctor")
    assert looked.code == 1
    assert (statuses(looked.out)["relations"], statuses(looked.out)["keys"]) == ("error", "error")


@DUCKDB
def test_secrets_are_looked_for_and_no_plugin_runs(duckdb_world: World) -> None:
    """What the connectors have yet to fetch is no fault of the database's."""
    world = duckdb_world
    path = world.project / "kpictl.yml"
    path.write_text(path.read_text() + 'connectors:\n  till: {token: "${TILL_TOKEN}", deep: [{key: "${TILL_KEY}"}]}\n')
    (world.project / "connectors").mkdir()
    (world.project / "connectors/till.py").write_text("raise SystemExit('this ran')\n")
    (world.shop.folder / "shop.duckdb").unlink()
    world.setenv("TILL_KEY", "k")
    looked = world.kpictl("doctor")
    assert looked.code == 1
    assert statuses(looked.out)["secrets"] == "error"
    assert "the environment variable `TILL_TOKEN` is not set" in looked.out
    assert "TILL_KEY" not in looked.out
    world.setenv("TILL_TOKEN", "t")
    looked = world.kpictl("doctor")
    assert looked.code == 0
    assert (statuses(looked.out)["secrets"], statuses(looked.out)["relations"]) == ("ok", "warning")


@DUCKDB
def test_a_day_that_stands_twice_is_a_warning(duckdb_world: World) -> None:
    duckdb_world.change(
        "INSERT INTO raw.visits SELECT DATE '2025-03-01' + CAST(n AS integer), 1 FROM range(0, 20) AS r (n)",
        "INSERT INTO raw.visits VALUES (DATE '2025-03-07', 1)",
    )
    looked = duckdb_world.kpictl("doctor")
    assert looked.code == 0
    assert statuses(looked.out)["days"] == "warning"
    assert "2025-03-07 (2 rows)" in looked.out


@DUCKDB
def test_an_unknown_environment(duckdb_world: World) -> None:
    looked = duckdb_world.kpictl("doctor", "--env", "prod")
    assert (looked.code, looked.out) == (2, "")
    assert looked.text.startswith("error: no environment is called `prod`\n")


@pytest.mark.parametrize(
    ("there", "last", "said"),
    [
        (None, None, None),
        (timedelta(minutes=5), timedelta(minutes=5), None),
        (timedelta(minutes=7), None, "this machine's clock is 7 minutes behind the database's"),
        (timedelta(hours=-25), None, "this machine's clock is 1,500 minutes ahead of the database's"),
        (timedelta(), timedelta(days=2), "the last run began at 2025-05-06 12:00 UTC, which has not come yet"),
    ],
)
def test_clocks_are_compared(there: timedelta | None, last: timedelta | None, said: str | None) -> None:
    moments = [None if each is None else HERE + each for each in (there, last)]
    assert [each.message for each in compared(HERE, *moments)] == ([] if said is None else [said])
