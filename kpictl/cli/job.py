"""A command that works: what is known of it so far, and who is told."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from kpictl.cli.failure import Failure
from kpictl.cli.said import START, Said, said, step_after
from kpictl.pipeline.events import Event, Warned

if TYPE_CHECKING:
    from kpictl.catalog import Catalog


class Voice(Protocol):
    """Where the events of a run are told as they happen."""

    def shown(self) -> AbstractContextManager[None]: ...

    def tell(self, event: Event) -> None: ...


class Listener(Protocol):
    """Who else wants to know; what it says itself is a warning more on stderr, and changes no exit code."""

    def tell(self, event: Event) -> None: ...

    def fail(self, failure: Failure) -> Warned | None: ...

    def succeed(self) -> Warned | None: ...


@dataclass(slots=True)
class Job:
    """A command that works: what is known of it so far, and who is told.

    `folder` is that of the project whose webhook is told, `left` what a failure leaves behind.
    """

    command: str
    left: str
    voice: Voice
    listeners: list[Listener] = field(default_factory=list)
    folder: Path | None = None
    catalog: Catalog | None = None
    environment: str | None = None
    as_of: date | None = None
    run_id: str | None = None
    step: str = START
    is_under_way: bool = False
    heard: list[Said] = field(default_factory=list)

    def follow(self, events: Iterable[Event]) -> None:
        """Tell what the command does, until it is done."""
        self.is_under_way = True
        with self.voice.shown():
            for event in events:
                self.step = step_after(event, self.step)
                self.run_id = getattr(event, "run_id", None) or self.run_id
                if (words := said(event)) is not None:
                    self.heard.append(words)
                self.voice.tell(event)
                for listener in self.listeners:
                    listener.tell(event)

    def what_is_left(self, failure: Failure) -> str | None:
        """What a failure leaves behind; None where its help has said so."""
        if "nothing was published" in (failure.help or ""):
            return None
        return self.left if self.step == START else f"stopped at `{self.step}`: {self.left}"
