"""A database's own errors, as one that says what happened, no more, and what can be done."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from sqlalchemy.exc import DBAPIError

from kpictl.diagnostics import BusyError, WorldError

REFUSED = "the database refused: "
"""What stands before the words of a database."""

_CONNECTIONS = "a run needs two connections: allow the role as many, or run when others are done"
_COPY = "put a copy of the file back; or move it away, and the next run makes it anew"
_MEMORY = "give the machine, or kpictl's container, more memory, and run again"
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_BY_CODE: Mapping[str, str] = MappingProxyType(
    {
        "25006": "name the primary server in the environment's url, or let the role write there",
        "40P01": "run again",
        "42501": "`kpictl doctor` says which GRANT is missing",
        "53100": "make room on the server's disk, and run again",
        "53200": "the server has too little memory: lower `work_mem`, or give it more, and run again",
        "53300": _CONNECTIONS,
        "53400": "raise that limit for the role, or `work_mem`, and run again",
        "55P03": "somebody holds a lock on the table: run again when they are done; pg_stat_activity shows them",
        "57014": "raise `statement_timeout` for the role, or see in pg_stat_activity what it waits for; then run again",
    }
)
# Those of DuckDB, and of a connection that PostgreSQL did not let in, which has no code:
# https://duckdb.org/docs/stable/guides/troubleshooting/oom_errors
_BY_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "too many connections": _CONNECTIONS,
        "too many clients": _CONNECTIONS,
        "connection slots are reserved": _CONNECTIONS,
        "Out of Memory": _MEMORY,
        "block of size": _MEMORY,
        "failed to allocate": _MEMORY,
        "No space left": "make room on the disk, and run again",
        "File too large": "make room on the disk, or raise the limit on the size of files, and run again",
        "not a valid DuckDB database file": _COPY,
        "Corrupt database file": _COPY,
        "Could not read enough bytes": _COPY,
        "Permission denied": "let the user that runs kpictl read and write the file and its folder",
    }
)

# What libpq says before the reason: where it went, and how bad it is.
_OF_LIBPQ = re.compile(r"^connection to server .*? failed: |FATAL: +")
IS_OPEN = "Could not set lock on file"
"""What DuckDB says of a file that another process has open; a broken one has a `block` in its message."""


@contextmanager
def told() -> Iterator[None]:
    """Raises a database's error as a WorldError."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated:
            said = first_line(str(error.orig))
            raise WorldError(
                f"the connection to the database was lost: {said}",
                help="run again; if it is lost again, the server's log says why",
            ) from error
        raise refusal(error.orig or error) from error


def refusal(error: BaseException) -> WorldError:
    """What a database said, without its excerpts and suggestions: the first line, and PostgreSQL's DETAIL."""
    message = str(error)
    lines = message.strip().splitlines()[1:]
    detail = next((line.removeprefix("DETAIL:").strip() for line in lines if line.startswith("DETAIL:")), None)
    said = first_line(message) + ("" if detail is None else f" ({detail})")
    code = getattr(error, "pgcode", None)
    kind = BusyError if code == "55P03" else WorldError
    return kind(f"{REFUSED}{said}", help=_advice(said, code))


def first_line(message: str) -> str:
    """What happened, without an address that the reader knows, an excerpt, or a suggestion."""
    first = _OF_LIBPQ.sub("", next(iter(message.strip().splitlines()), "nothing"))
    return first.partition("You might need to")[0].strip()


def _advice(said: str, code: object) -> str | None:
    by_words = next((advice for words, advice in _BY_WORDS.items() if words.lower() in said.lower()), None)
    return _BY_CODE.get(str(code), by_words)


def advice_of(said: str) -> str | None:
    """What can be done about a message without a code."""
    return _advice(said, None)
