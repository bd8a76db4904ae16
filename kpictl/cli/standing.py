"""How `kpictl status` is printed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from kpictl.catalog import Catalog
from kpictl.check import checked
from kpictl.cli.journaled import NO_RUN, entry_object, labelled
from kpictl.cli.layout import aligned
from kpictl.cli.project import settings
from kpictl.cli.terminal import console
from kpictl.diagnostics import CatalogError, Severity
from kpictl.pipeline.journal import Entry
from kpictl.pipeline.status import FAILED, RESTATED_DAYS, NextRun, SourceState, StaleDates, Status
from kpictl.report.format import MISSING
from kpictl.report.json_text import json_text

HEAD = ("source", "newest row", "last sync", "expect_fresh", "no entity", "no time")
ALWAYS = 2
"""The first columns of the table of sources are always there, others where they say something."""
SPARE = ("last sync",)
INDENT = "  "


def settings_and_errors(project: Path) -> tuple[Catalog, int]:
    """The catalog, if kpictl.yml can be used, and how many errors all of the project's files have."""
    try:
        return checked(project), 0
    except CatalogError as error:
        return settings(project), sum(each.severity is Severity.ERROR for each in error.diagnostics)


def print_lines(found: Status, catalog: Catalog, env: str) -> None:
    out = console(sys.stdout)
    _print(out, "project", f"{catalog.project.name}, environment `{env}`")
    if found.last is None and not found.is_copy:
        _print(out, "last run", NO_RUN)
    if found.last is not None:
        for label, said in _of_runs(found, found.last, catalog):
            _print(out, label, said, "bold red" if label == "last run" and found.last.status in FAILED else "")
    if found.holder is not None:
        _print(out, "busy", found.holder)
    if found.is_copy:
        _print(out, "", "What runs work in cannot be read meanwhile, nor the sources: this is what was published last.")
    if found.stale is not None:
        for label, said in _of_stale(found.stale):
            _print(out, label, said)
    if found.restated:
        days = f"in the last {RESTATED_DAYS} days"
        _print(out, "restated", f"{_many(found.restated, 'number')} {days}; `kpictl runs RUN_ID` shows those of a run")
    _print(out, "next run", _of_next(found.next_run))
    if found.sources and not found.is_copy:
        out.print()
        _print_sources(out, found.sources, catalog)


def _print(out: Console, label: str, said: str, style: str = "") -> None:
    for nth, text in enumerate(labelled(label, said, out.width)):
        shown = Text(text)
        if nth == 0 and label:
            shown.stylize("bold", 0, len(label))
        if style:
            shown.stylize(style, len(label))
        out.print(shown)


def _of_runs(found: Status, last: Entry, catalog: Catalog) -> Iterator[tuple[str, str]]:
    yield "last run", _ended(last, catalog)
    if last.error is not None:
        yield "", f"error: {last.error}"
    if last.recomputed is not None:
        yield "", f"computed: {last.recomputed}"
    yield "", f"kpictl runs {last.run_id}"
    success = found.last_success
    if success is None:
        yield "", "no run has succeeded yet"
    elif success.run_id != last.run_id:
        yield "succeeded", _ended(success, catalog)


def _ended(entry: Entry, catalog: Catalog) -> str:
    """When a run began, what it was to do, and what came of it."""
    dates = f"as of {entry.as_of_date}" if entry.as_of_dates == 1 else f"{entry.as_of_dates:,} as-of dates"
    parts = [f"{_moment(entry.began_at, catalog)}, {dates}: {entry.status}"]
    if entry.seconds is not None:
        parts.append(f"{'in' if entry.status == 'succeeded' else 'after'} {entry.seconds:,.1f} s")
    if entry.warnings:
        parts.append(_many(entry.warnings, "warning"))
    return ", ".join(parts)


def _of_stale(stale: StaleDates) -> Iterator[tuple[str, str]]:
    days = str(stale.first) if stale.first == stale.last else f"{stale.first} to {stale.last}"
    were = "was" if stale.as_of_dates == 1 else "were"
    yield "late data", f"{_many(stale.as_of_dates, 'as-of date')}, {days}, {were} reported without it"
    yield "", f"kpictl run --backfill {stale.first}:{stale.last}"


def _of_next(run: NextRun) -> str:
    said = f"as of {run.as_of}: "
    if run.stopped_by is not None:
        return f"{said}cannot begin: {run.stopped_by}" + ("; see `kpictl lint`" if "error" in run.stopped_by else "")
    syncs = f"syncs {', '.join(run.syncs)}, " if run.syncs else ""
    if not run.is_foreseen:
        return f"{said}{syncs}computes what cannot be told meanwhile"
    computes = "the days that have changed" if run.all_days is None else f"all days: {run.all_days}"
    return f"{said}{syncs}computes {computes}"


def _print_sources(out: Console, sources: Sequence[SourceState], catalog: Catalog) -> None:
    rows = [_cells(each, catalog) for each in sources]
    kept = [at for at in range(len(HEAD)) if at < ALWAYS or any(row[at] not in {"", MISSING, "0"} for row in rows)]
    numbers = frozenset(nth for nth, at in enumerate(kept) if at >= HEAD.index("no entity"))
    table = [[row[at] for at in kept] for row in (HEAD, *rows)]
    head, *lines = aligned(table, out.width, SPARE, numbers=numbers)
    out.print(head, style="dim")
    for each, line in zip(sources, lines, strict=True):
        out.print(line, style="bold yellow" if each.is_late else "")


def _cells(each: SourceState, catalog: Catalog) -> tuple[str, ...]:
    newest = "not there" if each.is_there is False else MISSING if each.newest_day is None else str(each.newest_day)
    fresh = "" if each.expect_fresh is None else f"{each.expect_fresh}, late" if each.is_late else each.expect_fresh
    synced = MISSING if each.synced_at is None else _moment(each.synced_at, catalog)
    return each.code, newest, synced, fresh, _count(each.no_entity), _count(each.no_time)


def _count(number: int | None) -> str:
    return MISSING if number is None else f"{number:,}"


def _moment(moment: datetime, catalog: Catalog) -> str:
    return f"{moment.astimezone(ZoneInfo(catalog.project.timezone)):%Y-%m-%d %H:%M}"


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def print_json(found: Status, catalog: Catalog, env: str) -> None:
    console(sys.stdout).print(json_text(_object(found, catalog, env)))


def _object(found: Status, catalog: Catalog, env: str) -> Mapping[str, object]:
    """No key is ever missing."""
    stale, run = found.stale, found.next_run
    return {
        "project": catalog.project.name,
        "environment": env,
        "is_alarming": found.is_alarming,
        "lock_holder": found.holder,
        "is_copy": found.is_copy,
        "last_run": None if found.last is None else entry_object(found.last),
        "last_success": None if found.last_success is None else entry_object(found.last_success),
        "sources": [{name: getattr(each, name) for name in type(each).__slots__} for each in found.sources],
        "stale": None
        if stale is None
        else {
            "as_of_dates": stale.as_of_dates,
            "first": stale.first,
            "last": stale.last,
            "command": f"kpictl run --backfill {stale.first}:{stale.last}",
        },
        "restated_7_days": found.restated,
        "next_run": {name: getattr(run, name) for name in type(run).__slots__},
    }
