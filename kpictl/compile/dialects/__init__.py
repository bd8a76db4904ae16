"""What engines write differently, a module for each; the trees themselves are the same for all."""

from __future__ import annotations

from kpictl.compile.dialects.base import Dialect
from kpictl.compile.dialects.duckdb import DUCKDB
from kpictl.compile.dialects.postgres import POSTGRES
from kpictl.diagnostics import WorldError

DIALECTS: tuple[Dialect, ...] = (DUCKDB, POSTGRES)


def dialect(name: str) -> Dialect:
    """The dialect of that name; the command line offers no other."""
    return next(dialect for dialect in DIALECTS if dialect.name == name)


def dialect_of_url(url: str) -> Dialect:
    """The dialect of a database URL; WorldError for one that no engine speaks."""
    scheme = url.partition(":")[0].partition("+")[0]
    for dialect in DIALECTS:
        if scheme in dialect.schemes:
            return dialect
    # Without `://` it may be anything that an environment variable holds, a password too.
    message = f"no engine is called `{scheme}`" if "://" in url else "the environment's url is no database URL"
    raise WorldError(message, help="a URL begins with duckdb:/// or postgresql://")


__all__ = ["DIALECTS", "Dialect", "dialect", "dialect_of_url"]
