"""`kpictl show --watch` on a terminal: it is redrawn for a new edition and another size, and left as it was."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kpictl.catalog import Column, TableName
from kpictl.engine import open_engine
from tests.cli.shop import URL, publish

PATIENCE_SECONDS = 30.0
ALTERNATE, BACK = "\x1b[?1049h", "\x1b[?1049l"
SHOW_CURSOR = "\x1b[?25h"


class Terminal:
    """What a command writes on a terminal of its own, from where it was looked at last."""

    def __init__(self, process: subprocess.Popen[bytes], screen: int) -> None:
        self.process, self._screen, self._unread = process, screen, ""
        self._decoder = getincrementaldecoder("utf-8")()

    def resize(self, rows: int, columns: int) -> None:
        termios.tcsetwinsize(self._screen, (rows, columns))

    def until(self, words: str) -> str:
        """All that was written up to the words."""
        due = time.monotonic() + PATIENCE_SECONDS
        while words not in self._unread:
            assert time.monotonic() < due, f"{words!r} is not on the screen: {self._unread!r}"
            if select.select([self._screen], [], [], 1)[0]:
                self._unread += self._decoder.decode(os.read(self._screen, 65536))
        before, _, self._unread = self._unread.partition(words)
        return before + words


@contextmanager
def watching(folder: Path, *arguments: str) -> Iterator[Terminal]:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "1"}
    environment.pop("COLUMNS", None)
    command = [sys.executable, "-m", "kpictl", "show", *arguments, "--watch"]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=environment)
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def sell(folder: Path, day: str, amount: str) -> None:
    """A sale more, and a new edition beside whoever reads the last one."""
    engine = open_engine(URL, folder)
    with engine.transaction():
        columns = (Column("sold_on", "date"), Column("amount", "decimal"), Column("channel", "text"))
        engine.load(TableName("raw", "sale"), columns, ((day, amount, "till"),))
    engine.close()
    publish(folder)


def plain(screen: str) -> list[str]:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen).replace("\r", "").split("\n")


def test_a_page_follows_what_is_published(published: Path) -> None:
    with watching(published, "revenue") as terminal:
        first = terminal.until("more lines")
        assert ALTERNATE in first
        lines = plain(first)
        assert lines[0] == "Revenue".ljust(80)
        assert re.search(r"Month to date +\$500 ", first)
        assert len(lines) == 24  # the terminal's
        # The page has so many lines more than the screen, of which the last says so.
        assert re.fullmatch(r"… and \d+ more lines", lines[-1])

        sell(published, "2025-03-09", "50")
        assert "Month to date" in terminal.until("$550")

        terminal.resize(60, 100)
        assert "What it is" in terminal.until("owner       us")

        file = published / "shop.published.duckdb"
        file.rename(published / "gone")
        assert "Revenue" in terminal.until("error, tried again: nothing has been published")
        (published / "gone").rename(file)
        assert "error" not in terminal.until("owner       us")[-200:]

        terminal.process.send_signal(signal.SIGINT)
        terminal.process.send_signal(signal.SIGINT)
        terminal.until(BACK)
        terminal.until(SHOW_CURSOR)
        assert terminal.process.wait(PATIENCE_SECONDS) == 0


def test_a_scoreboard_is_watched_too(published: Path) -> None:
    with watching(published) as terminal:
        terminal.resize(24, 60)
        terminal.until("changes are against the same days a year before")
        terminal.process.send_signal(signal.SIGTERM)
        terminal.until(BACK)
        assert terminal.process.wait(PATIENCE_SECONDS) == 0
