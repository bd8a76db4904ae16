"""What a person reads on stderr when a command fails, and the exit code."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from shutil import get_terminal_size
from textwrap import fill
from traceback import format_exception
from typing import TextIO

from kpictl.cli.failure import BUG, Failure, failure_of
from kpictl.diagnostics.render import text


def colored(stream: TextIO) -> bool:
    """Whether to colour what goes there: a terminal that can, and nobody said NO_COLOR (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def tell(error: Exception) -> int:
    """Say what is wrong and what to do: the exit code."""
    failure = failure_of(error)
    if failure.exit_code == BUG and os.environ.get("KPICTL_DEBUG"):
        sys.stderr.write("".join(format_exception(error)))
    write(failure)
    return failure.exit_code


def write(failure: Failure) -> None:
    color = colored(sys.stderr)
    if failure.diagnostics:
        sys.stderr.write(text(failure.diagnostics, color=color, base=Path.cwd()))
        return
    heading = failure.heading
    sys.stderr.write(_wrapped(f"{heading} {failure.message}").replace(heading, _styled(heading, "1;31", color), 1))
    if failure.help is not None:
        sys.stderr.write(_wrapped(f"  help: {failure.help}").replace("help:", _styled("help:", "1", color), 1))
    if failure.code is not None:
        sys.stderr.write(f"  {_styled('more:', '1', color)} kpictl explain {failure.code}\n")


def _wrapped(text: str) -> str:
    """The text in lines as wide as the terminal, if it is one; a log gets one line."""
    if not sys.stderr.isatty():
        return f"{text}\n"
    width = max(get_terminal_size().columns, 40)
    return fill(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False) + "\n"


def _styled(word: str, style: str, color: bool) -> str:
    return f"\033[{style}m{word}\033[0m" if color else word
