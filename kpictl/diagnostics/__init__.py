"""What is wrong with an author's files, where, and what to do: the standard library only."""

from kpictl.diagnostics.diagnostic import Diagnostic, Note, Severity, has_errors
from kpictl.diagnostics.errors import (
    BusyError,
    CatalogError,
    CheckError,
    KpictlError,
    LockError,
    SettingsError,
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
    "Note",
    "SettingsError",
    "Severity",
    "Span",
    "UsageError",
    "WorldError",
    "has_errors",
]
