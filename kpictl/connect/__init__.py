"""Refreshes raw tables from APIs: what a connector is, how it is found, and the sync."""

from kpictl.connect.address import is_loopback
from kpictl.connect.auth import ClientCredentials, basic, bearer, header, query
from kpictl.connect.exchange import Answer, AnswerError, Item, Local, Mark, Pages, Request, Walk
from kpictl.connect.landing import tables, tables_with_defaults
from kpictl.connect.load import describe_connector, load_connector, plugins_of, project_python
from kpictl.connect.pace import Rate, Retries
from kpictl.connect.paging import (
    at,
    cursor_pages,
    linked_pages,
    listed,
    listed_under,
    numbered_pages,
    offset_pages,
    one_page,
)
from kpictl.connect.record import Record, Rounded, columns, half_even
from kpictl.connect.sink import Sink
from kpictl.connect.state import Choice, state_table
from kpictl.connect.stream import Child, Connector, Stream, Version
from kpictl.connect.sync import EVERYTHING, Selection, everything, sync
from kpictl.connect.told import Landed, Noticed, Synced, Told, Waited

__all__ = [
    "EVERYTHING",
    "Answer",
    "AnswerError",
    "Child",
    "Choice",
    "ClientCredentials",
    "Connector",
    "Item",
    "Landed",
    "Local",
    "Mark",
    "Noticed",
    "Pages",
    "Rate",
    "Record",
    "Request",
    "Retries",
    "Rounded",
    "Selection",
    "Sink",
    "Stream",
    "Synced",
    "Told",
    "Version",
    "Waited",
    "Walk",
    "at",
    "basic",
    "bearer",
    "columns",
    "cursor_pages",
    "describe_connector",
    "everything",
    "half_even",
    "header",
    "is_loopback",
    "linked_pages",
    "listed",
    "listed_under",
    "load_connector",
    "numbered_pages",
    "offset_pages",
    "one_page",
    "plugins_of",
    "project_python",
    "query",
    "state_table",
    "sync",
    "tables",
    "tables_with_defaults",
]
