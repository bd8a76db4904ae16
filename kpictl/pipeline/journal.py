"""The journal: a row for each run, written when it begins and when it ends, and one for each of its steps."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from os import getpid
from socket import gethostname
from typing import TypeVar, cast

from sqlglot import exp

from kpictl import __version__
from kpictl.catalog import Catalog
from kpictl.catalog.history import revision
from kpictl.compile.tree import all_of, col, lit, select, table
from kpictl.diagnostics import CatalogError, KpictlError
from kpictl.engine import Engine
from kpictl.pipeline.events import Event, Finished, Warned
from kpictl.pipeline.own import run_table, step_table

STEPS_KEPT_DAYS = 90
"""For how long the steps of a run are kept; the run's own row stays."""

Outcome = TypeVar("Outcome")

BUG, INTERRUPTED = 70, 130


@dataclass(frozen=True, slots=True)
class Entry:
    """A run, as its row in the journal has it."""

    run_id: str
    status: str
    as_of_date: date
    as_of_dates: int
    began_at: datetime
    ended_at: datetime | None = None
    seconds: float | None = None
    recomputed: str | None = None
    facts_written: int | None = None
    restated: int | None = None
    warnings: int | None = None
    exit_code: int | None = None
    error: str | None = None
    kpictl_version: str = __version__
    project_revision: str | None = None
    host: str = ""
    process_id: int = 0

    def row(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in type(self).__slots__)


@dataclass(slots=True)
class Journal:
    """The entry of a run that is going on; its times are the machine's."""

    catalog: Catalog
    engine: Engine
    entry: Entry
    steps: list[Finished] = field(default_factory=list)
    warnings: int = 0

    def note(self, events: Generator[Event, None, Outcome]) -> Generator[Event, None, Outcome]:
        """The same events, remembered, and what comes of them."""
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                return cast("Outcome", end.value)
            match event:
                case Finished():
                    self.steps.append(event)
                case Warned():
                    self.warnings += 1
                case _:
                    pass
            yield event

    def succeed(self, recomputed: str, facts_written: int, restated: int) -> None:
        """Within the transaction that publishes, so that what is published is in the journal."""
        self.entry = replace(self.entry, recomputed=recomputed, facts_written=facts_written, restated=restated)
        self._end("succeeded", 0, None)
        old = f"{datetime.now(UTC) - timedelta(days=STEPS_KEPT_DAYS):%Y%m%dT}"
        self.engine.delete(step_table(self.catalog).name, exp.LT(this=col("run_id"), expression=lit(old)))

    def fail(self, error: BaseException) -> None:
        """In a transaction of its own, after that of the run was rolled back; not where the database has gone."""
        match error:
            case CatalogError():
                first, *others = (each.message for each in error.diagnostics)
                code, said = error.exit_code, f"{first}, and {len(others)} more" if others else first
            case KpictlError():
                code, said = error.exit_code, str(error)
            case KeyboardInterrupt() | GeneratorExit():
                code, said = INTERRUPTED, "interrupted"
            case _:
                code, said = BUG, f"a bug: {type(error).__name__}"
        try:
            with self.engine.transaction():
                self._end("failed", code, said)
        except KpictlError:
            # The next run finds an entry without an end, and says that the run died.
            return

    def _end(self, status: str, exit_code: int, error: str | None) -> None:
        ended = datetime.now(UTC)
        seconds = round((ended - self.entry.began_at).total_seconds(), 3)
        self.entry = replace(
            self.entry,
            status=status,
            ended_at=ended,
            seconds=seconds,
            warnings=self.warnings,
            exit_code=exit_code,
            error=error,
        )
        run, steps = run_table(self.catalog), step_table(self.catalog)
        mine = exp.EQ(this=col("run_id"), expression=lit(self.entry.run_id))
        for known in (run, steps):
            self.engine.delete(known.name, mine.copy())
        self.engine.load(run.name, run.columns, [self.entry.row()])
        rows = [
            (self.entry.run_id, position, step.step, step.rows, round(step.seconds, 3), step.detail)
            for position, step in enumerate(self.steps, start=1)
        ]
        self.engine.load(steps.name, steps.columns, rows)


def begin(catalog: Catalog, engine: Engine, dates: tuple[date, ...]) -> Journal:
    """A new entry, under the lock; whatever entry is still `running` is that of a run which died."""
    now = datetime.now(UTC)
    known = run_table(catalog)
    died = exp.EQ(this=col("status"), expression=lit("running"))
    end = exp.EQ(this=exp.to_identifier("status", quoted=True), expression=lit("died"))
    engine.run(exp.Update(this=table(known.name), expressions=[end], where=exp.Where(this=died)))
    entry = Entry(
        # The second, and which of its 62,500 parts: runs begin one after the other, so that no two are alike.
        run_id=f"{now:%Y%m%dT%H%M%S}-{now.microsecond // 16:04x}",
        status="running",
        as_of_date=dates[-1],
        as_of_dates=len(dates),
        began_at=now,
        project_revision=revision(catalog.project.folder),
        host=gethostname(),
        process_id=getpid(),
    )
    engine.load(known.name, known.columns, [entry.row()])
    return Journal(catalog, engine, entry)


def entries(
    catalog: Catalog,
    engine: Engine,
    limit: int,
    *,
    offset: int = 0,
    run_id: str | None = None,
    status: str | None = None,
) -> list[Entry]:
    """The last runs after the first `offset`, the newest first: all, the one of that id, or those that ended so."""
    known = run_table(catalog)
    query = select([col(column.name) for column in known.columns]).from_(table(known.name), copy=False)
    for name, wanted in (("run_id", run_id), ("status", status)):
        if wanted is not None:
            query = query.where(exp.EQ(this=col(name), expression=lit(wanted)), copy=False)
    newest = [exp.Ordered(this=col(name), desc=True) for name in ("began_at", "run_id")]
    query = query.order_by(*newest, copy=False).limit(limit, copy=False).offset(offset, copy=False)
    return [Entry(*row) for row in engine.query(query)]  # type: ignore[arg-type] # the columns are the fields


def steps(catalog: Catalog, engine: Engine, run_id: str) -> list[Finished]:
    """The steps of a run, in order; none where they are older than 90 days."""
    known = step_table(catalog)
    names = ("step", "rows", "seconds", "detail")
    query = select([col(name) for name in names]).from_(table(known.name), copy=False)
    query = query.where(all_of([exp.EQ(this=col("run_id"), expression=lit(run_id))]), copy=False)
    rows = engine.query(query.order_by(col("position"), copy=False))
    return [Finished(str(step), int(str(count)), float(str(s)), str(detail)) for step, count, s, detail in rows]
