"""How the journal is printed: a line for each run, or one run whole."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from kpictl.catalog import Catalog
from kpictl.cli.explain_numbers import shape_of
from kpictl.cli.layout import aligned, wrapped
from kpictl.cli.progress import LINE_COLUMNS, line
from kpictl.cli.terminal import console, printable
from kpictl.pipeline.journal import Entry
from kpictl.pipeline.runs import RestatedNumber, Whole
from kpictl.report.format import MISSING, value
from kpictl.report.json_text import json_text, plain

NO_RUN = "nothing has run yet: `kpictl run` does"
LABEL_COLUMNS = 12
HEAD = ("as of", "KPI", "entity", "window", "side", "old", "new")
SPARE = ("KPI", "entity")
NUMBERS = frozenset({5, 6})


def print_runs(found: Sequence[Entry], catalog: Catalog, file_holder: str | None, *, json: bool) -> None:
    """The runs, the newest first; where the file is open elsewhere, the last of them is the last that published."""
    out = console(sys.stdout)
    if file_holder is not None:
        held = f"{file_holder}: these are the runs up to the last that has published"
        sys.stderr.write("\n".join([*wrapped(held, console(sys.stderr).width), ""]))
    if json:
        out.print(json_text([entry_object(entry) for entry in found]))
    elif not found:
        sys.stderr.write(f"{NO_RUN}\n")
    else:
        out.print(_in_columns("run", "began", "status", "as of", "s", "days", "warn", "restated"), style="dim")
        for entry in found:
            out.print(run_line(entry, catalog))


def run_line(entry: Entry, catalog: Catalog) -> str:
    """A run in 80 columns."""
    return _in_columns(
        entry.run_id,
        f"{entry.began_at.astimezone(ZoneInfo(catalog.project.timezone)):%m-%d %H:%M}",
        entry.status,
        str(entry.as_of_date) if entry.as_of_dates == 1 else f"{entry.as_of_dates:,} dates",
        MISSING if entry.seconds is None else f"{entry.seconds:.1f}",
        # Of "12 days from …", "all days: …", "no day has changed" the first word.
        MISSING if entry.recomputed is None else entry.recomputed.partition(" ")[0],
        _number(entry.warnings),
        _number(entry.restated),
    )


def _in_columns(run: str, began: str, status: str, as_of: str, seconds: str, *numbers: str) -> str:
    days, warnings, restated = numbers
    text = f"{run:<20} {began:<11} {status:<9} {as_of:<10} {seconds:>6} {days:>5} {warnings:>4} {restated:>8}"
    return printable(text)


def _number(number: int | None) -> str:
    return MISSING if number is None else f"{number:,}"


def entry_object(entry: Entry) -> dict[str, object]:
    """The columns of the journal."""
    return {name: getattr(entry, name) for name in type(entry).__slots__}


def print_run(found: Whole, catalog: Catalog, *, json: bool) -> None:
    out = console(sys.stdout)
    if json:
        out.print(json_text(_object(found, catalog)))
        return
    for text in _fields(found.entry, catalog, out.width):
        out.print(text)
    if found.steps:
        out.print()
        for step in found.steps:
            out.print(line(step, min(LINE_COLUMNS, out.width)))
    if found.restated:
        out.print()
        head, *rows = aligned(
            [HEAD, *(_cells(each, catalog) for each in found.restated)], out.width, SPARE, numbers=NUMBERS
        )
        out.print(head, style="dim")
        for row in rows:
            out.print(row)
        more = (found.entry.restated or 0) - len(found.restated)
        if more > 0:
            out.print(f"… and {more:,} more")


def _fields(entry: Entry, catalog: Catalog, columns: int) -> Iterator[str]:
    zone = ZoneInfo(catalog.project.timezone)
    dates = "" if entry.as_of_dates == 1 else f", the last of {entry.as_of_dates:,} as-of dates"
    code = "" if entry.exit_code in {None, 0} else f", exit code {entry.exit_code}"
    took = "" if entry.seconds is None else f", after {entry.seconds:,.1f} s"
    fields = {
        "run": entry.run_id,
        "status": f"{entry.status}{code}",
        "as of": f"{entry.as_of_date}{dates}",
        "began": f"{entry.began_at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}",
        "ended": None if entry.ended_at is None else f"{entry.ended_at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}{took}",
        "recomputed": entry.recomputed,
        "facts": None if entry.facts_written is None else f"{entry.facts_written:,} written",
        "restated": None if entry.restated is None else f"{entry.restated:,}",
        "warnings": None if entry.warnings is None else f"{entry.warnings:,}",
        "kpictl": entry.kpictl_version,
        "project": entry.project_revision,
        "process": f"{entry.process_id} on {entry.host}",
        "error": entry.error,
    }
    for label, said in fields.items():
        if said is not None:
            yield from labelled(label, said, columns)
    if entry.status == "died":
        yield from labelled("", "It ended without a word: what readers see is that of the run before.", columns)


def labelled(label: str, said: str, columns: int) -> Iterator[str]:
    """A word and what is said of it, in lines that stand below each other."""
    for nth, text in enumerate(wrapped(said, columns - LABEL_COLUMNS)):
        yield f"{label if nth == 0 else '':<{LABEL_COLUMNS}}{text}"


def _cells(each: RestatedNumber, catalog: Catalog) -> tuple[str, ...]:
    old, new = _formatted(each, catalog)
    return str(each.as_of), _kpi(each, catalog), _entity(each, catalog), each.window, each.side, old, new


def _formatted(each: RestatedNumber, catalog: Catalog) -> tuple[str, str]:
    """Both numbers as the KPI's format has them; with all digits where it hides the difference."""
    kpi = next((kpi for kpi in catalog.kpis if kpi.id == each.kpi_id), None)
    old, new = (
        (MISSING if number is None else plain(number, ",")) if kpi is None else value(number, shape_of(kpi, catalog))
        for number in (each.old, each.new)
    )
    if old == new and each.old is not None and each.new is not None:
        return plain(each.old, ","), plain(each.new, ",")
    return old, new


def _kpi(each: RestatedNumber, catalog: Catalog) -> str:
    return next((kpi.code for kpi in catalog.kpis if kpi.id == each.kpi_id), f"id {each.kpi_id}")


def _entity(each: RestatedNumber, catalog: Catalog) -> str:
    return next((entity.code for entity in catalog.entities if entity.id == each.entity_id), f"id {each.entity_id}")


def _object(found: Whole, catalog: Catalog) -> Mapping[str, object]:
    return {
        **entry_object(found.entry),
        "steps": [
            {"step": each.step, "rows": each.rows, "seconds": each.seconds, "detail": each.detail}
            for each in found.steps
        ],
        "restated_numbers": [
            {
                "as_of_date": each.as_of,
                "kpi": _kpi(each, catalog),
                "entity": _entity(each, catalog),
                "window": each.window,
                "side": each.side,
                "old": each.old,
                "new": each.new,
            }
            for each in found.restated
        ],
    }
