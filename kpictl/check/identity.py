"""Rules on ids and codes, which are for ever: against what git's last version says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kpictl.catalog.history import Numbered
from kpictl.catalog.model import Entity, Kpi
from kpictl.check.rule import Known, Rule
from kpictl.diagnostics import Diagnostic

_DEFINING = ("source", "measure", "where", "formula", "over_time")


def _lists(known: Known) -> Iterator[tuple[str, Sequence[Numbered], Sequence[Kpi | Entity]]]:
    if known.before is not None:
        yield "KPI", known.before.kpis, [kpi for kpi in known.catalog.kpis if kpi.id is not None]
        yield "entity", known.before.entities, known.catalog.entities


def _renumbered(before: Sequence[Numbered], now: Sequence[Kpi | Entity]) -> Iterator[tuple[Numbered, Kpi | Entity]]:
    """Each id of before that another code has now, with what has it."""
    by_id = {each.id: each for each in now}
    for old in before:
        new = by_id.get(old.id)
        if new is not None and new.code != old.code:
            yield old, new


def _same_meaning(old: Numbered, new: Kpi | Entity) -> bool:
    if isinstance(new, Entity):
        return old.code in new.aliases
    values = [new.places.scalar(key).text if new.places.has(key) else None for key in _DEFINING]
    return old.meaning == tuple(None if value is None else " ".join(value.split()) for value in values)


class IdReused(Rule):
    """An id that stood for one KPI or entity stands for another now.

    The id is the key of every published table. Rows that were written for the old one would be read as the
    new one's.

    Wrong:

        # kpis/example.yml, before
        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: finance,
             format: currency,
             source: orders, measure: sum(fee)}
        # kpis/example.yml
        kpis:
          - {id: «9», code: tips, name: Tips, description: "X.", owner: finance,
             format: currency,
             source: orders, measure: sum(tip)}

    Right:

        # kpis/example.yml, before
        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: finance,
             format: currency,
             source: orders, measure: sum(fee)}
        # kpis/example.yml
        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: finance,
             format: currency,
             source: orders, measure: sum(fee), is_active: false}
          - {id: 10, code: tips, name: Tips, description: "X.", owner: finance,
             format: currency,
             source: orders, measure: sum(tip)}
    """

    code = "KPI130"
    can_be_allowed = True

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for word, before, now in _lists(known):
            for old, new in _renumbered(before, now):
                if not _same_meaning(old, new):
                    assert known.before is not None
                    message = f"the id {old.id} was that of {word} `{old.code}` in {known.before.revision}"
                    advice = f"give `{new.code}` an id of its own; an old {word}'s id is never given again"
                    yield self.found(message, new.places.at("id"), help=advice)


class IdChanged(Rule):
    """A KPI or an entity has another id than before.

    Its history in the published tables stays under the old id, and nothing connects the two.

    Wrong:

        # kpis/example.yml, before
        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: finance,
             format: currency,
             source: orders, measure: sum(fee)}
        # kpis/example.yml
        kpis:
          - {id: «10», code: fees, name: Fees, description: "X.", owner: finance,
             format: currency,
             source: orders, measure: sum(fee)}

    Right:

        # kpis/example.yml, before
        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: finance,
             format: currency,
             source: orders, measure: sum(fee)}
        # kpis/example.yml
        kpis:
          - {id: 9, code: fees, name: Fees, description: "Y.", owner: finance,
             format: currency,
             source: orders, measure: sum(fee)}
    """

    code = "KPI131"
    can_be_allowed = True

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for word, before, now in _lists(known):
            by_code = {each.code: each for each in now}
            for old in before:
                new = by_code.get(old.code)
                if new is not None and new.id != old.id:
                    assert known.before is not None
                    message = f"the id of {word} `{old.code}` was {old.id} in {known.before.revision}"
                    yield self.found(message, new.places.at("id"), help=f"give it back the id {old.id}")


class CodeChanged(Rule):
    """A KPI or an entity has another code than before, under the same id.

    Formulas, dashboards and notebooks know it by its code. An entity keeps its old code as an alias, so that rows
    that still have it find their entity.

    Wrong:

        # kpis/example.yml, before
        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: finance,
             format: currency,
             source: orders, measure: sum(fee)}
        # kpis/example.yml
        kpis:
          - {id: 9, code: «all_fees», name: Fees, description: "X.", owner: finance,
             format: currency,
             source: orders, measure: sum(fee)}

    Right:

        # kpis/example.yml, before
        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: finance,
             format: currency,
             source: orders, measure: sum(fee)}
        # kpis/example.yml
        kpis:
          - {id: 9, code: fees, name: All Fees, description: "X.", owner: finance,
             format: currency,
             source: orders, measure: sum(fee)}
    """

    code = "KPI132"
    can_be_allowed = True

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for word, before, now in _lists(known):
            for old, new in _renumbered(before, now):
                if _same_meaning(old, new) and not (isinstance(new, Entity) and old.code in new.aliases):
                    assert known.before is not None
                    message = f"the code of {word} {old.id} was `{old.code}` in {known.before.revision}"
                    advice = f"keep `{old.code}` and change the `name`, which is what people read"
                    yield self.found(message, new.places.at("code"), help=advice)


RULES: tuple[Rule, ...] = (IdReused(), IdChanged(), CodeChanged())
