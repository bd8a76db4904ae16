"""Rules on the types of columns, where they are known."""

from __future__ import annotations

from collections.abc import Iterator

from kpictl.check.rule import Caution, Known, Rule
from kpictl.diagnostics import Diagnostic


class EntityType(Rule):
    """A source's entity column is neither text nor a whole number, and so holds no codes.

    A row's entity is found by its code or alias, which is a text or a whole number.

    Wrong:

        -- the database
        create table dbt.visit (id bigint, day date, store json);
        # kpis/example.yml
        sources:
          - {code: visits, relation: dbt.visit, time: day, entity: «store»}

    Right:

        -- the database
        create table dbt.visit (id bigint, day date, store text);
        # kpis/example.yml
        sources:
          - {code: visits, relation: dbt.visit, time: day, entity: store}
    """

    code = "KPI407"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for source in known.catalog.sources:
            kind = known.types(source.relation).get(source.entity or "")
            if kind is not None and kind.partition("(")[0] in _NO_CODES:
                message = f"`{source.entity}` is of type {kind}, which holds no codes of entities"
                advice = "name a column of codes, or make one in a model"
                yield self.found(message, source.places.at("entity"), help=advice)


_NO_CODES = frozenset({"boolean", "decimal", "double", "date", "timestamp", "timestamptz", "json"})


class NoZone(Caution):
    """A source's time is a timestamp without a zone, and `timezone` does not say which one is meant.

    UTC is taken. If the times are those of a shop's clock, sales of the evening count on the next day.

    Wrong:

        -- the database
        create table dbt.visit (id bigint, came_at timestamp);
        # kpis/example.yml
        sources:
          - {code: visits, relation: dbt.visit, time: «came_at»}

    Right:

        -- the database
        create table dbt.visit (id bigint, came_at timestamp);
        # kpis/example.yml
        sources:
          - {code: visits, relation: dbt.visit, time: came_at, timezone: UTC}
    """

    code = "KPI411"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for source in known.catalog.sources:
            for key, column in (("time", source.time), ("valid_from", source.valid_from)):
                kind = known.types(source.relation).get(column or "")
                if kind in {"timestamp", "timestamp without time zone"} and not source.places.has("timezone"):
                    message = f"`{column}` has no time zone, and is taken for UTC"
                    advice = "add `timezone` to the source: UTC, or that of the clock which wrote it"
                    yield self.found(message, source.places.at(key), help=advice)


RULES: tuple[Rule, ...] = (EntityType(), NoZone())
