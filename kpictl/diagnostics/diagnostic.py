"""What is wrong, where, and what to do: a value that is collected, sorted and rendered at the edge."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kpictl.diagnostics.span import Span


class Severity(StrEnum):
    """An error stops the command; a warning does not, unless `--strict`."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Note:
    """A second place that explains a diagnostic: the first of two duplicates, say."""

    message: str
    at: Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding about an author's files or data.

    `code` is `KPI` and three digits (families: 0xx reading YAML, 1xx names and references, 2xx meaning,
    3xx expressions, 4xx the database, 5xx connectors, 9xx kpictl itself); `message` is one terse line
    without a full stop.
    """

    code: str
    message: str
    at: Span
    severity: Severity = Severity.ERROR
    also: tuple[Note, ...] = ()
    help: str | None = None


def has_errors(diagnostics: tuple[Diagnostic, ...]) -> bool:
    return any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
