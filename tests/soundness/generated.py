"""A generated project: one description, from which both its YAML and the oracle's judgement of it are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

import yaml

from kpictl.catalog import Column, ColumnType
from tests.soundness import oracle
from tests.soundness.generated_formulas import Expression, judge
from tests.soundness.generated_rows import COLUMNS, Condition, Value
from tests.soundness.generated_settings import ROOT, Entity, Settings

TimeType = Literal["date", "timestamp", "timestamptz"]
EntityType = Literal["text", "bigint"]
Aggregate = Literal["sum", "avg", "min", "max", "count", "count distinct"]
OverTime = Literal["last", "first", "average", "min", "max"]
Moment = date | datetime | None

PLACE = "place"


@dataclass(frozen=True, slots=True)
class Row:
    """`times` are its `happened`, or its `begins` and `ends`; `cells` those of COLUMNS; `place` an entity's code."""

    times: tuple[Moment, ...]
    cells: tuple[Any, ...]
    place: str | int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """`entity` is the type of its entity column, where it has one."""

    code: str
    types: tuple[TimeType, ...]  # one for rows that happen, two for rows that are valid for a time
    timezone: str
    where: Condition | None
    covers_from: date | None
    covers_to_last_row: bool
    entity: EntityType | None
    rows: tuple[Row, ...]

    @property
    def times(self) -> tuple[str, ...]:
        return ("happened",) if len(self.types) == 1 else ("begins", "ends")

    @property
    def columns(self) -> tuple[Column, ...]:
        kinds: tuple[ColumnType, ...] = self.types
        times = (Column(name, kind) for name, kind in zip(self.times, kinds, strict=True))
        return (*times, *COLUMNS, *([Column(PLACE, self.entity)] if self.entity else []))

    def loaded(self) -> list[list[Any]]:
        return [[*row.times, *row.cells, *([row.place] if self.entity else [])] for row in self.rows]

    def yaml(self) -> dict[str, Any]:
        keys = ("time",) if len(self.times) == 1 else ("valid_from", "valid_to")
        found: dict[str, Any] = {"code": self.code, "relation": f"raw.{self.code}"}
        found |= dict(zip(keys, self.times, strict=True))
        found |= {"timezone": self.timezone} if self.timezone != "UTC" else {}
        found |= {"entity": PLACE} if self.entity else {}
        found |= {"where": self.where.sql} if self.where else {}
        found |= {"covers_from": self.covers_from.isoformat()} if self.covers_from else {}
        return found | ({"covers_to": "last_row"} if self.covers_to_last_row else {})

    def judged(self, covers_from: date | None) -> oracle.Source:
        names = [column.name for column in self.columns]
        is_validity = len(self.times) == 2
        return oracle.Source(
            self.code,
            [dict(zip(names, row, strict=True)) for row in self.loaded()],
            time=None if is_validity else self.times[0],
            valid_from=self.times[0] if is_validity else None,
            valid_to=self.times[1] if is_validity else None,
            timezone=self.timezone,
            where=self.where.of if self.where else None,
            covers_from=self.covers_from or covers_from,
            covers_to_last_row=self.covers_to_last_row,
            entity=PLACE if self.entity else None,
        )


