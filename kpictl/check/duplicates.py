"""Rules on names that are given twice."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from kpictl.catalog.model import Entity, Format, Kpi, Lookup, Model, Source
from kpictl.check.rule import Known, Rule
from kpictl.diagnostics import Diagnostic, Note, Span

Name = TypeVar("Name", bound=Hashable)


def repeated(named: Iterable[tuple[Name, Span]]) -> Iterator[tuple[Name, Span, Note]]:
    """Every name after its first, by place, with a note on the first."""
    first: dict[Name, Span] = {}
    for name, at in sorted(named, key=lambda pair: pair[1]):
        if name in first:
            yield name, at, Note("the first is here", first[name])
        else:
            first[name] = at


class DuplicateCode(Rule):
    """Two KPIs, sources, formats or entities have the same code.

    A code is how everything else refers to them, so it must mean one thing, in whichever file it stands.

    Wrong:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee)}
          - {id: 10, code: «x», name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(tip)}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee)}
          - {id: 10, code: tips, name: X, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(tip)}
    """

    code = "KPI110"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        catalog = known.catalog
        lists: dict[str, Sequence[Format | Entity | Source | Kpi]] = {
            "formats": catalog.formats,
            "entities": catalog.entities,
            "sources": catalog.sources,
            "KPIs": catalog.kpis,
        }
        for word, items in lists.items():
            for code, at, first in repeated((item.code, item.places.at("code")) for item in items):
                yield self.found(
                    f"two {word} have the code `{code}`",
                    at,
                    also=(first,),
                    help="rename or remove one of them",
                )


class DuplicateKpiId(Rule):
    """Two KPIs have the same id.

    The id is the key of every published table and stands for one KPI for ever; it is never given again.

    Wrong:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee)}
          - {id: «9», code: tips, name: X, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(tip)}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee)}
          - {id: 10, code: tips, name: X, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(tip)}
    """

    code = "KPI111"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        kpis = known.catalog.kpis
        free = 1 + max((kpi.id for kpi in kpis if kpi.id is not None), default=0)
        ids = ((kpi.id, kpi.places.at("id")) for kpi in kpis if kpi.id is not None)
        for id_, at, first in repeated(ids):
            yield self.found(f"two KPIs have the id {id_}", at, also=(first,), help=f"{free} is free")


class DuplicateEntityId(Rule):
    """Two entities have the same id, which is the key of their rows in every published table.

    Wrong:

        entities:
          - {id: 1, code: mill, name: Mill}
          - {id: «1», code: dock, name: Dock}

    Right:

        entities:
          - {id: 1, code: mill, name: Mill}
          - {id: 2, code: dock, name: Dock}
    """

    code = "KPI112"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        entities = known.catalog.entities
        free = 1 + max((entity.id for entity in entities), default=0)
        for id_, at, first in repeated((entity.id, entity.places.at("id")) for entity in entities):
            yield self.found(f"two entities have the id {id_}", at, also=(first,), help=f"{free} is free")


class DuplicateAlias(Rule):
    """An entity's alias is also another alias or a code.

    A row's entity is looked up among codes and aliases alike, so each may lead to one entity only.

    Wrong:

        entities:
          - {id: 1, code: mill, name: Mill, aliases: [m1]}
          - {id: 2, code: dock, name: Dock, aliases: [«m1»]}

    Right:

        entities:
          - {id: 1, code: mill, name: Mill, aliases: [m1]}
          - {id: 2, code: dock, name: Dock, aliases: [d1]}
    """

    code = "KPI113"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        entities = known.catalog.entities
        codes = {entity.code: entity.places.at("code") for entity in reversed(entities)}
        owned = [
            (entity.code, alias, entity.places.at("aliases", index))
            for entity in entities
            for index, alias in enumerate(entity.aliases)
        ]
        for code, alias, at in owned:
            if alias in codes:
                message = f"alias `{alias}` is the code of {'its own' if alias == code else 'another'} entity"
                also = (Note("the code is here", codes[alias]),)
                yield self.found(message, at, also=also, help="remove the alias; a code is found by itself")
        aliases = [(alias, at) for _, alias, at in owned]
        for alias, at, first in repeated(pair for pair in aliases if pair[0] not in codes):
            yield self.found(
                f"the alias `{alias}` is given twice", at, also=(first,), help="keep it once, on one entity"
            )


class DuplicateRelation(Rule):
    """Two models or lookups have the same name: both would be made as the same table.

    Wrong:

        -- kpis/models/stock.sql, whole file
        select ordered_on as counted_on, 1 as on_hand from marts.orders

    Right:

        -- kpis/models/daily.sql
        select 1 as order_id
    """

    code = "KPI114"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        made: list[Model | Lookup] = [*known.catalog.models, *known.catalog.lookups]
        for name, at, first in repeated((each.name, Span.whole_file(each.path)) for each in made):
            yield self.found(
                f"two models or lookups have the name `{name}`",
                at,
                also=(first,),
                help="rename one of the files",
            )


class DuplicateWindow(Rule):
    """A window is listed twice in `windows`; its columns would be too.

    Wrong:

        # kpictl.yml
        name: shop
        windows: [mtd, ytd, «mtd»]

    Right:

        # kpictl.yml
        name: shop
        windows: [mtd, ytd]
    """

    code = "KPI115"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        project = known.catalog.project
        named = ((name, project.places.at("windows", index)) for index, name in enumerate(project.windows))
        for name, at, first in repeated(named):
            yield self.found(f"window `{name}` is listed twice", at, also=(first,), help="remove one of them")


RULES: tuple[Rule, ...] = (
    DuplicateCode(),
    DuplicateKpiId(),
    DuplicateEntityId(),
    DuplicateAlias(),
    DuplicateRelation(),
    DuplicateWindow(),
)
