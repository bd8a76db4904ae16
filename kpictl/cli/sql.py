"""The SQL of a selection: on the terminal, or in files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from kpictl.catalog import Catalog, environment, resolve
from kpictl.cli.outcome import colored
from kpictl.cli.selection import Selection
from kpictl.compile import Dialect, dialect, dialect_of_url, preview
from kpictl.diagnostics import CatalogError, UsageError

LONG_ROWS = 100
ROWS_SHOWN = 20
"""Of a relation with more than LONG_ROWS rows."""
MARK = "-- Written by `kpictl compile --out`, which replaces this file.\n"


def dialect_of_environment(catalog: Catalog, name: str | None) -> Dialect:
    """The dialect of an environment's URL. A variable that is not set means production, so PostgreSQL;
    `.env` is not read: it holds secrets, which nothing here needs.
    """
    chosen = environment(catalog, name)
    try:
        return dialect_of_url(resolve(chosen.url, os.environ, chosen.places.at("url")))
    except CatalogError:
        return dialect("postgres")


def print_sql(selection: Selection, dialect: Dialect, stream: TextIO | None = None) -> None:
    """Print it for people, to stdout unless said otherwise."""
    stream = stream or sys.stdout
    texts = _texts(selection, dialect, cut=True)
    if not colored(stream):
        stream.write("\n".join(texts))
        return
    # 0.1 s to import, and of no use in a pipe.
    from rich.syntax import Syntax

    from kpictl.cli.terminal import console

    syntax = Syntax("", "postgresql", theme="ansi_dark", background_color="default")
    out = console(stream)
    for number, sql in enumerate(texts):
        out.print("\n" if number else "", end="")
        out.print(syntax.highlight(sql), end="")


def write_files(selection: Selection, dialect: Dialect, out: Path) -> int:
    """A file per relation, in order, in the place of those that an earlier call wrote: how many."""
    texts = list(_texts(selection, dialect, cut=False))
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path in out.glob("*.sql"):
            if not _is_ours(path):
                raise UsageError(f"{path} was not written by kpictl", help="move it away, or name another folder")
        for path in out.glob("*.sql"):
            path.unlink()
        digits = max(2, len(str(len(selection.relations))))
        for number, (relation, sql) in enumerate(zip(selection.relations, texts, strict=True), start=1):
            (out / f"{number:0{digits}}_{relation.name}.sql").write_text(MARK + sql, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from None
    return len(selection.relations)


def _is_ours(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.readline() == MARK


def _texts(selection: Selection, dialect: Dialect, *, cut: bool) -> Iterator[str]:
    for relation in selection.relations:
        is_cut = cut and len(relation.rows) > LONG_ROWS and relation.name not in selection.named
        yield preview(relation, dialect, rows_at_most=ROWS_SHOWN if is_cut else None)
