"""Rules on what expressions do with values of the wrong kind, as far as the types of columns are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kpictl.catalog.expression import Expression
from kpictl.catalog.model import Kpi, Source
from kpictl.check.kinds import Fault, Kind, faults_of, kind_of, kind_of_type
from kpictl.check.rule import Known, Rule
from kpictl.diagnostics import Diagnostic

Found = tuple[Expression, tuple[Fault, ...]]


class WrongKind(Rule):
    """An expression does something with a value that values of its kind do not allow.

    It sums text, compares text with a number, or takes a number for a condition. A database refuses it, or guesses
    until a row does not fit. Types are known of lookups, and of all else once the database is asked.

    Wrong:

        kpis:
          - {id: 9, code: web, name: Web, description: "X.", owner: finance,
             format: number, source: orders,
             measure: sum(«channel»)}

    Right:

        kpis:
          - {id: 9, code: web, name: Web, description: "X.", owner: finance,
             format: number, source: orders,
             measure: count(distinct channel)}
    """

    code = "KPI412"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        kinds = {source.code: source_kinds(known, source) for source in known.catalog.sources}
        for source in known.catalog.sources:
            yield from self._told(faults_of_source(source, kinds[source.code]))
        of_kpis = {kpi.code: Kind.NUMBER for kpi in known.catalog.kpis}
        for kpi in known.catalog.kpis:
            yield from self._told(_of_kpi(kpi, kinds.get(kpi.source or "", {}), of_kpis))

    def _told(self, found: Iterator[Found]) -> Iterator[Diagnostic]:
        for expression, faults in found:
            for fault in faults:
                yield self.found(fault.message, expression.span(fault.node), help=fault.help)


class NoNumber(Rule):
    """A formula gives a condition or a text, and the value of a KPI is a number.

    Wrong:

        kpis:
          - {id: 9, code: good, name: Good, description: "X.", owner: finance,
             format: number,
             formula: «revenue > 100»}

    Right:

        kpis:
          - {id: 9, code: good, name: Good, description: "X.", owner: finance,
             format: number,
             formula: case when revenue > 100 then 1 else 0 end}
    """

    code = "KPI413"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        of_kpis = {kpi.code: Kind.NUMBER for kpi in known.catalog.kpis}
        for kpi in known.catalog.kpis:
            if kpi.formula is None:
                continue
            kind, faults = kind_of(kpi.formula.tree, of_kpis)
            if not faults and kind not in {None, Kind.NUMBER}:
                message = f"the formula of `{kpi.code}` gives {kind}, which is no number"
                advice = "`case when … then 1 else 0 end` makes a number of it"
                yield self.found(message, kpi.formula.span(kpi.formula.tree), help=advice)


def source_kinds(known: Known, source: Source) -> Mapping[str, Kind]:
    """The kinds of a source's columns; of a lookup's column without any value nobody knows what it will hold."""
    empty = {
        column.name
        for lookup in known.catalog.lookups
        if lookup.name == source.relation
        for at, column in enumerate(lookup.columns)
        if all(row[at] is None for row in lookup.rows)
    }
    kinds = {name: kind_of_type(type_) for name, type_ in known.types(source.relation).items() if name not in empty}
    return {name: kind for name, kind in kinds.items() if kind is not None}


def faults_of_source(source: Source, kinds: Mapping[str, Kind]) -> Iterator[Found]:
    """What is wrong in a source's own conditions."""
    if source.where is not None:
        yield source.where, faults_of(source.where.tree, kinds, Kind.CONDITION, "`where`")
    for expectation in source.expect:
        yield expectation.that, faults_of(expectation.that.tree, kinds, Kind.CONDITION, "`that`")


def _of_kpi(kpi: Kpi, kinds: Mapping[str, Kind], of_kpis: Mapping[str, Kind]) -> Iterator[Found]:
    if kpi.where is not None:
        yield kpi.where, faults_of(kpi.where.tree, kinds, Kind.CONDITION, "`where`")
    if kpi.formula is not None:
        yield kpi.formula, kind_of(kpi.formula.tree, of_kpis)[1]
    if kpi.measure is None or kpi.measure.argument is None:
        return
    argument, aggregate = kpi.measure.argument, kpi.measure.aggregate
    if aggregate == "count":
        yield argument, kind_of(argument.tree, kinds)[1]
    else:
        # The least of some dates is a date, but the value of a KPI is a number.
        yield argument, faults_of(argument.tree, kinds, Kind.NUMBER, f"`{aggregate}`")


RULES: tuple[Rule, ...] = (WrongKind(), NoNumber())
