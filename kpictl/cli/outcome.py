"""What a person reads on stderr when a command fails, and the exit code."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from shutil import get_terminal_size
from textwrap import fill
from traceback import format_exception
from typing import TextIO

from kpictl import __version__
from kpictl.diagnostics import CatalogError, KpictlError, WorldError
from kpictl.diagnostics.render import text

BUG = 70  # EX_SOFTWARE of sysexits.h


def colored(stream: TextIO) -> bool:
    """Whether to colour what goes there: a terminal that can, and nobody said NO_COLOR (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def tell(error: KpictlError) -> int:
    """Say what is wrong and what to do: the exit code."""
    color = colored(sys.stderr)
    if isinstance(error, CatalogError):
        sys.stderr.write(text(error.diagnostics, color=color, base=Path.cwd()))
        return error.exit_code
    code = error.code if isinstance(error, WorldError) else None
    heading = "error:" if code is None else f"error[{code}]:"
    sys.stderr.write(_wrapped(f"{heading} {error}").replace(heading, _styled(heading, "1;31", color), 1))
    if error.help is not None:
        sys.stderr.write(_wrapped(f"  help: {error.help}").replace("help:", _styled("help:", "1", color), 1))
    if code is not None:
        sys.stderr.write(f"  {_styled('more:', '1', color)} kpictl explain {code}\n")
    return error.exit_code


def _wrapped(text: str) -> str:
    """The text in lines as wide as the terminal, if it is one; a log gets one line."""
    if not sys.stderr.isatty():
        return f"{text}\n"
    width = max(get_terminal_size().columns, 40)
    return fill(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False) + "\n"


def _styled(word: str, style: str, color: bool) -> str:
    return f"\033[{style}m{word}\033[0m" if color else word


def bug(error: Exception) -> int:
    """Say that it is not the reader's fault: the exit code."""
    if os.environ.get("KPICTL_DEBUG"):
        sys.stderr.write("".join(format_exception(error)))
    first_line = next(iter(str(error).splitlines()), "")
    sys.stderr.write(
        f"error: a bug in kpictl {__version__}: {type(error).__name__}: {first_line}\n"
        "  help: run the command again with KPICTL_DEBUG=1, and report what it prints with the command\n"
    )
    return BUG
