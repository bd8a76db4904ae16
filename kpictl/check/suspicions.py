"""Rules on measures and conditions that can be computed and most likely mean something else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from kpictl.catalog.model import Source
from kpictl.check.filters import beside_a_date, contradiction
from kpictl.check.rule import Caution, Known
from kpictl.diagnostics import Diagnostic, Note

_RATIO = re.compile(r"(?:.*_)?(?:pct|percent|percentage|ratio|rate|avg|average|mean|share)(?:_.*)?")
_LEVEL = re.compile(r"(?:.*_)?(?:balance|on_hand|in_stock|stock_level|stock|inventory|headcount|outstanding)(?:_.*)?")


class SumOfRatio(Caution):
    """A measure sums a column that looks like a ratio or like a level.

    The sum of ratios is no ratio. A level, such as a balance or the stock on hand, is not added over days: thirty
    days of 100 bottles are 100 bottles, which `over_time: last` says. Columns are judged by their names.

    Wrong:

        kpis:
          - {id: 9, code: stock, name: Stock, description: "X.", owner: finance,
             format: number, source: stock,
             measure: sum(«on_hand»)}

    Right:

        kpis:
          - {id: 9, code: stock, name: Stock, description: "X.", owner: finance,
             format: number, source: stock,
             measure: sum(on_hand), over_time: last}
    """

    code = "KPI235"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        lasting = {source.code for source in known.catalog.sources if source.valid_from is not None}
        for kpi in known.catalog.kpis:
            if kpi.measure is None or kpi.measure.aggregate != "sum" or kpi.measure.argument is None:
                continue
            columns = kpi.measure.argument.columns()
            if len(columns) != 1:
                continue  # a rate times an amount is what people mean
            name, at = columns[0].name, kpi.measure.expression.span(columns[0])
            if _RATIO.fullmatch(name):
                advice = "sum what it is made of, each as a KPI, and divide them in a `formula`"
                yield self.found(f"`{name}` looks like a ratio, and a sum of ratios is none", at, help=advice)
            elif _LEVEL.fullmatch(name) and kpi.over_time is None and kpi.source not in lasting:
                advice = "add `over_time: last`, if it is what there is on the day"
                yield self.found(f"`{name}` looks like a level, which days do not add up to", at, help=advice)


class AverageOfAverages(Caution):
    """A measure averages a column that looks like an average or a ratio itself.

    The mean of daily means gives a day of two orders the weight of a day of two hundred.

    Wrong:

        kpis:
          - {id: 9, code: size, name: Size, description: "X.", owner: finance,
             format: number, source: orders,
             measure: avg(«average_size»)}

    Right:

        kpis:
          - {id: 9, code: size, name: Size, description: "X.", owner: finance,
             format: number,
             formula: revenue / orders}
    """

    code = "KPI238"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for kpi in known.catalog.kpis:
            measure = kpi.measure
            if measure is None or measure.aggregate != "avg" or measure.argument is None:
                continue
            for column in measure.argument.columns():
                if _RATIO.fullmatch(column.name):
                    message = f"`{column.name}` looks like an average already, and this averages it again"
                    advice = "divide sums in a `formula`, so that every row weighs the same"
                    yield self.found(message, measure.expression.span(column), help=advice)


class NeverTrue(Caution):
    """No row can meet the conditions of a KPI, so that it is zero or empty for ever.

    They ask one column for two values at once, or contradict the conditions of the source.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: finance,
             format: currency, source: orders,
             measure: sum(fee), where: channel = 'Web' and «channel = 'Shop'»}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: finance,
             format: currency, source: orders,
             measure: sum(fee), where: "channel in ('Web', 'Shop')"}
    """

    code = "KPI237"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        sources = {source.code: source for source in known.catalog.sources}
        for source in known.catalog.sources:
            if source.where is not None and (found := contradiction(source.where)) is not None:
                message = f"no row meets this condition of source `{source.code}`"
                yield self.found(message, found.at, help=_advice(found.other))
        for kpi in known.catalog.kpis:
            if kpi.where is None:
                continue
            whole = sources[kpi.source].where if kpi.source in sources else None
            found = contradiction(kpi.where, whole)
            if found is not None:
                message = f"no row meets the conditions of KPI `{kpi.code}`"
                also = () if found.other_at is None else (Note("this asks for something else", found.other_at),)
                yield self.found(message, found.at, help=_advice(found.other), also=also)


def _advice(other: str | None) -> str:
    return "leave it out, or correct it" if other is None else f"it contradicts `{other}`; `or` or `in` may be meant"


class FixedDate(Caution):
    """A KPI's conditions compare the source's time with a date that stays where it is.

    Days before it count as zero, and so would a year that is compared with them: a growth without end. Where the
    data begin is said by `covers_from`, and what lies before it has no value.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: finance,
             format: currency, source: orders,
             measure: sum(fee), where: "«ordered_on» >= '2024-06-01'"}

    Right:

        # kpis/sources.yml
        sources:
          - {code: orders, relation: marts.orders, time: ordered_on,
             covers_from: 2024-06-01}
    """

    code = "KPI236"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        times = {source.code: source for source in known.catalog.sources}
        for kpi in known.catalog.kpis:
            source = times.get(kpi.source or "")
            if kpi.where is None or source is None:
                continue
            for column in kpi.where.columns():
                if column.name in _times(source) and beside_a_date(column):
                    message = f"`{column.name}` is compared with a fixed date"
                    advice = "say where the data begin by `covers_from` on the source"
                    yield self.found(message, kpi.where.span(column), help=advice)


def _times(source: Source) -> set[str]:
    return {name for name in (source.time, source.valid_from, source.valid_to) if name is not None}


class UnguardedCast(Caution):
    """A text is cast to a date, a time or a number, and one row whose text is none stops the run.

    A field that people fill in holds `n/a` sooner or later. Inside a `case` only rows that pass its `when` are cast.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: finance,
             format: currency, source: orders,
             measure: sum(fee), where: "«cast(email as date)» > ordered_on"}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: finance,
             format: currency, source: orders,
             measure: sum(fee),
             where: "case when email like '20__-__-__'
                     then cast(email as date) > ordered_on end"}
    """

    code = "KPI242"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        sources = {source.code: source for source in known.catalog.sources}
        for kpi in known.catalog.kpis:
            source = sources.get(kpi.source or "")
            if source is None:
                continue
            measure = None if kpi.measure is None else kpi.measure.expression
            for expression in (each for each in (measure, kpi.where) if each is not None):
                for node in expression.tree.find_all(exp.Cast):
                    if self._is_unguarded(node, source, known):
                        at = expression.span(node)
                        advice = "guard it: `case when … then cast(…) end`, or cast it in a model that does"
                        yield self.found("a text that is none stops the run here", at, help=advice)

    def _is_unguarded(self, node: exp.Cast, source: Source, known: Known) -> bool:
        """Whether it casts a column that is known to be text, where nothing looks at the text before."""
        column = node.this
        is_guarded = node.is_type("text", "varchar") or node.find_ancestor(exp.Case) is not None
        if is_guarded or not isinstance(column, exp.Column):
            return False
        columns = known.made.get(source.relation, (known.tables or {}).get(source.relation)) or {}
        return columns.get(column.name) == "text"


RULES: tuple[Caution, ...] = (SumOfRatio(), AverageOfAverages(), NeverTrue(), FixedDate(), UnguardedCast())
