"""What is wrong with an author's files, where, and what to do: the standard library only."""

from kpictl.diagnostics.diagnostic import Diagnostic, Note, Severity, has_errors
from kpictl.diagnostics.errors import (
    BusyError,
    CatalogError,
    CheckError,
    KpictlError,
    LockError,
    NotFoundError,
    SettingsError,
    UnpublishedError,
    UsageError,
    WorldError,
)
from kpictl.diagnostics.span import Span

__all__ = [
    "BusyError",
    "CatalogError",
    "CheckError",
    "Diagnostic",
    "KpictlError",
    "LockError",
    "NotFoundError",
    "Note",
    "SettingsError",
    "Severity",
    "Span",
    "UnpublishedError",
    "UsageError",
    "WorldError",
    "has_errors",
]
