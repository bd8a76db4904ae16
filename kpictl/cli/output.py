"""Files that a command writes: whole, or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import BinaryIO

from kpictl.diagnostics import WorldError

STDOUT = Path("-")


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path beside that file to write to, which takes its place when all is written; STDOUT gets what is there then.

    What is no plain file, as a device or a pipe, cannot be replaced: it gets a copy too.
    """
    try:
        if path == STDOUT or (path.exists() and not path.is_file() and not path.is_dir()):
            with TemporaryDirectory(prefix="kpictl-") as folder:
                fresh = Path(folder) / "out"
                yield fresh
                with fresh.open("rb") as file, _opened(path) as out:
                    copyfileobj(file, out)
            return
        target = Path(os.path.realpath(path))
        fresh = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            yield fresh
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise WorldError(
            f"{path} cannot be written: {error.strerror or error}",
            help="look at its folder, and whether the disk is full",
        ) from error


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if path == STDOUT:
        yield sys.stdout.buffer
        return
    with path.open("wb") as file:
        yield file