@dataclass(frozen=True, slots=True)
class Kpi:
    """A formula, or a measure of a source: `argument` None is `count(*)`."""

    code: str
    id: int | None
    is_active: bool
    formula: Expression | None = None
    source: str = ""
    aggregate: Aggregate = "count"
    argument: Value | None = None
    where: Condition | None = None
    over_time: OverTime | None = None
    max_staleness: int | None = None

    @property
    def name(self) -> str:
        return self.code.title()

    @property
    def is_published(self) -> bool:
        return self.id is not None and self.is_active

    @property
    def is_exact(self) -> bool:
        """Whether engines agree on its values digit for digit."""
        exact = self.aggregate != "avg" if self.formula is None else self.formula.exact
        return exact and self.over_time != "average"

    def yaml(self) -> dict[str, Any]:
        found: dict[str, Any] = {"code": self.code}
        found |= {"id": self.id, "name": self.name, "format": "number"} if self.id is not None else {}
        found |= {} if self.is_active else {"is_active": False}
        if self.formula is None:
            function, _, word = self.aggregate.partition(" ")
            argument = self.argument.sql if self.argument else "*"
            found |= {"source": self.source, "measure": f"{function}({f'{word} ' if word else ''}{argument})"}
        else:
            found |= {"formula": self.formula.sql}
        found |= {"over_time": self.over_time} if self.over_time else {}
        found |= {"max_staleness": self.max_staleness} if self.max_staleness is not None else {}
        return found | ({"where": self.where.sql} if self.where else {})

    def judged(self) -> oracle.Measure | oracle.Formula:
        if self.formula is not None:
            inputs = tuple(sorted(self.formula.inputs))
            return oracle.Formula(
                self.code,
                inputs,
                judge(self.formula),
                self.is_exact,
                over_time="average" if self.over_time else None,
                id=self.id,
            )
        return oracle.Measure(
            self.code,
            self.source,
            "count" if self.aggregate == "count distinct" else self.aggregate,
            self.argument.of if self.argument else None,
            distinct=self.aggregate == "count distinct",
            where=self.where.of if self.where else None,
            over_time=self.over_time,
            max_staleness=self.max_staleness,
            id=self.id,
        )


@dataclass(frozen=True, slots=True, repr=False)
class Description:
    """A whole project; `dates` are the as-of dates in the order of their runs; no `entities` imply `ALL`."""

    settings: Settings
    covers_from: date | None
    sparse: bool
    entities: tuple[Entity, ...]
    sources: tuple[Source, ...]
    kpis: tuple[Kpi, ...]
    dates: tuple[date, ...]

    @property
    def published(self) -> tuple[Kpi, ...]:
        return tuple(kpi for kpi in self.kpis if kpi.is_published)

    def kpi(self, code: str) -> Kpi:
        return next(kpi for kpi in self.kpis if kpi.code == code)

    def thinned(self) -> frozenset[str]:
        """The KPIs whose zeros sparse facts leave out: sums and counts of rows that happen."""
        events = {source.code for source in self.sources if len(source.types) == 1}
        counted = {"sum", "count", "count distinct"}
        found = (k.code for k in self.kpis if k.source in events and k.aggregate in counted and k.over_time is None)
        return frozenset(found) if self.sparse else frozenset()

    def files(self) -> dict[str, str]:
        """The project's files, by name."""
        project = {"name": "generated", **self.settings.yaml(), "facts": "sparse" if self.sparse else "dense"}
        project |= {"covers_from": self.covers_from.isoformat()} if self.covers_from else {}
        catalog = {
            "formats": [{"code": "number", "kind": "number"}],
            **({"entities": [entity.yaml() for entity in self.entities]} if self.entities else {}),
            "sources": [source.yaml() for source in self.sources],
            "kpis": [kpi.yaml() for kpi in self.kpis],
        }
        return {"kpictl.yml": written(project), "kpis/kpis.yml": written(catalog)}

    def tree(self) -> dict[str, Entity]:
        """The entities by code, the root among them whether it is listed or not."""
        return {ROOT: Entity(0, ROOT), **{entity.code: entity for entity in self.entities}}

    def judged(self) -> oracle.Project:
        return oracle.Project(
            **self.settings.judged(),
            sources=tuple(source.judged(self.covers_from) for source in self.sources),
            kpis=tuple(kpi.judged() for kpi in self.kpis),
            entities=tuple(entity.judged() for entity in self.tree().values()),
        )

    def facts_until(self) -> date:
        return max(self.dates)

    def __repr__(self) -> str:
        parts = [f"as-of dates: {', '.join(day.isoformat() for day in self.dates)}"]
        parts += [f"-- {name}\n{text}" for name, text in self.files().items()]
        for source in self.sources:
            header = ",".join(f"{column.name}:{column.type}" for column in source.columns)
            rows = (",".join("" if cell is None else str(cell) for cell in row) for row in source.loaded())
            parts.append("\n".join((f"-- raw.{source.code}", header, *rows)))
        return "\n".join(parts)


def written(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, width=200, allow_unicode=True)


def with_ids(kpis: Sequence[Kpi]) -> tuple[Kpi, ...]:
    """The same, the last one published: a project that publishes nothing has nothing to compare."""
    *others, last = kpis
    return (*others, replace(last, id=last.id or 99, is_active=True))
