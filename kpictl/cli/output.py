"""Files that a command writes: whole, or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from stat import S_IMODE, S_IRWXG
from tempfile import TemporaryDirectory, mkstemp
from typing import BinaryIO

from kpictl.cli.terminal import printable
from kpictl.diagnostics import UsageError, WorldError

STDOUT = Path("-")


def called(path: Path) -> str:
    """What people call the file."""
    return "standard output" if path == STDOUT else printable(str(path))


def refuse_folder(path: Path) -> None:
    """UsageError for what cannot be written to; no name at all is a folder too."""
    if os.path.isdir(path):  # noqa: PTH112 -- Path.is_dir() raises where a name is too long
        folder = "this folder" if path == Path() else f"the folder {called(path)}"
        raise UsageError(f"--out names {folder}, and no file", help="name a file in it")


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path beside that file to write to, which takes its place when all is written; STDOUT gets what is there then.

    What is no plain file, as a device or a pipe, cannot be replaced: it gets a copy too.
    """
    refuse_folder(path)
    try:
        if path == STDOUT or (path.exists() and not path.is_file()):
            with TemporaryDirectory(prefix="kpictl-") as folder:
                fresh = Path(folder) / "out"
                yield fresh
                with fresh.open("rb") as file, _opened(path) as out:
                    copyfileobj(file, out)
            return
        with _replacing(Path(os.path.realpath(path))) as fresh:
            yield fresh
    except BrokenPipeError:
        raise
    except OSError as error:
        where = "where it goes, at the folder TMPDIR" if path == STDOUT else "its folder"
        raise WorldError(
            f"{called(path)} cannot be written: {error.strerror or error}",
            help=f"look at {where}, and whether the disk is full",
        ) from error


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A file that nobody else reads, until it takes the target's place and is as open as that was."""
    handle, name = mkstemp(dir=target.parent, prefix=".kpictl-")
    os.close(handle)
    fresh = Path(name)
    try:
        yield fresh
        _open_like(fresh, target)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _open_like(fresh: Path, target: Path) -> None:
    """Let those read it who may read the target; where that is new, whom the umask says."""
    try:
        there = target.stat()
    except FileNotFoundError:
        fresh.chmod(0o666 & ~_umask())
        return
    mode = S_IMODE(there.st_mode)
    try:
        os.chown(fresh, there.st_uid, there.st_gid)
    except PermissionError:
        if fresh.stat().st_gid != there.st_gid:
            mode &= ~S_IRWXG  # what was for that group is not for this one
    fresh.chmod(mode)


def _umask() -> int:
    """It can be read by setting it alone."""
    found = os.umask(0o077)
    os.umask(found)
    return found


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if path == STDOUT:
        yield sys.stdout.buffer
        return
    with path.open("wb") as file:
        yield file
