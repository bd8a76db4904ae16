"""Whether this machine's clock can be right, as the as-of date of a run is taken from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from kpictl.catalog import Catalog
from kpictl.compile import Tables
from kpictl.compile.tree import col, max_of, select, table
from kpictl.engine import Engine
from kpictl.pipeline.events import Warned
from kpictl.pipeline.own import run_table

APART_AT_MOST = timedelta(minutes=5)


def clock_warnings(catalog: Catalog, engine: Engine, tables: Tables) -> Iterator[Warned]:
    """What the database's clock, and the beginning of the last run, say of this machine's; in a transaction."""
    there, here = engine.server().now, datetime.now(UTC)
    last = None
    known = run_table(catalog).name
    if known in tables:
        ((last,),) = engine.query(select([max_of(col("began_at"))]).from_(table(known), copy=False))
    assert last is None or isinstance(last, datetime)
    yield from compared(here, there, last)


def compared(here: datetime, there: datetime | None, last: datetime | None) -> Iterator[Warned]:
    """`here` beside the clock of the database, if it has one, and the moment when the last run began."""
    apart = timedelta() if there is None else there - here
    if abs(apart) > APART_AT_MOST:
        minutes = round(abs(apart) / timedelta(minutes=1))
        which = "behind" if apart > timedelta() else "ahead of"
        yield Warned(
            f"this machine's clock is {minutes:,} minutes {which} the database's",
            help="set both by NTP: the as-of date is taken from this machine's",
        )
    if last is not None and last - here > APART_AT_MOST:
        yield Warned(
            f"the last run began at {last.astimezone(UTC):%Y-%m-%d %H:%M} UTC, which has not come yet",
            help="look whether this machine's clock was set back: the as-of date is taken from it",
        )
