"""What a run brings into the SQL as rows, so that the SQL is the same text on every day."""

from __future__ import annotations

from kpictl.catalog import Column, TableName
from kpictl.compile.relation import Relation

RUN_DATE = TableName(None, "run_date")
RUN_SPAN = TableName(None, "run_span")
RUN_WINDOW = TableName(None, "run_window")
RUN_PERIOD = TableName(None, "run_period")
RUN_TREND = TableName(None, "run_trend")
RUN_SYNC = TableName(None, "run_sync")
RUN_FACTS = TableName(None, "run_facts")
RUN_DAY = TableName(None, "run_day")

TREND_DAYS = 28
"""How many days the trend has, its as-of date included: a run brings as many, and the SQL walks over as many."""

_DAY = Column("as_of_date", "date")
_RANGE = (
    Column("first_day", "date", "NULL: since inception"),
    Column("last_day", "date"),
)
_COMPARED = (
    Column("span_id", "bigint", "NULL: it begins before the calendar, and has no data"),
    Column("is_short", "boolean", "a prior that lacks a week of the current one"),
)


_INPUTS: tuple[tuple[TableName, str, tuple[Column, ...], tuple[str, ...]], ...] = (
    (
        RUN_DATE,
        "the as-of dates of the run, and the moment it began",
        (_DAY, Column("refreshed_at", "timestamptz")),
        ("as_of_date",),
    ),
    (
        RUN_SPAN,
        "the ranges of days that KPIs are evaluated on, as they are known at an as-of date",
        (Column("span_id", "bigint"), _DAY, *_RANGE),
        ("span_id",),
    ),
    (
        RUN_WINDOW,
        "each window, current and prior, at each as-of date",
        (_DAY, Column("window_name", "text"), Column("side", "text"), *_RANGE, *_COMPARED),
        ("as_of_date", "window_name", "side"),
    ),
    (
        RUN_PERIOD,
        "each week, month, quarter and year, current and prior, up to the last day of the facts",
        (
            Column("period", "text"),
            Column("period_start", "date"),
            Column("period_end", "date"),
            Column("through", "date", "the last day that counts"),
            Column("in_progress", "boolean"),
            Column("side", "text"),
            *_COMPARED,
        ),
        ("period", "period_start", "side"),
    ),
    (
        RUN_TREND,
        "the 28 days of the trend at each as-of date",
        (_DAY, Column("date_key", "date")),
        ("as_of_date", "date_key"),
    ),
    (
        RUN_SYNC,
        "the last business day that a source's connectors have brought; sources without one have no row",
        (Column("source_code", "text"), Column("last_day", "date")),
        ("source_code",),
    ),
    (
        RUN_FACTS,
        "the last day of the facts: the greatest as-of date ever published",
        (Column("last_day", "date"),),
        ("last_day",),
    ),
    (
        RUN_DAY,
        "the days that are looked at: those whose facts are computed, and those of the spans",
        (Column("date_key", "date"), Column("is_fact", "boolean", "whether its facts are computed")),
        ("date_key",),
    ),
)


def inputs() -> tuple[Relation, ...]:
    """The tables that a run fills before anything else."""
    return tuple(Relation(name, "input", comment, columns, key) for name, comment, columns, key in _INPUTS)
