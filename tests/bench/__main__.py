"""All benchmarks with their hand-written limits: `python -m tests.bench [--only NAME] [--profile]`.

`python -m tests.bench scale [--quick] [--only ENGINE]` times how runs grow.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping

from rich.console import Console
from rich.table import Table

from tests.bench import daily, landing, load, scale, start, web
from tests.bench.measure import Measured
from tests.bench.profile import Cost, Profile

BENCHMARKS: Mapping[str, Callable[[], Iterator[Measured]]] = {
    "help": start.help_text,
    "compile": start.compilation,
    "duckdb": daily.on_duckdb,
    "postgres": daily.on_postgres,
    "load": load.loading,
    "landing": landing.landing,
    "web": web.serving,
}
ENGINES = ("duckdb", "postgres")
SHOWN_SECONDS = 1e-4
"""Parts of a run that cost less are in the sum alone."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("scale",), help="how runs grow, in minutes instead of seconds")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller sizes of `scale`")
    parser.add_argument("--only", action="append", choices=BENCHMARKS, metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--profile", action="store_true", help="where the seconds of a daily run go")
    asked = parser.parse_args()
    if asked.what == "scale":
        scale.main(quick=asked.quick, engines=[name for name in ENGINES if not asked.only or name in asked.only])
        return
    chosen = [name for name in BENCHMARKS if not asked.only or name in asked.only]
    console = Console(width=None if os.environ.get("COLUMNS") or sys.stdout.isatty() else 140)
    if asked.profile:
        for engine in ENGINES:
            if engine in chosen:
                _print_profile(console, engine, daily.profile(engine))
        return
    console.print(f"medians; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
    table = Table("", "median", "against", "found", "limit", "", "middle half")
    for name in chosen:
        for line in BENCHMARKS[name]():
            table.add_row(*_cells(line))
    console.print(table)


def _cells(line: Measured) -> tuple[str, ...]:
    verdict = ""
    if line.found is not None and line.limit is not None:
        verdict = "within" if line.found <= line.limit else "[bold red]over[/]"
    return (
        line.name,
        _seconds(line.seconds),
        _seconds(line.reference_seconds),
        _in_unit(line.found, line.unit),
        _in_unit(line.limit, line.unit),
        verdict,
        line.spread,
    )


def _in_unit(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    return _seconds(value) if unit == "s" else f"{value:.2f} {unit}"


def _seconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value * 1e3:,.1f} ms" if value >= 1e-3 else f"{value * 1e6:,.0f} µs"


def _print_profile(console: Console, engine: str, profile: Profile) -> None:
    for title, costs in ((f"{engine}: kpictl, per relation", profile.ours), (f"{engine}: by hand", profile.by_hand)):
        table = Table(title, "median", "of which the driver")
        worth_showing = (cost for cost in costs if cost.seconds >= SHOWN_SECONDS)
        for cost in (*worth_showing, _sum(costs)):
            table.add_row(cost.name, _seconds(cost.seconds), _seconds(cost.driver_seconds))
        console.print(table)


def _sum(costs: tuple[Cost, ...]) -> Cost:
    return Cost("sum", sum(cost.seconds for cost in costs), sum(cost.driver_seconds for cost in costs))


if __name__ == "__main__":
    main()
