"""The terminal: where text goes, how wide it is, in colour or not."""

from __future__ import annotations

import os
import sys
import unicodedata
from typing import TextIO

from rich.console import Console

from kpictl.cli.outcome import colored

UNLIMITED = 1_000_000


def console(stream: TextIO) -> Console:
    """A console that prints what it is given: no markup, no guessed highlights, no wrapped lines."""
    return Console(
        file=stream,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=True,
        color_system="auto" if colored(stream) else None,
        width=columns(stream) or UNLIMITED,
    )


def columns(stream: TextIO) -> int | None:
    """How many columns there are: COLUMNS, else the stream's terminal, else that of stderr, where people
    see what is piped through `less`; None where nobody looks.
    """
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said) > 0:
        return int(said)
    for candidate in (stream, sys.stderr):
        try:
            return os.get_terminal_size(candidate.fileno()).columns or None
        except (OSError, ValueError):
            continue
    return None


_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"


def printable(words: str) -> str:
    r"""Names come from people's files, and must not steer the terminal.

    >>> printable("1\u202f234\xa0$\x1b[2J")
    '1\u202f234\xa0$\ufffd[2J'
    """
    return "".join(each if each.isprintable() or _is_harmless(each) else "\ufffd" for each in words)


def _is_harmless(character: str) -> bool:
    """Python calls no space printable but the plain one, and numbers and dates of many locales have others; nor does
    it those that join letters or emoji.
    """
    return unicodedata.category(character) == "Zs" or character in _JOINERS
