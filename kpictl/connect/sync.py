"""Refreshes the raw tables: streams are fetched side by side, and written one batch after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from kpictl.catalog.table import Table
from kpictl.connect.exchange import AnswerError, Mark
from kpictl.connect.fetch import Begun, Done, Failed, Fetching, Job, Part, Wait
from kpictl.connect.landing import Batch, Landing, Rejected, is_nameless, later
from kpictl.connect.record import in_utc
from kpictl.connect.redact import redact
from kpictl.connect.sink import Row, Sink
from kpictl.connect.state import (
    REJECTS_TABLE,
    Choice,
    State,
    bookmark_table,
    mark_text,
    plan_walk,
    rejects_table,
    state_of,
    state_table,
)
from kpictl.connect.stream import Connector, Stream
from kpictl.connect.told import Landed, Noticed, Synced, Told, Waited
from kpictl.diagnostics import WorldError

BATCH_ROWS = 2_000
"""A database takes rows in bulk: each batch costs several statements, and one for each page of 50 would not do."""
COMMIT_SECONDS = 30
"""A slow walk commits so often, so that a kill costs no more."""

JUDGED_FROM = 1_000
"""Until so many records have come, a share is one of so many: the oldest may be the worst."""
REJECTS_FREE = 20
REJECTS_SHARE = 0.05
"""So many records of a walk may not fit, and this share of a longer one; more is a changed API."""
ALL_OF = 5
"""A whole walk of so many records or more of which none fits has the wrong columns."""

VANISHED_FREE = 20
VANISHED_SHARE = 0.05
"""So many rows may be missing from a whole walk, and this share of a larger table; more is a walk not to be trusted."""

EVERYTHING = Choice()


@dataclass(frozen=True, slots=True)
class Selection:
    """A connector and those of its streams that are synced."""

    connector: Connector
    streams: tuple[Stream, ...]


def everything(connectors: Sequence[Connector]) -> tuple[Selection, ...]:
    return tuple(Selection(connector, connector.streams) for connector in connectors)


def sync(
    selected: Sequence[Selection],
    sink: Sink,
    *,
    schema: str,
    now: datetime,
    choice: Choice = EVERYTHING,
    batch_rows: int = BATCH_ROWS,
) -> Iterator[Told]:
    """Lands the streams, each batch in one transaction with what says how far its stream has come.

    A stream that fails keeps what has landed, and the others go on; at the end the first failure is raised as
    WorldError, and the others have been told. `now` is the moment that the sync began, in any zone.
    """
    if now.tzinfo is None:
        raise ValueError("now needs a time zone")
    writing = _Writing(sink, schema, in_utc(now), choice, batch_rows)
    jobs = writing.prepare(selected)
    fetching = Fetching(jobs)
    failures: list[tuple[Job, Failed]] = []
    try:
        for job, said in fetching.said():
            match said:
                case Begun():
                    writing.walked[job.names].began_at = time.monotonic()
                case Wait():
                    yield Waited(*job.names, said.reason, said.seconds)
                case Failed():
                    writing.give_up(job)
                    failures.append((job, said))
                case Part() | Done():
                    try:
                        yield from writing.finish(job) if isinstance(said, Done) else writing.add(job, said)
                    except (AnswerError, WorldError) as error:  # its own, or the database's about its rows
                        writing.walked[job.names].is_over = True
                        fetching.cancelled.add(job.names)
                        failures.append((job, Failed(error)))
    finally:
        fetching.stop()
    yield from _told(failures)


@dataclass(slots=True)
class _Walked:
    """What has come of a walk so far."""

    waiting: Batch = field(default_factory=Batch)
    position: str | None = None
    committed_at: float = field(default_factory=time.monotonic)
    began_at: float = field(default_factory=time.monotonic)
    counts: dict[str, int] = field(default_factory=dict)
    received: int = 0
    mark: Mark | None = None
    rejected: int = 0
    first_rejected: Rejected | None = None
    has_nameless: bool = False
    """Whether a record that does not fit has no key that could be read."""
    unseen: frozenset[str] | None = None
    known_rejects: frozenset[str] = frozenset()
    """The names of records that did not fit when they last came."""
    is_over: bool = False


@dataclass(slots=True)
class _Writing:
    """The one thread that writes: batches of many streams, one after the other."""

    sink: Sink
    schema: str
    now: datetime
    choice: Choice
    batch_rows: int
    walked: dict[tuple[str, str], _Walked] = field(default_factory=dict)

    def prepare(self, selected: Sequence[Selection]) -> list[Job]:
        """Makes the tables, and reads how far each stream has come."""
        jobs = []
        with self.sink.transaction():  # short: later transactions must not hold locks of definitions
            for table in (state_table(self.schema), bookmark_table(self.schema), rejects_table(self.schema)):
                self.sink.create(table)
            for chosen in selected:
                for stream in chosen.streams:
                    landing = Landing(stream, self.schema, self.now)
                    new = [self.sink.create(table) for table in (landing.table, *landing.children)]
                    names = {"connector": chosen.connector.name, "stream": stream.name}
                    state = state_of(self.sink.find(bookmark_table(self.schema), names))
                    if any(new):
                        # A new column is empty in the rows that are there: everything is walked anew.
                        state = State()
                        self.sink.upsert(bookmark_table(self.schema), [state.row(*names.values())])
                    plan = plan_walk(stream, state, self.now, self.choice)
                    jobs.append(Job(chosen.connector, stream, plan, landing))
                    rejects = self.sink.find(rejects_table(self.schema), names)
                    self.walked[jobs[-1].names] = _Walked(
                        # Those of this very walk, where it goes on after a break.
                        has_nameless=any(is_nameless(str(row[3])) and _at(row) >= plan.began_at for row in rejects),
                        known_rejects=frozenset(str(row[3]) for row in rejects),
                    )
        return jobs

    def add(self, job: Job, part: Part) -> Iterator[Told]:
        walked = self.walked[job.names]
        if walked.is_over:
            return
        walked.waiting.add(part.batch)
        walked.position = part.position or walked.position
        walked.received += part.batch.received
        for reject in part.batch.rejects:
            walked.rejected += 1
            walked.first_rejected = walked.first_rejected or reject
            walked.has_nameless = walked.has_nameless or reject.key is None
        if part.batch.unseen is not None:
            walked.unseen = part.batch.unseen if walked.unseen is None else walked.unseen & part.batch.unseen
        self._refuse_a_changed_api(job, walked, max(walked.received, JUDGED_FROM))
        is_late = time.monotonic() - walked.committed_at > COMMIT_SECONDS
        if walked.waiting.row_count() >= self.batch_rows or (is_late and walked.waiting.rows):
            with self.sink.transaction():
                self._land(job, walked)
                self._save(job, self._under_way(job, walked))
            walked.committed_at = time.monotonic()
            yield Landed(*job.names, sum(walked.counts.values()))

    def finish(self, job: Job) -> Iterator[Told]:
        """The last batch of a walk, with the bookmark that it earns."""
        walked = self.walked[job.names]
        if walked.is_over:
            return
        self._refuse_a_changed_api(job, walked, walked.received)
        plan, noticed, deleted = job.plan, [], 0
        with self.sink.transaction():
            self._land(job, walked)
            is_complete = plan.is_full and not plan.is_resumed_by_mark
            if is_complete:
                deleted, brake = self._deletions(job, walked)
                noticed += brake
                is_complete = not brake
                names = {"connector": job.names[0], "stream": job.names[1]}
                self.sink.expire(rejects_table(self.schema), names, plan.began_at)
            self._save(job, self._after(job, walked, is_complete=is_complete))
            rows = [
                (*job.names, table.name.name, self.now, walked.counts.get(table.name.name, 0)) for table in _all(job)
            ]
            self.sink.upsert(state_table(self.schema), rows)
        walked.is_over = True
        yield from noticed
        yield from self._remarks(job, walked)
        seconds = time.monotonic() - walked.began_at
        for nth, table in enumerate(_all(job)):
            count = walked.counts.get(table.name.name, 0)
            yield Synced(*job.names, table.name.name, count, seconds, 0 if nth else deleted)

    def give_up(self, job: Job, *, goes_on: bool = True) -> None:
        """Keeps what has come of a walk that broke off, and where it can go on, if it can."""
        walked = self.walked[job.names]
        if walked.is_over:
            return
        walked.is_over = True
        if walked.waiting.rows or walked.waiting.rejects or walked.position:
            with self.sink.transaction():
                self._land(job, walked)
                self._save(job, self._under_way(job, walked) if goes_on else replace(job.plan.before, position=None))

    def _land(self, job: Job, walked: _Walked) -> None:
        batch, walked.waiting = walked.waiting, Batch()
        walked.mark = later(walked.mark, batch.mark)
        landing = job.landing
        if batch.rows:
            rows, below = landing.rows(batch), landing.child_rows(batch)
            self.sink.merge(landing.table, rows, below)
            for table, written in ((landing.table, rows), *below):
                walked.counts[table.name.name] = walked.counts.get(table.name.name, 0) + len(written)
        for name in walked.known_rejects & {landing.name_of(key) for key in batch.rows} if walked.known_rejects else ():
            names = {"connector": job.names[0], "stream": job.names[1], "record_key": name}
            self.sink.expire(rejects_table(self.schema), names, self.now)
        if batch.rejects:
            found = {
                (*job.names, each.table, each.name): (
                    *job.names, each.table, each.name, each.reason, each.record, self.now
                )
                for each in batch.rejects
            }  # fmt: skip
            self.sink.upsert(rejects_table(self.schema), list(found.values()))
            keys = [each.key for each in batch.rejects if each.key is not None]
            if keys:
                self.sink.touch(landing.table, landing.children, keys, self.now)

    def _refuse_a_changed_api(self, job: Job, walked: _Walked, of: int) -> None:
        """AnswerError where more records of so many do not fit than one believes, or of a whole walk none does."""
        first, rejected = walked.first_rejected, walked.rejected
        none_fits = job.plan.is_full and ALL_OF <= of == rejected
        if first is None or (rejected <= max(REJECTS_FREE, REJECTS_SHARE * of) and not none_fits):
            return
        self.give_up(job, goes_on=False)
        raise AnswerError(
            f"{rejected} of {walked.received} records do not fit {first.table}, and that is too many: "
            f"{first.name}: {first.reason}",
            help=f"they are in {self.schema}.{REJECTS_TABLE}; if the API has changed, the connector must",
            code="KPI506",
        )

    def _deletions(self, job: Job, walked: _Walked) -> tuple[int, list[Noticed]]:
        """Marks what a whole walk has not seen, unless that is more than one believes."""
        if job.stream.full_every is None:
            return 0, []
        table = job.landing.table
        vanished, there = self.sink.vanished(table, job.plan.began_at)
        if not vanished:
            return 0, []
        if walked.has_nameless:
            message = f"{counted(vanished)} of {table.name} may be gone, but some that do not fit have no key to tell"
            return 0, [Noticed(*job.names, message, "nothing was marked as deleted; look into raw_rejects")]
        too_many = vanished > max(VANISHED_FREE, VANISHED_SHARE * there) or vanished == there
        if too_many and not self.choice.allows_deletions:
            message = f"{vanished} of {there} records of {table.name} are gone from the API, and that is too many"
            advice = f"if that is right: kpictl sync {'.'.join(job.names)} --full --allow-deletions"
            return 0, [Noticed(*job.names, f"{message}: none was marked as deleted", advice)]
        self.sink.mark_deleted(table, job.landing.children, job.plan.began_at, self.now)
        return vanished, []

    def _remarks(self, job: Job, walked: _Walked) -> Iterator[Noticed]:
        first = walked.first_rejected
        if first is not None:
            does = "does" if walked.rejected == 1 else "do"
            message = f"{counted(walked.rejected)} {does} not fit {first.table}: {first.name}: {first.reason}"
            yield Noticed(*job.names, message, f"left out, and kept in {self.schema}.{REJECTS_TABLE}")
        if walked.unseen and job.plan.is_full:
            names = ", ".join(sorted(walked.unseen))
            yield Noticed(*job.names, f"no record had a value for {names}", "look whether `from` names what is sent")

    def _under_way(self, job: Job, walked: _Walked) -> State:
        plan = job.plan
        if self.choice.since is not None and not plan.is_full:
            # A position in the answer to this question means nothing in that to another.
            return replace(plan.before, position=None, walk_began_at=None)
        position = walked.position
        if job.stream.is_sorted and walked.mark is not None:
            position = mark_text(walked.mark)
        if position is None:
            position = plan.walk.position
        return replace(plan.before, position=position, walk_began_at=plan.began_at, walk_is_full=plan.is_full)

    def _after(self, job: Job, walked: _Walked, *, is_complete: bool) -> State:
        plan = job.plan
        kept = walked.position or plan.walk.position if job.stream.keeps_position else None
        return State(
            later(plan.before.bookmark, _capped(walked.mark, plan.began_at)),
            kept,
            None,
            False,
            plan.began_at if is_complete else plan.before.full_walk_at,
        )

    def _save(self, job: Job, state: State) -> None:
        self.sink.upsert(bookmark_table(self.schema), [state.row(*job.names)])


def _at(reject: Row) -> datetime:
    met = reject[6]
    assert isinstance(met, datetime), "every reject says when it was met"
    return met


def counted(records: int) -> str:
    return f"{records:,} record{'' if records == 1 else 's'}"


def _all(job: Job) -> tuple[Table, ...]:
    return (job.landing.table, *job.landing.children)


def _capped(mark: Mark | None, began_at: datetime) -> Mark | None:
    """No later than the walk's begin: what changed behind it carries later times, and a clock may be wrong."""
    return min(mark, began_at) if isinstance(mark, datetime) else mark


