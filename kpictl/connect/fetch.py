"""Threads that call APIs and make rows of what comes back, while one thread alone writes to the database."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from kpictl.connect.client import Client
from kpictl.connect.exchange import Answer, AnswerError, Local, Pages
from kpictl.connect.landing import Batch, Landing
from kpictl.connect.state import Plan
from kpictl.connect.stream import Connector, Stream

QUEUED_PARTS = 8
"""Pages that may wait for the database: so many bound the memory that they take."""
STOP_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Job:
    """One stream to walk."""

    connector: Connector
    stream: Stream
    plan: Plan
    landing: Landing

    @property
    def names(self) -> tuple[str, str]:
        return self.connector.name, self.stream.name


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a job; `position` is where its walk can go on after them, if one is known."""

    batch: Batch
    position: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A job's first call is about to be made."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A call is tried again after so many seconds."""

    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Done:
    """A job has come to its end."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A job has failed, or was not tried because another stream's failure says that it would."""

    error: BaseException | None


Said = Begun | Part | Wait | Done | Failed


class Stopped(Exception):  # noqa: N818 -- not an error: nobody listens any more
    """The sync is over."""


@dataclass(slots=True)
class Fetching:
    """The threads of one sync: as many for each connector as it allows. What they say comes out in `said`."""

    jobs: Sequence[Job]
    cancelled: set[tuple[str, str]] = field(default_factory=set)
    """The names of jobs that nobody waits for any more."""
    _queue: queue.Queue[tuple[Job, Said]] = field(default_factory=lambda: queue.Queue(QUEUED_PARTS))
    _stop: threading.Event = field(default_factory=threading.Event)

    def said(self) -> Iterator[tuple[Job, Said]]:
        """All that the threads say, until each job is done or has failed."""
        by_connector: dict[str, list[Job]] = {}
        for job in self.jobs:
            by_connector.setdefault(job.connector.name, []).append(job)
        for jobs in by_connector.values():
            _Crew(jobs[0].connector, deque(jobs), self._put, self._stop, self.cancelled).start()
        left = len(self.jobs)
        while left:
            job, said = self._queue.get()
            left -= isinstance(said, Done | Failed)
            yield job, said

    def stop(self) -> None:
        """Ends the threads; one that waits for an answer ends when that has come."""
        self._stop.set()

    def _put(self, job: Job, said: Said) -> None:
        while not self._stop.is_set():
            try:
                return self._queue.put((job, said), timeout=STOP_SECONDS)
            except queue.Full:
                continue
        raise Stopped


@dataclass(slots=True)
class _Crew:
    """The threads of one connector, which share its client and its list of jobs."""

    connector: Connector
    jobs: deque[Job]
    put: Callable[[Job, Said], None]
    stop: threading.Event
    cancelled: set[tuple[str, str]]
    is_hopeless: bool = False

    def start(self) -> None:
        # Daemons: an interrupted command does not wait for an API's answer.
        threading.Thread(target=self._lead, name=self.connector.name, daemon=True).start()

    def _lead(self) -> None:
        """Opens the client that all threads share, and closes it after the last of them."""
        try:
            client = Client(self.connector, self._sleep)
        except Exception as error:  # noqa: BLE001 -- a proxy or a certificate of the environment that is none
            trouble = AnswerError(
                f"no client can be made: {type(error).__name__}: {error}",
                help="look at the proxies and certificates in the environment: HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE",
                code="KPI502",
            )
            self._give_up(trouble)
            return
        with client:
            others = [
                threading.Thread(target=self._work, args=(client,), name=f"{self.connector.name} {nth}", daemon=True)
                for nth in range(1, min(self.connector.concurrency, len(self.jobs)))
            ]
            for other in others:
                other.start()
            self._work(client)
            for other in others:
                other.join()

    def _give_up(self, trouble: AnswerError) -> None:
        error: AnswerError | None = trouble
        try:
            for job in self.jobs:
                self.put(job, Failed(error))
                error = None
        except Stopped:
            return

    def _work(self, client: Client) -> None:
        while not self.stop.is_set():
            try:
                job = self.jobs.popleft()
            except IndexError:
                return
            try:
                self._fetch(job, client)
            except Stopped:
                return

    def _fetch(self, job: Job, client: Client) -> None:
        if self.is_hopeless:
            return self.put(job, Failed(None))
        self.put(job, Begun())
        try:
            for part in parts(job, client, lambda reason, seconds: self.put(job, Wait(reason, seconds))):
                self.put(job, part)
                if job.names in self.cancelled:
                    break
        except Stopped:
            raise
        except BaseException as error:  # noqa: BLE001 -- a plugin's code may raise anything; the sync tells whose it was
            if isinstance(error, AnswerError) and error.is_for_all:
                self.is_hopeless = True
            return self.put(job, Failed(error))
        return self.put(job, Done())

    def _sleep(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise Stopped


def parts(job: Job, client: Client, told: Callable[[str, float], None]) -> Iterator[Part]:
    """The rows of a walk, page by page."""
    pages: Pages = job.stream.pages(job.plan.walk)
    asked = next(pages, None)
    while asked is not None:
        answer, position = Answer(), None
        match asked:
            case Local():
                yield Part(job.landing.batch(asked.items), asked.position)
            case _ if asked.is_file:
                answer, records = client.read(asked, told)
                for items in records:
                    yield Part(job.landing.batch(job.stream.items(items)))
            case _:
                answer = client.call(asked, told)
                if asked.holds_records and answer.status not in asked.accepts:
                    yield Part(job.landing.batch(job.stream.items(answer.body)))
        try:
            asked = pages.send(answer)
        except StopIteration:
            return
        position = None if isinstance(asked, Local) else asked.position
        if position is not None:
            yield Part(Batch(), position)
