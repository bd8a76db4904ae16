"""All that the oracle says of a generated project, worked out once for all engines."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tests.soundness.generated import Description
from tests.soundness.oracle import Cell, Period, dashboard, data_through, facts, periods, trend

Key = tuple[object, ...]


@dataclass(slots=True)
class Expected:
    """Cells are keyed by as-of date, KPI, entity and window; trends and the last days with rows by the first three."""

    description: Description
    cells: dict[Key, Cell] = field(default_factory=dict)
    through: dict[Key, date | None] = field(default_factory=dict)
    trends: dict[Key, dict[date, Decimal | None]] = field(default_factory=dict)
    facts: dict[Key, Decimal | None] = field(default_factory=dict)
    periods: dict[Key, Period] = field(default_factory=dict)

    def __post_init__(self) -> None:
        of = self.description
        project = of.judged()
        active = {kpi.code for kpi in of.published}
        for as_of in dict.fromkeys(of.dates):
            for (code, entity), windows in dashboard(project, as_of).items():
                if code in active:
                    key = (as_of, code, entity)
                    self.cells |= {(*key, name): cell for name, cell in windows.items()}
                    self.through[key] = data_through(project, code, as_of)
                    self.trends[key] = trend(project, code, entity, as_of)
        thinned = of.thinned()
        for (day, code, entity), value in facts(project, of.facts_until()).items():
            if code in active and not (code in thinned and value == 0):
                self.facts[day, code, entity] = value
        self.periods |= {key: row for key, row in periods(project, of.facts_until()).items() if key[2] in active}
