"""Reads the published tables again and again until its standard input ends, and writes JSON of what it saw.

`python reading.py URL FOLDER HOW`: `apart` opens the tables anew each time and asks table by table in one transaction;
`at once` stays connected and asks with one statement.
"""

from __future__ import annotations

import json
import select
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from kpictl.engine import Engine, open_published

LOCK_TIMEOUT = "set lock_timeout = '1s'"
"""How long a reader may wait for a run: a lock that is held longer is an error here, however busy the machine."""
ONE_VIEW = "set transaction isolation level repeatable read"

SUMS = (
    "select 'facts', count(*), cast(sum(value) as text) from kpi.fact_kpi_daily",
    "select 'periods', count(*), cast(sum(value) as text) from kpi.agg_kpi_period",
    "select 'dashboard', count(*), cast(sum(mtd_value) as text) from kpi.agg_kpi_dashboard natural join kpi.dim_kpi",
    "select 'entities', count(*), cast(sum(entity_id * parent_entity_id) as text) from kpi.dim_entity",
)

Seen = tuple[tuple[object, ...], ...]


def seen_by(engine: Engine, how: str) -> Seen:
    is_server = engine.dialect.name == "postgres"
    with engine.transaction():
        if is_server:
            engine.execute(LOCK_TIMEOUT)
        if how == "at once":
            return tuple(sorted(engine.fetch(" union all ".join(SUMS))))
        if is_server:
            engine.execute(ONE_VIEW)
        return table_by_table(engine)


def table_by_table(engine: Engine) -> Seen:
    return tuple(sorted(row for sum_ in SUMS for row in engine.fetch(sum_)))


@dataclass(slots=True)
class Reader:
    url: str
    folder: Path
    how: str
    reads: list[Seen] = field(default_factory=list)
    longest: float = 0

    def read(self, engine: Engine) -> None:
        began = time.monotonic()
        found = seen_by(engine, self.how)
        self.longest = max(self.longest, time.monotonic() - began)
        if not self.reads or self.reads[-1] != found:
            self.reads.append(found)

    def until_told(self) -> None:
        engine = open_published(self.url, self.folder)
        self.read(engine)
        print("reading", flush=True)
        while not select.select([sys.stdin], [], [], 0.002)[0]:
            if self.how == "apart":
                engine.close()
                engine = open_published(self.url, self.folder)
            self.read(engine)
        engine.close()


def main(url: str, folder: Path, how: str) -> None:
    reader = Reader(url, folder, how)
    reader.until_told()
    json.dump({"reads": reader.reads, "longest": reader.longest}, sys.stdout)


def look(url: str, folder: Path) -> Seen:
    """What one reader sees."""
    with closing(open_published(url, folder)) as engine:
        return seen_by(engine, "at once")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
