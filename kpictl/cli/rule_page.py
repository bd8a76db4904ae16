"""Prints the page of a rule."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from kpictl.catalog import near
from kpictl.check import PAGES, RulePage, page
from kpictl.check.pages import CLOSE, OPEN, with_files_marked
from kpictl.cli.layout import wrapped
from kpictl.cli.outcome import colored
from kpictl.cli.terminal import columns
from kpictl.diagnostics import Severity, UsageError

WIDTH_AT_MOST = 100
LISTED = 8
"""A list of more codes than these helps nobody."""
RED, YELLOW, GREEN, BOLD = "1;31", "1;33", "1;32", "1"


def print_rule(code: str) -> None:
    """Print what a rule says, why, and a wrong and a right example."""
    rules = {each.code: each for each in PAGES}
    if code not in rules:
        raise UsageError(f"no rule has the code {code}", help=_instead(code, list(rules)))
    width = min(columns(sys.stdout) or 80, WIDTH_AT_MOST)
    sys.stdout.write("\n".join(_lines(page(rules[code]), width, color=colored(sys.stdout))) + "\n")


def _instead(code: str, known: Sequence[str]) -> str:
    """The codes that begin so, or one that is near."""
    begun = [each for each in known if each.startswith(code)]
    close = None if begun else next((each for each in known if code.startswith(each)), near(code, known))
    if close is not None:
        return f"`{close}` is near"
    if 0 < len(begun) <= LISTED:
        return f"there are {', '.join(begun)}"
    first, *_, last = begun or known
    return f"codes go from {first} to {last}"


def _lines(shown: RulePage, width: int, *, color: bool) -> Iterator[str]:
    def painted(style: str, words: str) -> str:
        return f"\033[{style}m{words}\033[0m" if color else words

    accent = RED if shown.severity is Severity.ERROR else YELLOW
    severity = painted(accent, f"({shown.severity})")
    yield f"{painted(BOLD, f'{shown.code} {shown.name}')} {severity}"
    for paragraph in (shown.what, *(shown.why.split("\n\n") if shown.why else ())):
        yield ""
        yield from wrapped(paragraph, width)
    yield from ("", painted(RED, "Wrong:"), "")
    for line in marked(shown.wrong):
        yield painted(accent, line) if line.strip(" ^") == "" and line else line
    yield from ("", painted(GREEN, "Right:"), "")
    yield from marked(shown.right)
    if shown.can_be_allowed:
        yield ""
        yield from wrapped(f"It can be allowed by a comment: `# kpictl: allow {shown.code} why`", width)


def marked(example: str) -> Iterator[str]:
    """The lines of an example without its marks, carets below each place that they mark."""
    depth = 0
    for line in with_files_marked(example).splitlines():
        plain, carets = "", ""
        for character in line:
            if character in (OPEN, CLOSE):
                depth += 1 if character == OPEN else -1
                if character == CLOSE and not carets.endswith("^"):
                    carets += "^"  # a place without a width
            else:
                plain += character
                carets += "^" if depth and (character != " " or plain.strip()) else " "
        yield f"  {plain}".rstrip()
        if "^" in carets:
            yield f"  {carets}".rstrip()
