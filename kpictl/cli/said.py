"""What an event says to people: the same words on the terminal, in a log and in what is sent to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

from kpictl.pipeline.events import (
    Began,
    Event,
    Finished,
    Progressed,
    Published,
    Refreshed,
    Restated,
    Stale,
    Started,
    Waiting,
    Warned,
)

START = "start"


@dataclass(frozen=True, slots=True)
class Said:
    """A message with the word that it begins with."""

    kind: Literal["done", "note", "warning"]
    word: str
    message: str
    help: str | None = None

    def lines(self) -> list[str]:
        advice = [] if self.help is None else [f"  help: {self.help}"]
        return [f"{self.word}: {self.message}", *advice]


def said(event: Event) -> Said | None:
    """The message of an event that has one; steps are shown in another way."""
    match event:
        case Began() | Started() | Progressed() | Waiting() | Finished():
            return None
        case Warned():
            return Said("warning", "warning", event.message, event.help)
        case Restated():
            numbers, dates = _count(event.numbers, "number"), _count(event.as_of_dates, "as-of date")
            return Said("note", "restated", f"{numbers} of {dates}; kpi_restatement keeps the old ones")
        case Stale():
            days = str(event.first) if event.first == event.last else f"{event.first} to {event.last}"
            verb = "was" if event.as_of_dates == 1 else "were"
            cause, how = (
                ("changed definitions", "with the old ones") if event.by_definition else ("late data", "without it")
            )
            message = f"{_count(event.as_of_dates, 'earlier as-of date')}, {days}, {verb} reported {how}"
            return Said("note", cause, message, f"kpictl run --backfill {event.first}:{event.last}")
        case Published():
            took = f"{_count(event.facts_written, 'fact')} written, in {event.seconds:.1f} s."
            dates = f"as of {event.as_of}"
            if event.as_of_dates > 1:
                dates = f"at {event.as_of_dates:,} as-of dates until {event.as_of}"
            return Said("done", "Finished", f"{_count(event.kpis, 'KPI')} {dates}, {took}")
        case Refreshed():
            took = f"{_count(event.rows, 'row')}, in {event.seconds:.1f} s."
            return Said("done", "Synced", f"{_count(event.streams, 'stream')}, {took}")
        case never:
            assert_never(never)


def step_after(event: Event, step: str) -> str:
    """Where the command is, once that has happened."""
    match event:
        case Started():
            return event.step
        case _:
            return step


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
