"""What engines write differently, a module for each; the trees themselves are the same for all."""

from __future__ import annotations

from kpictl.compile.dialects.base import Dialect
from kpictl.compile.dialects.duckdb import DUCKDB
from kpictl.compile.dialects.postgres import POSTGRES

DIALECTS: tuple[Dialect, ...] = (DUCKDB, POSTGRES)


def dialect(name: str) -> Dialect:
    """The dialect of that name; the command line offers no other."""
    return next(dialect for dialect in DIALECTS if dialect.name == name)


__all__ = ["DIALECTS", "Dialect", "dialect"]
