"""What the catalog can say and nothing computes yet: this file shrinks as capabilities arrive."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpictl.catalog.model import Kpi, Project, Source
from kpictl.check.rule import Known, Rule
from kpictl.diagnostics import Diagnostic, Span

COMPUTED_WINDOWS = re.compile(r"day|wtd|mtd|qtd|ytd|last[1-9][0-9]*")


class NotYet(Rule):
    """The catalog asks for something that its format has but that is not computed yet.

    It is refused here, at its place, so that no number is published that means something else.
    """

    code = "KPI290"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        catalog = known.catalog
        sources = {source.code: source for source in catalog.sources}
        yield from self._project(catalog.project)
        for source in catalog.sources:
            yield from self._source(source)
        for kpi in catalog.kpis:
            yield from self._kpi(kpi, sources.get(kpi.source or ""))
        yield from self._entities(known)

    def _not_yet(self, what: str, at: Span, advice: str) -> Diagnostic:
        return self.found(f"{what} not computed yet", at, help=advice)

    def _project(self, project: Project) -> Iterator[Diagnostic]:
        if dict(project.calendar.fiscal) != {"starts": "january"}:
            at = project.places.at("calendar", "fiscal")
            yield self._not_yet("fiscal calendars are", at, "only `{starts: january}` is")
        if project.compare != "same_date":
            at = project.places.at("compare")
            yield self._not_yet(f"`compare: {project.compare}` is", at, "only `same_date` is")
        for index, name in enumerate(project.windows):
            if not COMPUTED_WINDOWS.fullmatch(name):
                at = project.places.at("windows", index)
                yield self._not_yet(f"window `{name}` is", at, "`day wtd mtd qtd ytd lastN` are")

    def _source(self, source: Source) -> Iterator[Diagnostic]:
        if source.entity is not None:
            at = source.places.at("entity")
            yield self._not_yet("values per entity are", at, "remove `entity`: only `ALL` is computed")
        if source.changed_at is not None:
            at = source.places.at("changed_at")
            yield self._not_yet("days by `changed_at` are", at, "remove it: sources are computed whole")

    def _kpi(self, kpi: Kpi, source: Source | None) -> Iterator[Diagnostic]:
        if kpi.measure is None:
            if kpi.formula is not None and kpi.over_time == "average":
                at = kpi.places.at("over_time")
                yield self._not_yet("`over_time` of formulas is", at, "formulas without `over_time` are")
            return
        if kpi.measure.distinct:
            at = kpi.measure.expression.at
            yield self._not_yet("`count(distinct …)` is", at, "`sum`, `count` and `avg` are")
        elif kpi.measure.aggregate in {"min", "max"}:
            at = kpi.measure.expression.at
            yield self._not_yet(f"`{kpi.measure.aggregate}` is", at, "`sum`, `count` and `avg` are")
        if kpi.over_time is None or source is None:
            return
        at = kpi.places.at("over_time")
        if source.valid_from is None:
            advice = "measures without `over_time` are, and validity sources"
            yield self._not_yet("stocks, measures with `over_time`, are", at, advice)
        elif kpi.over_time != "last":
            yield self._not_yet(f"`over_time: {kpi.over_time}` is", at, "`last`, the default, is")

    def _entities(self, known: Known) -> Iterator[Diagnostic]:
        entities = known.catalog.entities
        other = next((entity for entity in entities if entity.code != "ALL"), None)
        if other is not None:
            at = other.places.at("code")
            yield self._not_yet(f"entities but `ALL`, such as `{other.code}`, are", at, "list `ALL` alone")
        for entity in entities:
            if entity.timezone is not None:
                at = entity.places.at("timezone")
                yield self._not_yet("time zones of entities are", at, "remove it: the project's is used")


RULES: tuple[Rule, ...] = (NotYet(),)
