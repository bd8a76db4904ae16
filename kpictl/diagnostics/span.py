"""Where something stands in a file: the place that a diagnostic points at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A range of characters in a file; lines and columns count from 1, `end_column` is exclusive."""

    path: Path
    line: int
    column: int
    end_line: int
    end_column: int

    @staticmethod
    def whole_file(path: Path) -> Span:
        """The place of a finding about a file as a whole."""
        return Span(path, 1, 1, 1, 1)
