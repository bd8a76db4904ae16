"""Drills: tables, rows, files, APIs, clocks and packages that are not as they were."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from tests.connect.web import Answer, serving
from tests.drills.drill import Drill, EngineName
from tests.drills.world import Said, World

DUCK: tuple[EngineName, ...] = ("duckdb",)


@contextmanager
def relation_dropped(world: World) -> Iterator[None]:
    world.change("ALTER TABLE raw.visits RENAME TO visits_old")
    yield
    world.change("ALTER TABLE raw.visits_old RENAME TO visits")


@contextmanager
def column_renamed(world: World) -> Iterator[None]:
    world.change("ALTER TABLE raw.visits RENAME COLUMN visitors TO people")
    yield
    world.change("ALTER TABLE raw.visits RENAME COLUMN people TO visitors")


@contextmanager
def model_column_renamed(world: World) -> Iterator[None]:
    world.change("ALTER TABLE raw.orders RENAME COLUMN amount TO total")
    yield
    world.change("ALTER TABLE raw.orders RENAME COLUMN total TO amount")


@contextmanager
def type_changed(world: World) -> Iterator[None]:
    world.change("ALTER TABLE raw.visits ALTER COLUMN visited_on TYPE varchar USING CAST(visited_on AS varchar)")
    yield
    world.change("ALTER TABLE raw.visits ALTER COLUMN visited_on TYPE date USING CAST(visited_on AS date)")


@contextmanager
def duplicate_key(world: World) -> Iterator[None]:
    world.change("INSERT INTO raw.orders VALUES (3, DATE '2025-05-03', 5.5, 0.5)")
    yield
    world.change(
        "DELETE FROM raw.orders WHERE order_id = 3", "INSERT INTO raw.orders VALUES (3, DATE '2025-05-03', 5.5, 0.5)"
    )


@contextmanager
def too_large(world: World) -> Iterator[None]:
    world.change("INSERT INTO raw.orders VALUES (4, DATE '2025-05-04', 100000000000000000, 1)")
    yield
    world.change("DELETE FROM raw.orders WHERE order_id = 4")


@contextmanager
def not_a_number(world: World) -> Iterator[None]:
    world.edit("kpis/kpis.yml", "sum(amount)", "sum(weight)")
    world.change("UPDATE raw.orders SET weight = CAST('NaN' AS double precision) WHERE order_id = 3")
    yield


@contextmanager
def calendar_ends(world: World) -> Iterator[None]:
    world.edit("kpictl.yml", "2025-12-31", "2025-05-02")
    yield
    world.edit("kpictl.yml", "2025-05-02", "2025-12-31")


@contextmanager
def clock_set_back(world: World) -> Iterator[None]:
    """The last run began tomorrow, as this machine's clock has it now."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    world.change(f"UPDATE kpi.kpictl_run SET began_at = TIMESTAMPTZ '{tomorrow.isoformat()}'")
    yield


@contextmanager
def foreign_table(world: World) -> Iterator[None]:
    world.change("CREATE TABLE marts.prices (price bigint)")
    if world.is_postgres:
        world.change(f"ALTER TABLE marts.prices OWNER TO {world.role}")
    model = world.project / "kpis/models/prices.sql"
    model.write_text("select amount as price from raw.orders\n")
    yield
    world.change("DROP TABLE marts.prices")


@contextmanager
def ragged_lookup(world: World) -> Iterator[None]:
    path = world.project / "kpis/lookups/prices.csv"
    path.parent.mkdir()
    path.write_text("wine,price\nmerlot,12\npinot,14,9\n")
    yield
    path.unlink()


@contextmanager
def unset_variable(world: World) -> Iterator[None]:
    world.edit("kpictl.yml", "${SHOP_URL}", "${SHOP_ADDRESS}")
    yield
    world.edit("kpictl.yml", "${SHOP_ADDRESS}", "${SHOP_URL}")


def _with_api(world: World, address: str) -> None:
    """The visits come from an API, besides."""
    path = world.project / "kpictl.yml"
    path.write_text(
        f"""{path.read_text()}connectors:
  books:
    type: rest
    base_url: {address}
    streams:
      loans: {{path: /loans, key: id, columns: {{id: bigint}}}}
"""
    )


@contextmanager
def _answering(world: World, answer: Answer) -> Iterator[None]:
    """An API that answers so at first, and well afterwards."""
    web = world.stack.enter_context(serving())
    _with_api(world, web.url)
    web.answer = lambda _: answer
    yield
    web.answer = lambda _: Answer([{"id": 1}])


@contextmanager
def api_down(world: World) -> Iterator[None]:
    with _answering(world, Answer(b"", 503, {"Retry-After": "900"})):
        yield


@contextmanager
def api_refuses(world: World) -> Iterator[None]:
    with _answering(world, Answer({"message": "bad token"}, 401)):
        yield


@contextmanager
def api_answers_garbage(world: World) -> Iterator[None]:
    with _answering(world, Answer({"message": "under new management"})):
        yield


@contextmanager
def nothing(world: World) -> Iterator[None]:
    yield


def without_a_package(world: World, as_of: str) -> Said:
    """In a process of its own, which finds everything but that package."""
    code = "import sys; sys.modules['psycopg2'] = None; from kpictl.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, "run", "--project", world.project, "--as-of", as_of],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Said(done.returncode, done.stderr)


DRILLS: tuple[Drill, ...] = (
    Drill("a table is gone", relation_dropped, 1, "there is no table `raw.visits`", "`raw.visits_old`", foreseen=1),
    Drill("a column of a source is renamed", column_renamed, 1, "`raw.visits` has no column `visitors`",
          "name one of `people`", foreseen=1),
    Drill("a column of a model is renamed", model_column_renamed, 1, "no table here has a column `amount`", "`total`",
          foreseen=1),
    Drill("a column has another type", type_changed, 1, "`visited_on` is of type text", "cast it", foreseen=1),
    Drill("a key stands twice", duplicate_key, 5, "order_id is not unique: 3 (2 rows)", "correct the rows", foreseen=5),
    Drill("a value is too large", too_large, 5, "10^17 or more, the first on 2025-05-04", "correct the rows"),
    Drill("a value is no number", not_a_number, 0, "1 row gives `sum(weight)` a value that is no number", "",
          goes_on=True),
    Drill("the calendar ends too early", calendar_ends, 3, "2025-05-03 has been published, and the calendar ends",
          "to 2025-05-03 or later", as_of="2025-05-02"),
    Drill("the clock was set back", clock_set_back, 0, "has not come yet", "clock", as_of="2025-05-02", goes_on=True,
          foreseen=0),
    Drill("a table has the name of a new model", foreign_table, 3, "did not make marts.prices", "drop or rename"),
    Drill("a lookup is broken", ragged_lookup, 1, "this row has 3 fields, the header has 2", "quotes", foreseen=1),
    Drill("an environment variable is missing", unset_variable, 1, "`SHOP_ADDRESS` is not set", "set `SHOP_ADDRESS`",
          foreseen=1),
    Drill("a Python package is missing", nothing, 3, "the Python package `psycopg2` is not installed", "pip install",
          DUCK, runs=without_a_package),
    Drill("an API is down", api_down, 3, "503 Service Unavailable", "run again in some minutes", DUCK, interrupts=True),
    Drill("an API refuses the key", api_refuses, 3, "401 Unauthorized: bad token", "check `auth`", DUCK),
    Drill("an API answers something else", api_answers_garbage, 3, "expected a list", "may have changed", DUCK),
)  # fmt: skip
