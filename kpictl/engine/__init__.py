"""The databases: DuckDB, embedded, and PostgreSQL, over SQLAlchemy."""

from kpictl.engine.edition import Edition, Written
from kpictl.engine.engine import Engine
from kpictl.engine.landing import RawTables
from kpictl.engine.open import (
    duckdb_path,
    open_engine,
    open_for_reading,
    open_in_memory,
    open_published,
    published_path,
    refuse_unwritable,
)
from kpictl.engine.parquet import write_parquet
from kpictl.engine.permissions import Lacking, Needs
from kpictl.engine.refusals import REFUSED

__all__ = [
    "REFUSED",
    "Edition",
    "Engine",
    "Lacking",
    "Needs",
    "RawTables",
    "Written",
    "duckdb_path",
    "open_engine",
    "open_for_reading",
    "open_in_memory",
    "open_published",
    "published_path",
    "refuse_unwritable",
    "write_parquet",
]
