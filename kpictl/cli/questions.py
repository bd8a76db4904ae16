"""Asking on a terminal, one question at a time, until the answer is right."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from kpictl.cli.layout import aligned, wrapped
from kpictl.cli.terminal import columns
from kpictl.diagnostics import UsageError

Complaint = Callable[[str], str | None]
"""What is wrong with an answer, as it is shown; None if nothing is."""

SHOWN_AT_MOST = 20


def can_ask() -> bool:
    """Whether a person is there to answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def ask(question: str, *, default: str | None = None, complaint: Complaint | None = None) -> str:
    """The answer without the blanks around it; Enter takes the default, an empty one too."""
    hint = f" [{default}]" if default else ""
    while True:
        answer = _line(f"{question}{hint}: ").strip() or default
        if answer is None:
            continue
        wrong = complaint(answer) if complaint is not None and answer else None
        if wrong is None:
            return answer
        say(wrong)


def choose(
    question: str,
    rows: Sequence[Sequence[str]],
    *,
    default: str | None = None,
    complaint: Complaint | None = None,
) -> str:
    """One of the rows, by its first cell or its number; what is neither is for the complaint to judge."""
    numbered = [(str(number), *row) for number, row in enumerate(rows, start=1)]
    if numbered:
        for line in aligned(numbered[:SHOWN_AT_MOST], width() - 2, numbers=frozenset({0})):
            say(f"  {line}")
    if len(numbered) > SHOWN_AT_MOST:
        say(f"  and {len(numbered) - SHOWN_AT_MOST} more")
    names = {number: name for number, name, *_ in numbered}

    def meant(answer: str) -> str:
        return names.get(answer, answer) if answer not in names.values() else answer

    def wrong(answer: str) -> str | None:
        return None if complaint is None else complaint(meant(answer))

    return meant(ask(question, default=default, complaint=wrong))


def confirm(question: str) -> bool:
    """Yes unless the answer is no."""
    return ask(f"{question} [Y/n]", default="", complaint=_neither).lower() not in ("n", "no")


def paragraph(text: str) -> None:
    for line in wrapped(text, width() - 2):
        say(f"  {line}")


def width() -> int:
    return columns(sys.stderr) or 80


def _neither(answer: str) -> str | None:
    return None if answer.lower() in ("y", "yes", "n", "no") else "y or n?"


def _line(prompt: str) -> str:
    """A line of the terminal; UsageError where the input ends."""
    try:
        line = _input(prompt)
    except KeyboardInterrupt:
        say("\nNothing was written.")
        raise
    if line is None:
        say("")
        raise UsageError("the input ended in the middle; nothing was written")
    return line


def _input(prompt: str) -> str | None:
    if sys.stdout.isatty():
        with suppress(ImportError):
            import readline  # noqa: F401 -- gives `input` its arrow keys
        with suppress(EOFError):
            return input(prompt)
        return None
    # `input` would write the prompt to wherever stdout goes.
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return sys.stdin.readline() or None
