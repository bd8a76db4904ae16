"""The lines of a run for people: one for each step that is done, and the one that is going on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import fill

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from kpictl.cli.said import START, said, step_after
from kpictl.cli.terminal import UNLIMITED, console, printable
from kpictl.pipeline import Event, Finished, Progressed, Published, Refreshed, Waiting

LINE_COLUMNS = 80
STEP_COLUMNS = 26
WAIT_SECONDS = 5
"""A wait that a log tells; a terminal shows all of them, while they last."""
STYLES = {"done": "bold green", "note": "bold", "warning": "bold yellow"}


def line(event: Finished, columns: int = LINE_COLUMNS) -> str:
    """A finished step in a fixed number of columns: what it is left, rows and seconds right.

    >>> line(Finished("facts", 30186, 0.21, "30,186 written"), 66)
    'facts                     30,186 written     30,186 rows     0.2 s'
    """
    rows = f"{event.rows:,} {'row ' if event.rows == 1 else 'rows'}" if event.rows or not event.detail else ""
    numbers = f"{rows}{event.seconds:>8,.1f} s"
    step, detail = printable(event.step), printable(event.detail)
    left = f"{step:<{STEP_COLUMNS}}{detail}" if len(step) < STEP_COLUMNS else f"{step} {detail}"
    room = columns - len(numbers) - 1
    if len(left) > room:
        left = f"{left[: room - 1]}…"
    return f"{left:<{room}} {numbers}"


class Lines:
    """Lines on stderr, and on a terminal the spinner that shows where the run is."""

    def __init__(self) -> None:
        self.out: Console = console(sys.stderr)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        quiet = not self.out.is_terminal or self.out.is_dumb_terminal
        self.progress = Progress(*columns, console=self.out, transient=True, disable=quiet)
        self.step = START

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The live display, while the run goes on."""
        with self.progress:
            self.progress.add_task(self.step, total=None)
            yield

    def tell(self, event: Event) -> None:
        step = step_after(event, self.step)
        match event:
            case Waiting():
                told = f"{event.step}  {event.reason}, again in {event.seconds:.0f} s"
                self._describe(told)
                if event.seconds >= WAIT_SECONDS and self.progress.disable:
                    self.out.print(Text(printable(told)))
            case Progressed():
                self._describe(f"{event.step}  {event.detail}")
            case Finished():
                self.out.print(line(event, min(LINE_COLUMNS, self.out.width)))
            case Published() | Refreshed():
                self.progress.stop()
            case _:
                pass
        if (words := said(event)) is not None:
            self._say(f"{words.word}: ", STYLES[words.kind], words.message)
            if words.help is not None:
                self._say("  help: ", "bold", words.help)
        if step != self.step:
            self._go_on(step)

    def _go_on(self, step: str) -> None:
        self.step = step
        for task in self.progress.task_ids:
            self.progress.reset(task)
        self._describe(step)

    def _describe(self, doing: str) -> None:
        for task in self.progress.task_ids:
            self.progress.update(task, description=printable(doing))

    def _say(self, word: str, style: str, message: str) -> None:
        text = word + printable(message)
        if self.out.width < UNLIMITED:
            text = fill(text, self.out.width, subsequent_indent="  ", break_on_hyphens=False)
        shown = Text(text)
        shown.stylize(style, 0, len(word))
        self.out.print(shown)
