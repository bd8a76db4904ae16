"""How runs and compilations grow with KPIs, entities and as-of dates: `python -m tests.bench scale [--quick]`."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from tests.bench.measure import quarters
from tests.bench.scale_run import Cost, world
from tests.bench.start import KPICTL, installed, process
from tests.bench.synthetic import Size, write

ENGINES = ("duckdb", "postgres")

RATIO_LIMIT = 1.3
"""How many times the hand-written SQL's seconds the SQL of a run may take."""
GROWTH_LIMIT = 1.2
"""How many times as fast as its size the seconds of a run may grow."""
FLAT_LIMIT = 1.3
"""How many times as long a daily run may take after ten years as after three, where sources say what changed."""
BACKFILL_LIMIT = 20
"""How many times as long a backfill of 365 as-of dates may take as one date."""
PROCESS_LIMIT_SECONDS = 1.5
"""For `kpictl lint` and `kpictl compile` of 1,000 KPIs over 10 sources, each as a process."""
PROCESSES = 7

CORE = Size(kpis=27, sources=3)
WIDE = Size(kpis=27, sources=10, leaves=1)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table: `size` is the number that grows along its axis; `by_hand` may be missing."""

    axis: str
    name: str
    size: int
    seconds: Sequence[float]
    by_hand: Sequence[float] = ()
    whole: Sequence[float] = ()
    copy_seconds: float | None = None
    limit: float | None = None
    full_seconds: float | None = None

    @property
    def ratio(self) -> float | None:
        """The median of the ratios of runs that took turns."""
        ratios = [ours / theirs for ours, theirs in zip(self.seconds, self.by_hand, strict=False)]
        return median(ratios) if ratios else None


def main(*, quick: bool, engines: Sequence[str] = ENGINES) -> None:
    console = Console(width=None if os.environ.get("COLUMNS") else 150)
    console.print(f"medians of runs in turn; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
    for command in ("lint", "compile"):
        _print(console, f"kpictl {command}, as a process", list(processes(command)))
    for engine in engines:
        for title, lines in (
            ("one as-of date, 27 KPIs over 3 sources", _leaves),
            ("as-of dates, 27 KPIs over 3 sources, 10 entities", _dates),
            ("one as-of date, 10 sources, 1 entity", _kpis),
            ("a daily run by years of history, 27 KPIs over 3 sources, 10 entities, 90 rows a day", _years),
        ):
            _print(console, f"{engine}: {title}", list(lines(engine, quick)))


# -- what is timed


def processes(command: str) -> Iterator[Line]:
    """A command on projects of some sizes, with its bytecode in place, what it prints thrown away."""
    sizes = [Size(kpis, sources=10) for kpis in (27, 270, 1_000)]
    with TemporaryDirectory(prefix="kpictl-scale-") as temporary, installed() as environment:
        for size in [*sizes, Size(1_000, sources=1)]:
            folder = Path(temporary) / f"{size.kpis}_over_{size.sources}"
            write(size, folder)
            once = process(environment, *KPICTL, command, "--project", str(folder))
            before = _cpu_seconds_of_children()
            seconds = [once() for _ in range(PROCESSES)]
            cpu = (_cpu_seconds_of_children() - before) / PROCESSES
            limit = PROCESS_LIMIT_SECONDS if size.kpis == 1_000 else None
            axis = "kpis" if size.sources == 10 else ""
            name = f"{size.kpis:,} KPIs over {_counted(size.sources)} (CPU {cpu:.2f} s)"
            yield Line(axis, name, size.kpis, seconds, limit=limit)


def _cpu_seconds_of_children() -> float:
    """What the operating system counts for processes that have ended: others on the machine change it less."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _leaves(engine: str, quick: bool) -> Iterator[Line]:
    for leaves in (1, 10) if quick else (1, 10, 100):
        size = Size(CORE.kpis, leaves, CORE.sources)
        rounds = 3 if quick or leaves == 100 else 7
        yield _timed(engine, size, 1, rounds, "entities", f"ALL and {leaves} under it", leaves + 1)


def _dates(engine: str, quick: bool) -> Iterator[Line]:
    for dates in (1, 365) if quick else (1, 73, 365):
        rounds = {1: 5, 73: 3, 365: 3}[dates]
        yield _timed(
            engine,
            CORE,
            dates,
            1 if quick else rounds,
            "dates",
            f"{dates} as-of date{'' if dates == 1 else 's'}",
            dates,
        )


