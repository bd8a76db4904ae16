"""The lines of a run: one for each step that is done, and the one that is going on."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import fill
from typing import assert_never

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from kpictl.cli.outcome import tell
from kpictl.cli.terminal import UNLIMITED, console, printable
from kpictl.diagnostics import KpictlError
from kpictl.pipeline import Event, Finished, Progressed, Published, Refreshed, Started, Waiting, Warned

LINE_COLUMNS = 80
STEP_COLUMNS = 26
UNPUBLISHED = "nothing was published, the tables of the last run stay"
UNSYNCED = "what has landed stays, and the next sync goes on from there"
START = "start"
WAIT_SECONDS = 5
"""A wait that a log tells; a terminal shows all of them, while they last."""


def follow(events: Iterable[Event], left: str = UNPUBLISHED) -> None:
    """Tell on stderr what a run does, until it is done; typer.Exit with its code where it fails.

    `left` says what a failure leaves behind.
    """
    out = console(sys.stderr)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    quiet = not out.is_terminal or out.is_dumb_terminal
    with Progress(*columns, console=out, transient=True, disable=quiet) as progress:
        lines = _Lines(out, progress)
        try:
            for event in events:
                lines.tell(event)
        except KpictlError as error:
            progress.stop()
            code = tell(error)
            if "nothing was published" not in (error.help or ""):
                where = "" if lines.step == START else f"stopped at `{lines.step}`: "
                sys.stderr.write(f"  {where}{left}\n")
            raise typer.Exit(code) from None
        except KeyboardInterrupt:
            progress.stop()
            sys.stderr.write(f"interrupted at `{lines.step}`: {left}\n")
            raise


def line(event: Finished, columns: int = LINE_COLUMNS) -> str:
    """A finished step in a fixed number of columns: what it is left, rows and seconds right.

    >>> line(Finished("facts", 30186, 0.21, "30,186 written"), 66)
    'facts                     30,186 written     30,186 rows     0.2 s'
    """
    numbers = f"{event.rows:,} {'row ' if event.rows == 1 else 'rows'}{event.seconds:>8,.1f} s"
    step, detail = printable(event.step), printable(event.detail)
    left = f"{step:<{STEP_COLUMNS}}{detail}" if len(step) < STEP_COLUMNS else f"{step} {detail}"
    room = columns - len(numbers) - 1
    if len(left) > room:
        left = f"{left[: room - 1]}…"
    return f"{left:<{room}} {numbers}"


@dataclass(slots=True)
class _Lines:
    """Where the run is, and the spinner that shows it."""

    out: Console
    progress: Progress
    step: str = START

    def __post_init__(self) -> None:
        self.progress.add_task(self.step, total=None)

    def go_on(self, step: str) -> None:
        self.step = step
        for task in self.progress.task_ids:
            self.progress.reset(task)
        self.describe(step)

    def describe(self, doing: str) -> None:
        for task in self.progress.task_ids:
            self.progress.update(task, description=printable(doing))

    def tell(self, event: Event) -> None:
        match event:
            case Started():
                self.go_on(event.step)
            case Waiting():
                told = f"{event.step}  {event.reason}, again in {event.seconds:.0f} s"
                self.describe(told)
                if event.seconds >= WAIT_SECONDS and self.progress.disable:
                    self.out.print(Text(printable(told)))
            case Progressed():
                self.describe(f"{event.step}  {event.detail}")
            case Finished():
                self.out.print(line(event, min(LINE_COLUMNS, self.out.width)))
                if event.step == "dashboard":
                    self.go_on("publish")
            case Warned():
                self.say("warning: ", "bold yellow", event.message)
                if event.help is not None:
                    self.say("  help: ", "bold", event.help)
            case Published():
                self.progress.stop()
                kpis = f"{event.kpis:,} {'KPI' if event.kpis == 1 else 'KPIs'}"
                took = f"{event.facts:,} facts, in {event.seconds:.1f} s."
                self.say("Finished: ", "bold green", f"{kpis} as of {event.as_of}, {took}")
            case Refreshed():
                self.progress.stop()
                streams = f"{event.streams:,} {'stream' if event.streams == 1 else 'streams'}"
                rows = f"{event.rows:,} {'row' if event.rows == 1 else 'rows'}"
                self.say("Synced: ", "bold green", f"{streams}, {rows}, in {event.seconds:.1f} s.")
            case never:
                assert_never(never)

    def say(self, word: str, style: str, message: str) -> None:
        text = word + printable(message)
        if self.out.width < UNLIMITED:
            text = fill(text, self.out.width, subsequent_indent="  ", break_on_hyphens=False)
        shown = Text(text)
        shown.stylize(style, 0, len(word))
        self.out.print(shown)
