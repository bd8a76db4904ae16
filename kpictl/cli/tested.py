"""What `kpictl test` prints: a line for each test, and what was expected and found of those that failed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.text import Text

from kpictl.catalog import Catalog, KpiTest, near
from kpictl.cli.layout import aligned
from kpictl.cli.outcome import colored
from kpictl.cli.terminal import console, printable
from kpictl.diagnostics import CatalogError, KpictlError, UsageError
from kpictl.diagnostics.render import concise, text
from kpictl.pipeline import Got, Outcome
from kpictl.report.json_text import json_text, plain

HEAD = ("KPI", "entity", "window", "as of", "expected", "got")
SPARE = ("KPI", "entity")
NUMBERS = frozenset({4, 5})
MISSING = "-"
INDENT = "  "


def chosen(catalog: Catalog, names: Sequence[str]) -> tuple[KpiTest, ...]:
    """The tests whose names have one of `names` in them; UsageError for one that no test has."""
    for name in names:
        if not any(_is_called(test, name) for test in catalog.tests):
            close = near(name, [test.name for test in catalog.tests])
            advice = f"`{close}` is near" if close else "`kpictl test` without names runs all of them"
            raise UsageError(f"no test has `{name}` in its name", help=advice)
    return tuple(test for test in catalog.tests if not names or any(_is_called(test, name) for name in names))


def _is_called(test: KpiTest, name: str) -> bool:
    return name.casefold() in test.name.casefold()


def print_lines(results: Iterable[Outcome]) -> bool:
    """A line for each test as soon as it is done, then what failed, then a count; whether all passed."""
    out = console(sys.stdout)
    done = []
    for tested in results:
        word, style = ("passed", "green") if tested.passed else ("failed", "bold red")
        line = Text(f"{word}  {printable(tested.test.name)}")
        line.stylize(style, 0, len(word))
        out.print(line)
        done.append(tested)
    failed = [tested for tested in done if not tested.passed]
    for tested in failed:
        _explain(tested, out)
    if not done:
        return True
    passed = f"{len(done) - len(failed)} {'test' if len(done) - len(failed) == 1 else 'tests'} passed"
    summary = f"{len(failed)} failed, {passed}" if failed else passed
    out.print()
    out.print(summary, style="bold red" if failed else "bold green")
    return not failed


def _explain(tested: Outcome, out: Console) -> None:
    at = tested.test.places.at("name")
    out.print()
    out.print(Text.assemble(("failed: ", "bold red"), (printable(tested.test.name), "bold")))
    out.print(f"{INDENT}--> {_relative(at.path)}:{at.line}:{at.column}")
    for warning in tested.warnings:
        out.print(Text.assemble(INDENT, ("warning: ", "bold yellow"), printable(warning.message)))
    if tested.failure is not None:
        _fail(tested.failure, out)
        return
    rows = [row for line in tested.lines for row in _rows(line)]
    out.print()
    head, *others = aligned([HEAD, *rows], out.width - len(INDENT), SPARE, numbers=NUMBERS)
    out.print(INDENT + head, style="dim")
    for row in others:
        out.print(INDENT + row)


def _fail(failure: KpictlError, out: Console) -> None:
    if isinstance(failure, CatalogError):
        out.print()
        sys.stdout.write(text(failure.diagnostics, color=colored(sys.stdout), base=Path.cwd()))
        return
    out.print(Text.assemble(INDENT, ("error: ", "bold red"), printable(str(failure))))
    if failure.help is not None and "nothing was published" not in failure.help:
        out.print(Text.assemble(INDENT, ("help: ", "bold"), printable(failure.help)))


def _rows(line: Got) -> Iterator[tuple[str, ...]]:
    """A row for each side of a line that differs: the window's, and that of the prior one."""
    expected = line.expected
    sides = (
        (line.window, ("value", "status"), (expected.value, expected.status), (line.value, line.status)),
        (f"{line.window} prior", ("prior", "prior_status"), (expected.prior, expected.prior_status),
         (line.prior, line.prior_status)),
    )  # fmt: skip
    for window, keys, wanted, found in sides:
        if set(keys) & set(line.wrong):
            yield (
                expected.kpi,
                expected.entity,
                window,
                f"{line.as_of}",
                _wanted(*wanted),
                _found(*found, asked=wanted[1]),
            )


def _wanted(value: Decimal | None, status: str | None) -> str:
    """What a line says: a value, a status, or both."""
    return f"{'' if value is None else plain(value, ',')} {status or ''}".strip()


def _found(value: Decimal | None, status: str | None, *, asked: str | None) -> str:
    """What there is instead; a status that is as usual and that nobody asked about is not told."""
    shown = MISSING if value is None else plain(value, ",")
    return shown if status == "ok" and asked is None else f"{shown} {status}"


def print_json(results: Iterable[Outcome]) -> bool:
    """All tests as a JSON array; whether all passed."""
    done = list(results)
    console(sys.stdout).print(json_text([_object(tested) for tested in done]))
    return all(tested.passed for tested in done)


def _object(tested: Outcome) -> dict[str, object]:
    at = tested.test.places.at("name")
    return {
        "name": tested.test.name,
        "file": _relative(at.path),
        "line": at.line,
        "passed": tested.passed,
        "seconds": round(tested.seconds, 3),
        "error": None if tested.failure is None else _message(tested.failure),
        "warnings": [warning.message for warning in tested.warnings],
        "expect": [_line(line) for line in tested.lines],
    }


def _line(line: Got) -> dict[str, object]:
    expected = line.expected
    return {
        "kpi": expected.kpi,
        "entity": expected.entity,
        "window": line.window,
        "as_of": line.as_of,
        "wrong": list(line.wrong),
        "expected": {
            "value": expected.value,
            "status": expected.status,
            "prior": expected.prior,
            "prior_status": expected.prior_status,
        },
        "got": {
            "value": line.value,
            "status": line.status,
            "prior": line.prior,
            "prior_status": line.prior_status,
        },
    }


def _message(failure: KpictlError) -> str:
    if isinstance(failure, CatalogError):
        return concise(failure.diagnostics, base=Path.cwd()).strip()
    return str(failure)


def _relative(path: Path) -> str:
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)
