"""What a run brings into the SQL as rows, so that the SQL is the same text on every day."""

from __future__ import annotations

from kpictl.catalog import Column, TableName
from kpictl.compile.relation import Relation

RUN_DATE = TableName(None, "run_date")
RUN_WINDOW = TableName(None, "run_window")
RUN_TREND = TableName(None, "run_trend")
RUN_SYNC = TableName(None, "run_sync")
RUN_FACTS = TableName(None, "run_facts")

_DAY = Column("as_of_date", "date")


def inputs() -> tuple[Relation, ...]:
    """The tables that a run fills before anything else."""
    return (
        Relation(
            RUN_DATE,
            "input",
            "the as-of dates of the run, and the moment it began",
            (_DAY, Column("refreshed_at", "timestamptz")),
            ("as_of_date",),
        ),
        Relation(
            RUN_WINDOW,
            "input",
            "the first and last day of each window, current and prior, at each as-of date",
            (
                _DAY,
                Column("window_name", "text"),
                Column("side", "text"),
                Column("first_day", "date"),
                Column("last_day", "date"),
            ),
            ("as_of_date", "window_name", "side"),
        ),
        Relation(
            RUN_TREND,
            "input",
            "the 28 days of the trend at each as-of date",
            (_DAY, Column("date_key", "date")),
            ("as_of_date", "date_key"),
        ),
        Relation(
            RUN_SYNC,
            "input",
            "the last business day that a source's connectors have brought; sources without one have no row",
            (Column("source_code", "text"), Column("last_day", "date")),
            ("source_code",),
        ),
        Relation(
            RUN_FACTS,
            "input",
            "the last day of the facts: the greatest as-of date ever published",
            (Column("last_day", "date"),),
            ("last_day",),
        ),
    )
