"""What lint asks a database, changing nothing: which columns there are, and what a source's rows show."""

from __future__ import annotations

from collections.abc import Iterator

from kpictl.catalog import Catalog, Source
from kpictl.check import Seen
from kpictl.check.rows import duplicate_days, duplicate_rows, no_rows
from kpictl.compile import Plan, Tables, days, duplicates, keyed, plan, repeated_days
from kpictl.diagnostics import Diagnostic
from kpictl.engine import Engine
from kpictl.pipeline.run import source_types

ROWS_AT_LEAST = 10
UNIQUE_AT_LEAST = 0.9
"""From this share of days with one row on, a table is taken for one with a row a day."""


def inspect(catalog: Catalog, engine: Engine) -> Seen:
    """The tables of a database, models and lookups as the last run left them, and what is odd in sources' rows."""
    with engine.transaction():
        tables = engine.tables()
        made = plan(catalog, source_types(catalog, engine, tables))
        return Seen(tables, tuple(_found(made, engine, tables)))


def _found(made: Plan, engine: Engine, tables: Tables) -> Iterator[Diagnostic]:
    can_be_read = [source for source in made.catalog.sources if _used(source) <= tables.get(source.relation, {}).keys()]
    for source in keyed(can_be_read):
        if examples := engine.query(duplicates(made, source)):
            yield duplicate_rows(source, examples)
    for source in can_be_read:
        ((rows, different),) = engine.query(days(made, source))
        if not rows:
            yield no_rows(source)
        elif source.key is None and source.time is not None and _has_a_row_a_day(int(str(rows)), int(str(different))):
            yield duplicate_days(source, engine.query(repeated_days(made, source)))


def _used(source: Source) -> set[str]:
    """The columns without which a source's rows cannot be asked for."""
    named = {source.time, source.valid_from, source.entity, source.key} - {None}
    conditions = () if source.where is None else source.where.columns()
    return {name for name in named if name is not None} | {column.name for column in conditions}


def _has_a_row_a_day(rows: int, different: int) -> bool:
    return rows >= ROWS_AT_LEAST and UNIQUE_AT_LEAST * rows <= different < rows
