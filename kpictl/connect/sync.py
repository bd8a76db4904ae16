"""Refreshes the raw tables: one stream after the other, each in one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import httpx

from kpictl.catalog.table import Table
from kpictl.connect.client import call, open_client
from kpictl.connect.landing import Landing, Row, parts, raw_table, state_table, tables
from kpictl.connect.paging import AnswerError, Item
from kpictl.connect.record import in_utc
from kpictl.connect.redact import redact
from kpictl.connect.stream import Connector, Sink, Stream, Synced
from kpictl.diagnostics import KpictlError, WorldError

# A database takes rows in bulk, and each upsert costs it several statements: one for each page of 50 would not do.
BATCH_ROWS = 2_000


def sync(
    connector: Connector, sink: Sink, *, schema: str, now: datetime, batch_rows: int = BATCH_ROWS
) -> Iterator[Synced]:
    """Lands every stream of the connector and says, after each commit, which tables it filled.

    A stream that fails leaves its tables as they were, and those before it refreshed.
    """
    if now.tzinfo is None:
        raise ValueError("now needs a time zone")
    with sink.transaction():  # short: later transactions wait for the API, and must not hold locks of definitions
        for table in (state_table(schema), *tables(connector, schema)):
            sink.create(table)
    with open_client() as client:
        for stream in connector.streams:
            yield from _land(connector, stream, client, sink, Landing(stream, schema, in_utc(now)), batch_rows)


def _land(
    connector: Connector, stream: Stream, client: httpx.Client, sink: Sink, landing: Landing, batch_rows: int
) -> tuple[Synced, ...]:
    began = time.monotonic()
    counts = {raw_table(part, landing.schema): 0 for part in parts(stream)}
    waiting: dict[Table, list[Row]] = {table: [] for table in counts}
    with sink.transaction():
        for batches in _batches(connector, stream, client, landing):
            for table, rows in batches:
                waiting[table] += rows
                if len(waiting[table]) >= batch_rows:
                    counts[table] += sink.upsert(table, waiting.pop(table))
                    waiting[table] = []
        for table, rows in waiting.items():
            counts[table] += sink.upsert(table, rows) if rows else 0
        state: list[Row] = [
            (connector.name, stream.name, table.name.name, landing.now, count) for table, count in counts.items()
        ]
        sink.upsert(state_table(landing.schema), state)
    seconds = time.monotonic() - began
    return tuple(
        Synced(connector.name, stream.name, table.name.name, count, seconds) for table, count in counts.items()
    )


def _batches(
    connector: Connector, stream: Stream, client: httpx.Client, landing: Landing
) -> Iterator[list[tuple[Table, list[Row]]]]:
    """One list of rows per table for each page; only the sink's own errors pass as they are."""
    pages = _pages(connector, stream, client)
    while True:
        with _told(connector, stream):
            items = next(pages, None)
            batches = None if items is None else landing.batches(items)
        if batches is None:
            return
        yield batches


def _pages(connector: Connector, stream: Stream, client: httpx.Client) -> Iterator[list[Item]]:
    pages = stream.pages()
    request = next(pages, None)
    while request is not None:
        body = call(client, connector, request)
        if request.holds_records:
            yield stream.items(body)
        try:
            request = pages.send(body)
        except StopIteration:
            return


@contextmanager
def _told(connector: Connector, stream: Stream) -> Iterator[None]:
    """Says whose trouble it is, without secrets."""
    where = f"connector {connector.name}, stream {stream.name}"
    try:
        yield
    except AnswerError as error:
        hint = None if error.help is None else redact(error.help, connector.secrets)
        raise WorldError(redact(f"{where}: {error}", connector.secrets), help=hint) from None
    except KpictlError:
        raise
    except Exception as error:
        text = redact(f"{where}: the connector's code failed: {type(error).__name__}: {error}", connector.secrets)
        raise WorldError(text, help="correct the connector, or report it to its author") from error
