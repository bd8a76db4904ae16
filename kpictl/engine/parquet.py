"""Parquet files, which DuckDB writes, whatever database the rows come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from sqlglot import exp

from kpictl.catalog import Column, Table, TableName
from kpictl.compile import create_table, dialect, text
from kpictl.diagnostics import WorldError
from kpictl.engine.duckdb import document, insertion
from kpictl.engine.refusals import advice_of, first_line

_DUCKDB = dialect("duckdb")
_ROWS = TableName(None, "exported")
_MEMORY = "SET memory_limit = '400MB'"


def write_parquet(
    path: Path, columns: Sequence[Column], batches: Iterable[Sequence[Sequence[object]]], called: str
) -> None:
    """Write the rows in their order, each column of its own type; they are gathered on disk, beside the file.

    `called` is what people know the file by.
    """
    try:
        with (
            TemporaryDirectory(dir=path.parent, prefix=f"{path.name}.") as folder,
            duckdb.connect(Path(folder) / "rows.duckdb") as connection,
        ):
            connection.execute(_MEMORY)
            connection.execute(create_table(Table(_ROWS, tuple(columns), ()), _DUCKDB))
            statement = text(insertion(_ROWS, columns), _DUCKDB)
            for batch in batches:
                connection.execute(statement, [document(batch)])
            # https://duckdb.org/docs/stable/sql/statements/copy#parquet-options
            file = exp.Literal.string(str(path)).sql("duckdb")
            # A file that is there keeps its mode; a temporary one of DuckDB's own would be as open as the umask says.
            options = "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false"
            connection.execute(f'COPY "{_ROWS.name}" TO {file} ({options})')
    except duckdb.Error as error:
        said = first_line(str(error)).replace(str(path), called)
        raise WorldError(f"{called} cannot be written: {said}", help=advice_of(said)) from error
