"""A person at a terminal: answers are typed when the command waits for them, and the screen is read."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

PATIENCE_SECONDS = 30.0


def typed(arguments: Sequence[str], answers: Sequence[tuple[str, str]], folder: Path) -> tuple[int, str]:
    """The exit code and the screen of a command; each answer is typed once what it answers is on the screen.

    An answer of `^D` ends the input, one of `^C` interrupts.
    """
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "kpictl", *arguments]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=environment)
    os.close(theirs)
    try:
        screen = _conversation(process, ours, answers)
        return process.wait(PATIENCE_SECONDS), screen.replace("\r\n", "\n")
    finally:
        process.kill()  # nobody waits for a command that asks on after a test has failed
        process.wait()
        os.close(ours)


def _conversation(process: subprocess.Popen[bytes], ours: int, answers: Sequence[tuple[str, str]]) -> str:
    screen = ""
    seen = 0
    for question, answer in answers:
        while question not in screen[seen:]:
            more = _read(ours)
            assert more is not None, f"{question!r} was not asked: {screen[seen:]!r}"
            screen += more
        seen = len(screen)
        if answer == "^C":
            screen += _interrupt(process, ours)
        else:
            os.write(ours, b"\x04" if answer == "^D" else f"{answer}\n".encode())
    while (more := _read(ours)) is not None:
        screen += more
    return screen


def _interrupt(process: subprocess.Popen[bytes], terminal: int) -> str:
    """Interrupt as the terminal does, and again where readline was not waiting yet when it came; what follows."""
    screen = ""
    patience_until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < patience_until:
        process.send_signal(signal.SIGINT)
        while select.select([terminal], [], [], 1)[0]:
            more = _read(terminal)
            if more is None:
                return screen
            screen += more
    raise AssertionError("the command takes no interrupt")


def _read(terminal: int) -> str | None:
    """What comes next; None where the command has ended."""
    ready, _, _ = select.select([terminal], [], [], PATIENCE_SECONDS)
    assert ready, "the command neither asks nor ends"
    try:
        return os.read(terminal, 65536).decode() or None
    except OSError:
        return None
