"""What a generated project's `kpictl.yml` and entities say, as YAML and as the oracle takes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import Any, Literal

from tests.soundness.oracle import Entity as JudgedEntity
from tests.soundness.oracle import Retail

ROOT = "ALL"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


@dataclass(frozen=True, slots=True)
class Entity:
    """A node of the tree; without a `parent` it is the root or stands right below it."""

    id: int
    code: str
    parent: str | None = None
    timezone: str | None = None
    aliases: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"Entity {self.code}"

    def yaml(self) -> dict[str, Any]:
        found: dict[str, Any] = {"id": self.id, "code": self.code, "name": self.name}
        found |= {"parent": self.parent} if self.parent else {}
        found |= {"timezone": self.timezone} if self.timezone else {}
        return found | ({"aliases": list(self.aliases)} if self.aliases else {})

    def judged(self) -> JudgedEntity:
        return JudgedEntity(self.code, self.parent, self.aliases, self.timezone)


@dataclass(frozen=True, slots=True)
class Settings:
    """Days, calendar and windows; `compare` None leaves it to the calendar's default."""

    timezone: str
    day_starts_at: time
    start: date
    end: date
    week_starts_on: int
    fiscal_starts: int
    retail: Retail | None
    compare: Literal["same_date", "same_weekday", "fiscal"] | None
    windows: tuple[str, ...]

    def yaml(self) -> dict[str, Any]:
        calendar: dict[str, Any] = {"start": self.start.isoformat(), "end": self.end.isoformat()}
        if self.retail is None:
            calendar |= {"week_starts_on": WEEKDAYS[self.week_starts_on]}
            calendar |= {"fiscal": {"starts": MONTHS[self.fiscal_starts - 1]}} if self.fiscal_starts > 1 else {}
        else:
            calendar |= {"fiscal": _pattern(self.retail)}
        return {
            "timezone": self.timezone,
            "day_starts_at": self.day_starts_at.isoformat("minutes"),
            "calendar": calendar,
            "windows": list(self.windows),
            **({"compare": self.compare} if self.compare else {}),
        }

    def judged(self) -> dict[str, Any]:
        """What the oracle's calendar is made of."""
        return {
            "timezone": self.timezone,
            "day_starts_at": self.day_starts_at,
            "calendar_start": self.start,
            "calendar_end": self.end,
            "week_starts_on": self.week_starts_on,
            "fiscal_starts": self.fiscal_starts,
            "retail": self.retail,
            "windows": self.windows,
            "compare": self.compare or ("fiscal" if self.retail else "same_date"),
        }


def _pattern(retail: Retail) -> dict[str, str]:
    pattern = "-".join(map(str, retail.pattern))
    weekday, month = WEEKDAYS[retail.weekday], MONTHS[retail.month - 1]
    if retail.day is None:
        return {"pattern": pattern, "last": weekday, "of": month}
    return {"pattern": pattern, "nearest": weekday, "to": f"{month}-{retail.day}"}
