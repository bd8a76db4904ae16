"""A change to a file as a unified diff, which `git apply` takes in the project's folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import unified_diff

NO_BREAK = "\\ No newline at end of file\n"
COLORS = {"---": "1", "+++": "1", "@@": "36", "+": "32", "-": "31"}


def difference(old: str | None, new: str, name: str) -> str:
    r"""The diff of a file that is called `name` from the project's folder on; a new file has no old text.

    >>> print(difference("a\n", "a\nb\n", "kpis/a.yml"), end="")
    --- a/kpis/a.yml
    +++ b/kpis/a.yml
    @@ -1 +1,2 @@
     a
    +b
    """
    before = "/dev/null" if old is None else f"a/{name}"
    lines = unified_diff(_lines(old or ""), _lines(new), before, f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n{NO_BREAK}" for line in lines)


def colored_difference(diff: str) -> Iterator[str]:
    """The lines of a diff in the colours that git gives them."""
    for line in diff.splitlines():
        color = next((color for start, color in COLORS.items() if line.startswith(start)), None)
        yield f"{line}\n" if color is None else f"\033[{color}m{line}\033[0m\n"


def _lines(text: str) -> list[str]:
    """Lines as git has them: a line feed ends them and nothing else."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