def _told(failures: Sequence[tuple[Job, Failed]]) -> Iterator[Noticed]:
    """Raises the first failure, after the others were told; those not tried are named with it."""
    tried = [(job, failed.error) for job, failed in failures if failed.error is not None]
    if not tried:
        return
    for job, error in tried[1:]:
        other = _error(job, error)
        yield Noticed(*job.names, str(other), other.help or "")
    first_job, first = tried[0]
    untried = [job.stream.name for job, failed in failures if failed.error is None]
    raise _error(first_job, first, untried) from (None if isinstance(first, AnswerError | WorldError) else first)


def _error(job: Job, error: BaseException, untried: Sequence[str] = ()) -> WorldError:
    """Says whose trouble it is, without secrets."""
    where = f"connector {job.names[0]}, stream {job.names[1]}"
    secrets = job.connector.secrets
    rest = f"; not tried then: {', '.join(untried)}" if untried else ""
    if isinstance(error, WorldError):
        return WorldError(redact(f"{where}: {error}{rest}", secrets), help=error.help, code=error.code)
    if isinstance(error, AnswerError):
        hint = None if error.help is None else redact(error.help, secrets)
        return WorldError(redact(f"{where}: {error}{rest}", secrets), help=hint, code=error.code)
    text = redact(f"{where}: the connector's code failed: {type(error).__name__}: {error}{rest}", secrets)
    return WorldError(text, help="correct the connector, or report it to its author", code="KPI507")
