"""Writes the page that stands alone, and says what is in it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from kpictl.catalog import database_url
from kpictl.cli.output import STDOUT, written_whole
from kpictl.cli.project import settings
from kpictl.cli.terminal import printable
from kpictl.engine import open_published
from kpictl.report.page import Embedded, embedded, page

LARGE_BYTES = 5_000_000


def write_dashboard(project: Path, env: str | None, out: Path, dates: int, entities: Sequence[str]) -> None:
    catalog = settings(project)
    with (
        closing(open_published(database_url(catalog, env), catalog.project.folder)) as reader,
        reader.transaction(sees_one_moment=True),
    ):
        documents = embedded(reader, catalog, dates, entities)
    text = page(documents.head, documents).encode()
    with written_whole(out) as path:
        path.write_bytes(text)
    name = "standard output" if out == STDOUT else printable(str(out))
    sys.stderr.write(f"wrote {name}: {_contents(documents)}, {_size(len(text))}\n")
    if len(text) > LARGE_BYTES:
        sys.stderr.write("warning: browsers open a file of this size slowly, and many mailboxes refuse it\n")
        sys.stderr.write("  help: --entity and --dates carry less; `kpictl serve` shows all of it\n")


def _contents(documents: Embedded) -> str:
    return ", ".join(
        (
            _counted(documents.kpi_count, "KPI", "KPIs"),
            _counted(len(documents.head["entities"]), "entity", "entities"),
            _counted(len(documents.head["dates"]), "as-of date", "as-of dates"),
        )
    )


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _size(count: int) -> str:
    """A file's size as people say it.

    >>> _size(612_345), _size(5_360_000)
    ('612 kB', '5.4 MB')
    """
    return f"{round(count / 1000):,} kB" if count < 1_000_000 else f"{count / 1_000_000:,.1f} MB"