def _kpis(engine: str, quick: bool) -> Iterator[Line]:
    for kpis in (27, 270) if quick else (27, 270, 1_000):
        size = Size(kpis, WIDE.leaves, WIDE.sources)
        rounds = 1 if quick or kpis == 1_000 else 3
        yield _timed(engine, size, 1, rounds, "kpis", f"{kpis:,} KPIs", kpis, by_hand=False)
    if not quick:
        size = Size(1_000, WIDE.leaves, sources=1)
        yield _timed(engine, size, 1, 1, "", "1,000 KPIs over 1 source", 1_000, by_hand=False)


def _years(engine: str, quick: bool) -> Iterator[Line]:
    for years in (3, 10):
        for is_tracked in (False, True):
            size = Size(CORE.kpis, 10, CORE.sources, days=365 * years, is_tracked=is_tracked)
            how = "changed rows are followed" if is_tracked else "sources are read whole"
            axis = "history" if is_tracked else "whole"
            by_hand = not is_tracked
            yield _timed(engine, size, 1, 3 if quick else 7, axis, f"{years} years, {how}", years, by_hand=by_hand)


def _timed(
    engine: str, size: Size, dates: int, rounds: int, axis: str, name: str, number: int, *, by_hand: bool = True
) -> Line:
    """One run before the clock starts, whose results are compared; then both in turn, and compared again."""
    with world(engine, size, dates=dates, runs=rounds + 1, by_hand=by_hand) as made:
        ours: list[Cost] = []
        theirs: list[float] = []
        for turn in range(rounds + 1):
            if by_hand and turn % 2:
                theirs.append(made.by_hand())
            ours.append(made.kpictl())
            if by_hand and not turn % 2:
                theirs.append(made.by_hand())
            if by_hand and turn in {0, rounds}:
                made.assert_equal()
        copy_seconds = made.copy_seconds
        full = made.kpictl(is_full=True).seconds
        return Line(
            axis,
            name,
            number,
            [cost.seconds for cost in ours[1:]],
            theirs[1:],
            [cost.whole for cost in ours[1:]],
            copy_seconds if engine == "duckdb" else None,
            full_seconds=full,
        )


# -- the table


def _print(console: Console, title: str, lines: Sequence[Line]) -> None:
    names = (
        "kpictl",
        "middle half",
        "all of run()",
        "copy",
        "full",
        "by hand",
        "ratio",
        "time x",
        "size x",
        "growth",
        "",
    )
    table = Table(title, *names)
    last: dict[str, Line] = {}
    for line in lines:
        growth = _growth(last.get(line.axis), line)
        table.add_row(
            line.name,
            _seconds(median(line.seconds)),
            quarters(line.seconds),
            _seconds(median(line.whole) if line.whole else None),
            _seconds(line.copy_seconds),
            _seconds(line.full_seconds),
            _seconds(median(line.by_hand) if line.by_hand else None),
            _times(line.ratio),
            *map(_times, growth),
            ", ".join(_verdicts(line, growth)),
        )
        last[line.axis] = line
    console.print(table)


def _growth(before: Line | None, line: Line) -> tuple[float | None, float | None, float | None]:
    """How many times the seconds and the size of the line before, and one over the other."""
    if before is None or not line.axis or before.axis != line.axis:
        return None, None, None
    time, size = median(line.seconds) / median(before.seconds), line.size / before.size
    return time, size, time / size


def _verdicts(line: Line, grown: tuple[float | None, float | None, float | None]) -> Iterator[str]:
    times, size, growth = grown
    if line.axis == "history" and times is not None and times > FLAT_LIMIT:
        yield f"[bold red]not flat: over {FLAT_LIMIT}[/]"
    if line.axis == "dates" and size == 365 and times is not None and times > BACKFILL_LIMIT:
        yield f"[bold red]over {BACKFILL_LIMIT} times one date[/]"
    if line.ratio is not None and line.ratio > RATIO_LIMIT:
        yield f"[bold red]ratio over {RATIO_LIMIT}[/]"
    if growth is not None and growth > GROWTH_LIMIT:
        yield f"[bold red]growth over {GROWTH_LIMIT}[/]"
    if line.limit is not None and median(line.seconds) > line.limit:
        yield f"[bold red]over {line.limit} s[/]"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:,.2f} s"


def _times(value: float | None) -> str:
    return "" if value is None else f"{value:,.2f}"


def _counted(sources: int) -> str:
    return f"{sources} source{'' if sources == 1 else 's'}"
