"""The errors that end a command, sorted by what the reader can do next; each has its exit code.

KpictlError
├── CatalogError      1   the project's files have errors: a list of diagnostics
├── UsageError        2   the command line asks for what is not there
├── WorldError        3   a database or an API failed
├── LockError         4   another run holds the lock
└── CheckError        5   a check stopped the publishing
"""

from __future__ import annotations

from kpictl.diagnostics.diagnostic import Diagnostic


class KpictlError(Exception):
    """Anything that a user can cause; the message says what is wrong, `help` what to do."""

    exit_code = 70

    def __init__(self, message: str, *, help: str | None = None) -> None:  # noqa: A002 -- the word of every diagnostic
        super().__init__(message)
        self.help = help


class CatalogError(KpictlError):
    """The project's files have errors; nothing was written."""

    exit_code = 1

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__("the catalog has errors")
        self.diagnostics = diagnostics


class UsageError(KpictlError):
    """The command line asks for what is not there."""

    exit_code = 2


class WorldError(KpictlError):
    """A database or an API failed; `code` is the page that `kpictl explain` shows, where there is one."""

    exit_code = 3

    def __init__(self, message: str, *, help: str | None = None, code: str | None = None) -> None:  # noqa: A002 -- as above
        super().__init__(message, help=help)
        self.code = code


class BusyError(WorldError):
    """Somebody else's lock on a table was waited for, and did not go: it may be worth another try."""


class UnpublishedError(WorldError):
    """There is nothing to read: no run has published, or a kpictl that is too old has."""


class NotFoundError(WorldError):
    """Something of that name has not been published."""


class SettingsError(WorldError):
    """A connector's settings are not right: each problem with the keys that lead to it, and what is wrong there."""

    def __init__(self, message: str, problems: tuple[tuple[tuple[str | int, ...], str], ...], *, help: str) -> None:  # noqa: A002 -- as above
        super().__init__(message, help=help, code="KPI508")
        self.problems = problems


class LockError(KpictlError):
    """Another run holds the lock."""

    exit_code = 4


class CheckError(KpictlError):
    """A check stopped the publishing; the old tables stay."""

    exit_code = 5
