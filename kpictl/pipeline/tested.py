"""Runs KPI tests in memory, each through the whole of a run, and compares what is published with what is expected."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal

from kpictl.catalog import Catalog, Expected, KpiTest, TableName
from kpictl.check import check_tests
from kpictl.compile import plan
from kpictl.compile.tree import col, select, table
from kpictl.diagnostics import CatalogError, KpictlError, WorldError, has_errors
from kpictl.engine import Engine, open_in_memory
from kpictl.pipeline.definitions import forget
from kpictl.pipeline.events import Warned
from kpictl.pipeline.given import prepared, window_of
from kpictl.pipeline.raw import described
from kpictl.pipeline.request import Request
from kpictl.pipeline.run import run

ENDINGS = ("value", "status", "prior", "prior_status")
KEPT = "dim_date"
"""It takes longer than all the rest of a test to make, and is the same for all of them."""
ABSOLUTE, RELATIVE = Decimal("1e-10"), Decimal("1e-12")
"""How far a value may be off that is computed in double precision; others are exact."""


@dataclass(frozen=True, slots=True)
class Got:
    """What was published for a line of a test; `wrong` says which of the keys of the line differ from it."""

    expected: Expected
    window: str
    as_of: date
    value: Decimal | None
    status: str | None
    prior: Decimal | None
    prior_status: str | None
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a test went; `failure` is what stopped its run, where nothing could be compared."""

    test: KpiTest
    lines: tuple[Got, ...]
    failure: KpictlError | None
    warnings: tuple[Warned, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        return self.failure is None and not any(line.wrong for line in self.lines)


def run_tests(catalog: Catalog, tests: Sequence[KpiTest], *, plugins: bool = True) -> Iterator[Outcome]:
    """Run the tests one after the other; CatalogError where they do not fit the connectors' tables.

    Without `plugins` the tables of the project's own Python are as the tests' rows say.
    """
    raw = described(catalog, plugins=plugins)
    known = {name: {column.name: column.type for column in each.table.columns} for name, each in raw.items()}
    problems = check_tests(catalog, known)
    if has_errors(problems):
        raise CatalogError(problems)
    database = f"tests-{id(raw)}"
    # The database lasts as long as anybody is connected; each test has temporary tables of its own.
    with closing(open_in_memory(database)):
        for test in tests:
            began = time.monotonic()
            warnings: list[Warned] = []
            lines: tuple[Got, ...] = ()
            failure: KpictlError | None = None
            untyped: tuple[str, ...] = ()
            try:
                part = prepared(catalog, test, raw)
                untyped = part.untyped
                with closing(open_in_memory(database)) as engine:
                    forget(part.catalog, engine, keep=KEPT)
                    rows = _rows(part.catalog, engine, test, warnings)
                lines = tuple(_got(catalog, part.catalog, test, line, rows) for line in test.expect)
            except WorldError as error:
                failure = WorldError(str(error), help=_without_types(untyped)) if untyped else error
            except KpictlError as error:
                failure = error
            yield Outcome(test, lines, failure, tuple(warnings), time.monotonic() - began)


def _without_types(columns: Sequence[str]) -> str:
    """What to do where the database may have refused a NULL that it takes for a number."""
    shown = ", ".join(f"`{column}`" for column in columns[:3])
    more = f" and {len(columns) - 3} more" if len(columns) > 3 else ""
    return f"no row has a value of {shown}{more}, so their types are not known: give a row that has"


Key = tuple[object, object, object]
Rows = Mapping[Key, Mapping[str, object]]


def _rows(part: Catalog, engine: Engine, test: KpiTest, warnings: list[Warned]) -> Rows:
    """What a run publishes, by KPI, entity and as-of date; its warnings are added to those given."""
    days = sorted({line.as_of or test.as_of for line in test.expect})
    # The run begins when the last of the days is over: nothing of it is still to come.
    now = datetime.combine(days[-1] + timedelta(days=1), clock(12), UTC)
    events = run(part, engine, Request(days[-1], now, also=tuple(days), is_test=True))
    warnings.extend(event for event in events if isinstance(event, Warned))
    names = [f"{window}_{ending}" for window in part.project.windows for ending in ENDINGS]
    keys = ("kpi_id", "entity_id", "as_of_date")
    name = TableName(part.project.schemas.kpi, "agg_kpi_dashboard")
    with engine.transaction():
        found = engine.query(select([col(column) for column in (*keys, *names)]).from_(table(name), copy=False))
    return {(row[0], row[1], row[2]): dict(zip(names, row[3:], strict=True)) for row in found}


def _got(catalog: Catalog, part: Catalog, test: KpiTest, line: Expected, rows: Rows) -> Got:
    as_of, window = line.as_of or test.as_of, window_of(line, catalog)
    entity = next(each for each in part.entities if each.code == line.entity)
    row = rows[part.kpi(line.kpi).id, entity.id, as_of]
    value, status, prior, prior_status = (row[f"{window}_{ending}"] for ending in ENDINGS)
    assert value is None or isinstance(value, Decimal)
    assert prior is None or isinstance(prior, Decimal)
    is_exact = plan(part).exact[line.kpi]
    wrong = {
        "value": not _same(line.value, value, is_exact=is_exact),
        "status": line.status not in {None, status},
        "prior": not _same(line.prior, prior, is_exact=is_exact),
        "prior_status": line.prior_status not in {None, prior_status},
    }
    keys = tuple(key for key, is_wrong in wrong.items() if is_wrong)
    return Got(line, window, as_of, value, str(status), prior, str(prior_status), keys)


def _same(expected: Decimal | None, found: Decimal | None, *, is_exact: bool) -> bool:
    if expected is None or found is None:
        return expected is None
    if is_exact:
        return expected == found
    return abs(expected - found) <= max(ABSOLUTE, RELATIVE * abs(expected))
