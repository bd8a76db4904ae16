"""Rules on things that are made of themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial

from kpictl.catalog import order
from kpictl.catalog.model import TableReference
from kpictl.check.rule import Known, Place, Rule
from kpictl.diagnostics import Diagnostic, Span

ROOT = "ALL"
"""The root of the entities; that it has no parent is a rule of its own."""


def cycles(graph: Mapping[str, Mapping[str, Place]]) -> Iterator[tuple[str, Span]]:
    """Cycles of which no two share a member, each as a path in words and the place of its first step.

    The graph says what each name needs, and where it says so; a path begins at the name that stands first.
    """
    rest: Mapping[str, Collection[str]] = graph
    while (found := order.cycle(rest)) is not None:
        members = found[:-1]
        steps = {name: graph[name][need]() for name, need in zip(members, found[1:], strict=True)}
        first = min(members, key=lambda name: steps[name])
        start = members.index(first)
        yield " → ".join((*members[start:], *members[:start], first)), steps[first]
        rest = {
            name: [each for each in needs if each not in members] for name, needs in rest.items() if name not in members
        }


class FormulaCycle(Rule):
    """A formula needs its own value, directly or through other formulas.

    There is no first value to begin with.

    Wrong:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: number,
             formula: «y» + 1}
          - {id: 10, code: y, name: X, description: "X.", owner: us, format: number,
             formula: x + 1}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: number,
             formula: orders + 1}
          - {id: 10, code: y, name: X, description: "X.", owner: us, format: number,
             formula: x + 1}
    """

    code = "KPI120"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        formulas = {kpi.code: kpi.formula for kpi in known.catalog.kpis if kpi.formula is not None}
        graph = {
            code: {column.name: partial(formula.span, column) for column in reversed(formula.columns())}
            for code, formula in formulas.items()
        }
        for path, at in cycles(graph):
            yield self.found(f"formulas in a cycle: {path}", at, help="break the circle in one of these formulas")


class ModelCycle(Rule):
    """A model reads itself, directly or through other models, so that none of them can be made first.

    Wrong:

        -- kpis/models/a.sql
        select x from «marts.b»
        -- kpis/models/b.sql
        select x from marts.a

    Right:

        -- kpis/models/a.sql
        select 1 as x
        -- kpis/models/b.sql
        select x from marts.a
    """

    code = "KPI121"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        graph = {
            str(model.name): {str(each.name): partial(_at, each) for each in reversed(model.reads)}
            for model in known.catalog.models
        }
        for path, at in cycles(graph):
            yield self.found(f"models in a cycle: {path}", at, help="break the circle in one of these models")


class EntityCycle(Rule):
    """An entity lies below itself; entities form one tree, whose root is `ALL`.

    Rows count for their entity and for all above it; in a circle they would count without an end.

    Wrong:

        entities:
          - {id: 1, code: mill, name: Mill, parent: «dock»}
          - {id: 2, code: dock, name: Dock, parent: mill}

    Right:

        entities:
          - {id: 1, code: mill, name: Mill, parent: dock}
          - {id: 2, code: dock, name: Dock}
    """

    code = "KPI122"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        graph = {
            entity.code: {}
            if entity.parent is None or entity.code == ROOT
            else {entity.parent: partial(entity.places.at, "parent")}
            for entity in known.catalog.entities
        }
        for path, at in cycles(graph):
            advice = "give one of them a parent outside this path"
            yield self.found(f"entities in a cycle: {path}", at, help=advice)


def _at(reference: TableReference) -> Span:
    return reference.at


RULES: tuple[Rule, ...] = (FormulaCycle(), ModelCycle(), EntityCycle())
