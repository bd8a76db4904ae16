"""Refreshes raw tables from APIs: what a connector is, how it is found, and the sync."""

from kpictl.connect.landing import state_table, tables, tables_with_defaults
from kpictl.connect.load import describe_connector, load_connector, plugins_of
from kpictl.connect.paging import (
    AnswerError,
    Item,
    Pages,
    Request,
    cursor_pages,
    listed,
    listed_under,
    numbered_pages,
)
from kpictl.connect.record import Record, Rounded, columns, half_even
from kpictl.connect.stream import Child, Connector, Sink, Stream, Synced, Version, is_loopback
from kpictl.connect.sync import sync

__all__ = [
    "AnswerError",
    "Child",
    "Connector",
    "Item",
    "Pages",
    "Record",
    "Request",
    "Rounded",
    "Sink",
    "Stream",
    "Synced",
    "Version",
    "columns",
    "cursor_pages",
    "describe_connector",
    "half_even",
    "is_loopback",
    "listed",
    "listed_under",
    "load_connector",
    "numbered_pages",
    "plugins_of",
    "state_table",
    "sync",
    "tables",
    "tables_with_defaults",
]
