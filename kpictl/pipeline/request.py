"""What is asked of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from kpictl.pipeline.refresh import Connectors


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a run: its as-of date, the moment it began, and the connectors to refresh first.

    `also` are further as-of dates whose dashboard rows are written with it. With `is_full` nothing is taken over from
    the run before. `is_test` where the tables are those of a test, whose columns have the types of the few values that
    it gives: nothing is refused by those, and nothing remembered.
    """

    as_of: date
    began_at: datetime
    connectors: Connectors = ()
    also: tuple[date, ...] = ()
    is_full: bool = False
    is_test: bool = False

    @property
    def dates(self) -> tuple[date, ...]:
        return tuple(sorted({self.as_of, *self.also}))
