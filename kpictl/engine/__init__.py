"""The databases: DuckDB, embedded, and PostgreSQL, over SQLAlchemy."""

from kpictl.engine.engine import REFUSED, Engine
from kpictl.engine.landing import RawTables
from kpictl.engine.open import open_engine, open_for_reading, open_in_memory, open_published, published_path

__all__ = [
    "REFUSED",
    "Engine",
    "RawTables",
    "open_engine",
    "open_for_reading",
    "open_in_memory",
    "open_published",
    "published_path",
]
