"""Standard output and standard error, with words for what goes wrong there."""

from __future__ import annotations

import os
from errno import EBADF
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Any, TextIO

from kpictl.diagnostics import WorldError


def stream(given: TextIO | None, descriptor: int) -> TextIO:
    """Standard output or error, with words for what goes wrong there; None is one that was closed (`>&-`).

    A closed one is kept from becoming a database's file: it refuses what is written, as if it were closed still.
    """
    if given is None:
        os.dup2(os.open(os.devnull, os.O_RDONLY), descriptor)
    elif not isinstance(given, TextIOWrapper):
        return given
    raw = _Output(descriptor, "w", closefd=False)
    is_unbuffered = given is not None and isinstance(given.buffer, FileIO)  # PYTHONUNBUFFERED
    return TextIOWrapper(
        raw if is_unbuffered else BufferedWriter(raw),
        encoding="utf-8" if given is None else given.encoding,
        errors="replace",  # a terminal that lacks a character shows `?`
        line_buffering=given is not None and given.line_buffering,
        write_through=is_unbuffered,
    )


class _Output(FileIO):
    """Where text goes until it first fails; nothing is said of what comes after that, and that a reader has gone away,
    as `head` does, is no news to anybody.

    That standard error fails nobody can be told: a run goes on without its words.
    """

    is_lost = False

    def write(self, data: Any, /) -> int:  # bytes, or a view of them
        size = memoryview(data).nbytes
        if size and not self.is_lost:  # click writes nothing to find out what it has before it
            try:
                return super().write(data)
            except BrokenPipeError:
                self.is_lost = True
                raise
            except OSError as error:
                self.is_lost = True
                if self.fileno() == 1:
                    why = "it is closed" if error.errno == EBADF else error.strerror
                    raise WorldError(
                        f"standard output cannot be written: {why}",
                        help="look at where it goes, and whether the disk is full",
                    ) from error
        return size
