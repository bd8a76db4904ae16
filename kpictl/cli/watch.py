"""Keeps a terminal showing what was published last: a new edition, or another size of the terminal, is drawn anew."""

from __future__ import annotations

import os
import signal
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

from rich.console import Console, Group
from rich.control import Control
from rich.text import Text

from kpictl.catalog import Catalog
from kpictl.cli.layout import fitted
from kpictl.cli.scoreboard import Drawn
from kpictl.cli.terminal import columns, console
from kpictl.diagnostics import KpictlError, UsageError
from kpictl.engine import open_published
from kpictl.report import Reader, edition

POLL_SECONDS = 2.0
LOOK_SECONDS = 0.1
"""So often the size of the terminal is looked at."""

Read = Callable[[Reader], Drawn]
_Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read last, of which edition, and what has failed since."""

    edition: str
    drawn: Drawn
    failure: str | None = None


def refuse_unwatchable(*, json: bool) -> None:
    """UsageError where nothing can be drawn anew."""
    if json:
        raise UsageError("--watch draws on a terminal, --json is for programs", help="leave one of them out")
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        raise UsageError("--watch needs a terminal to draw on", help="without --watch it is printed once")


def watch_editions(catalog: Catalog, url: str, read: Read) -> None:
    """Until Ctrl-C. What fails before anything was shown is raised; what fails later is shown, and tried again."""
    seen = _look(catalog, url, read, None)
    out = console(sys.stdout)
    with _asked_to_end() as is_over, _without_echo(), out.screen() as screen:
        shown: tuple[Seen, _Size] | None = None
        due = time.monotonic() + POLL_SECONDS
        while not is_over():
            size = _size(out)
            if (seen, size) != shown:
                out.size = size
                out.control(Control.home())
                screen.update(Group(*_page(seen, *size)))
                shown = (seen, size)
            time.sleep(LOOK_SECONDS)
            if time.monotonic() >= due:
                seen = _look_again(catalog, url, read, seen)
                due = time.monotonic() + POLL_SECONDS


def _look(catalog: Catalog, url: str, read: Read, seen: Seen | None) -> Seen:
    """Opened for a moment: DuckDB's published file is replaced by the next one, and nobody's way is to be barred."""
    with closing(open_published(url, catalog.project.folder)) as reader, reader.transaction():
        found = edition(reader, catalog)
        if seen is not None and seen.edition == found:
            return replace(seen, failure=None)
        return Seen(found, read(reader))


def _look_again(catalog: Catalog, url: str, read: Read, seen: Seen) -> Seen:
    try:
        return _look(catalog, url, read, seen)
    except KpictlError as error:
        return replace(seen, failure=str(error))


def _page(seen: Seen, width: int, height: int) -> list[Text]:
    """What fits from the top, and how much does not."""
    lines = list(seen.drawn(width))
    last = [] if seen.failure is None else [Text(fitted(f"error, tried again: {seen.failure}", width), style="red")]
    room = height - len(last)
    if len(lines) > room:
        more = len(lines) - room + 1
        lines = lines[: room - 1]
        last.insert(0, Text(fitted(f"… and {more} more {'line' if more == 1 else 'lines'}", width), style="dim"))
    return [*lines, *last]


def _size(out: Console) -> _Size:
    try:
        found = os.get_terminal_size(out.file.fileno())
    except OSError:  # the terminal is about to be closed
        return out.size
    return columns(sys.stdout) or found.columns or 80, found.lines or 25


@contextmanager
def _asked_to_end() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C, or a signal to end, has come; pressed twice, it does not spoil the tidying."""
    asked: list[int] = []
    before = {
        each: signal.signal(each, lambda number, _: asked.append(number)) for each in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield lambda: bool(asked)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def _without_echo() -> Iterator[None]:
    """What is typed does not push the picture up."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    silent = [*before]
    silent[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(sys.stdin, termios.TCSANOW, silent)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, before)
