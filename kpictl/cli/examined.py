"""How the checks of `kpictl doctor` are printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import fill

from rich.text import Text

from kpictl.cli.terminal import UNLIMITED, console, printable
from kpictl.diagnostics.render import json as diagnostics_json
from kpictl.diagnostics.render import relative
from kpictl.pipeline.doctor import Looked, Status

INDENT = 22
STYLES: dict[Status, str] = {"ok": "bold green", "warning": "bold yellow", "error": "bold red", "skipped": "bold"}


def print_lines(looked: Iterable[Looked]) -> int:
    """A line for each check as it is done, what to do below it; the exit code of the first that failed."""
    out = console(sys.stdout)
    code = 0
    for each in looked:
        code = code or each.exit_code
        for nth, line in enumerate(_lines(each)):
            text = printable(line)
            if out.width < UNLIMITED:
                text = fill(
                    text, out.width, subsequent_indent=" " * INDENT, break_on_hyphens=False, break_long_words=False
                )
            shown = Text(text)
            if nth == 0:
                shown.stylize(STYLES[each.status], 0, len(each.status))
            out.print(shown)
    return code


def _lines(looked: Looked) -> Iterator[str]:
    yield f"{looked.status:<9}{looked.check:<{INDENT - 9}}{looked.said}"
    indent = " " * INDENT
    for found in looked.found:
        place = f"{relative(found.at.path, Path.cwd())}:{found.at.line}:{found.at.column}"
        yield f"{indent}{place}: {found.severity}[{found.code}] {found.message}"
        if found.help is not None:
            yield f"{indent}help: {found.help}"
    if looked.help is not None:
        yield f"{indent}help: {looked.help}"


def print_json(looked: Iterable[Looked]) -> int:
    """The checks as a JSON list of objects, of which no key is ever missing; the exit code of the first that failed."""
    done = list(looked)
    values = [
        {
            "check": each.check,
            "status": each.status,
            "message": each.said,
            "help": each.help,
            "exit_code": each.exit_code,
            "findings": json.loads(diagnostics_json(each.found, base=Path.cwd())),
        }
        for each in done
    ]
    sys.stdout.write(json.dumps(values, indent=2, ensure_ascii=False) + "\n")
    return next((each.exit_code for each in done if each.exit_code), 0)
