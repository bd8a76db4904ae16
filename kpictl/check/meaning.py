"""Rules on what keys mean together."""

from __future__ import annotations

from collections.abc import Iterator

from kpictl.catalog.model import Kpi
from kpictl.check.rule import Known, Rule
from kpictl.diagnostics import Diagnostic

ROOT = ("ALL", 0)


class MeasureAndFormula(Rule):
    """A KPI has both a measure and a formula, so that its value would have two definitions.

    Wrong:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee), «formula»: revenue + 1}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee)}
    """

    code = "KPI201"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for kpi in known.catalog.kpis:
            if kpi.measure is not None and kpi.formula is not None:
                message = f"KPI `{kpi.code}` has both a `measure` and a `formula`"
                yield self.found(message, kpi.places.key("formula"), help="remove one of them")


class NoDefinition(Rule):
    """A KPI has neither a measure nor a formula, so that nothing says what its value is.

    Wrong:

        kpis:
          - {id: 9, code: «x», name: X, description: "X.", owner: us, format: currency}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee)}
    """

    code = "KPI202"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for kpi in known.catalog.kpis:
            if kpi.measure is None and kpi.formula is None:
                message = f"KPI `{kpi.code}` has neither a `measure` nor a `formula`"
                advice = "add `source` and `measure`, or a `formula` over other KPIs"
                yield self.found(message, kpi.places.at("code"), help=advice)


class MeasureWithoutSource(Rule):
    """A measure aggregates the rows of a source, and the KPI names none.

    The source says which rows there are, and on which days they count.

    Wrong:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             «measure»: sum(fee)}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee)}
    """

    code = "KPI203"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for kpi in known.catalog.kpis:
            if kpi.measure is not None and kpi.source is None:
                message = f"KPI `{kpi.code}` has a `measure` but no `source`"
                advice = "add `source`, the code of the rows that are measured"
                yield self.found(message, kpi.places.key("measure"), help=advice)


class FormulaWithRows(Rule):
    """A formula combines values of other KPIs; it has no rows of its own to take or to filter.

    Conditions belong to the KPIs that measure rows; a formula takes what those give.

    Wrong:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             formula: revenue + 1,
             «where»: fee > 0}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             formula: revenue + 1}
    """

    code = "KPI204"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for kpi in known.catalog.kpis:
            if kpi.formula is None or kpi.measure is not None:
                continue
            for key, value in (("source", kpi.source), ("where", kpi.where)):
                if value is not None:
                    message = f"a `formula` has no `{key}`"
                    advice = f"remove it, or move the `{key}` to the KPIs in the formula"
                    yield self.found(message, kpi.places.key(key), help=advice)


class SourceTime(Rule):
    """A source has no time column, or two kinds of it.

    Rows either happen at a `time` or last from one day to another: this decides on which days they count.

    Wrong:

        sources:
          - {code: «visits», relation: marts.orders}

    Right:

        sources:
          - {code: visits, relation: marts.orders, time: ordered_on}
    """

    code = "KPI205"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for source in known.catalog.sources:
            valid = next((key for key in ("valid_from", "valid_to") if source.places.has(key)), None)
            if source.time is None and valid is None:
                message = f"source `{source.code}` has neither `time` nor `valid_from` and `valid_to`"
                advice = "add `time`, the column that says when a row happened"
                yield self.found(message, source.places.at("code"), help=advice)
            elif source.time is not None and valid is not None:
                message = f"source `{source.code}` has both `time` and `{valid}`"
                advice = "keep `time` for rows that happen, `valid_from` and `valid_to` for rows that last"
                yield self.found(message, source.places.key(valid), help=advice)


class HalfValidity(Rule):
    """A validity source names one end of its rows' validity and not the other.

    A row would be valid for ever, or from the beginning of time.

    Wrong:

        sources:
          - {code: visits, relation: marts.members, «valid_from»: joined_on}

    Right:

        sources:
          - {code: visits, relation: marts.members, valid_from: joined_on,
             valid_to: left_on}
    """

    code = "KPI206"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for source in known.catalog.sources:
            ends = {"valid_from": source.valid_from, "valid_to": source.valid_to}
            given = [key for key, column in ends.items() if column is not None]
            if source.time is None and len(given) == 1:
                other = "valid_to" if given == ["valid_from"] else "valid_from"
                message = f"source `{source.code}` has `{given[0]}` without `{other}`"
                yield self.found(message, source.places.key(given[0]), help=f"add `{other}`")


class StalenessOfNoStock(Rule):
    """`max_staleness` limits how long a stock's last value is carried forward; other kinds carry nothing.

    Elsewhere it would be ignored, and its author would think it is not.

    Wrong:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee), «max_staleness»: 3}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: number,
             source: stock,
             measure: sum(on_hand), over_time: last, max_staleness: 3}
    """

    code = "KPI207"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        validity = {source.code for source in known.catalog.sources if source.valid_from is not None}
        for kpi in known.catalog.kpis:
            is_stock = kpi.measure is not None and kpi.over_time is not None and kpi.source not in validity
            if kpi.max_staleness is not None and not is_stock:
                message = f"KPI `{kpi.code}` is no stock, so `max_staleness` has no meaning"
                at = kpi.places.key("max_staleness")
                yield self.found(message, at, help="remove it, or add `over_time` to a measure that is a level")


class NoFormat(Rule):
    """A KPI with an id is published and shown, so it needs a format; a helper, without an id, does not.

    Nothing else says whether 3.5 is dollars, percent or bottles.

    Wrong:

        kpis:
          - {«id»: 9, code: x, name: X, description: "X.", owner: us, source: orders,
             measure: sum(fee)}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee)}
    """

    code = "KPI208"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for kpi in known.catalog.kpis:
            if kpi.id is not None and kpi.format is None:
                message = f"KPI `{kpi.code}` has an `id` but no `format`"
                advice = "add `format`, or remove the `id` of a helper"
                yield self.found(message, kpi.places.key("id"), help=advice)


class ConstantFormula(Rule):
    """A formula names no KPI. Its days and entities come from its inputs, and a constant has none.

    Wrong:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: number,
             formula: «1 + 2»}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: number,
             formula: orders + 2}
    """

    code = "KPI209"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for kpi in known.catalog.kpis:
            if kpi.formula is not None and not kpi.formula.columns():
                message = f"the formula of KPI `{kpi.code}` names no KPI"
                advice = "name at least one KPI: its inputs say where the value exists"
                yield self.found(message, kpi.formula.at, help=advice)


class FormulaOverTime(Rule):
    """A formula is evaluated on its inputs' values for a window; `average` is the one other way it knows.

    A last value or a maximum is taken of rows, and those belong to a measure.

    Wrong:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             formula: revenue + 1,
             over_time: «last»}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             formula: revenue + 1,
             over_time: average}
    """

    code = "KPI210"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for kpi in known.catalog.kpis:
            if _is_formula(kpi) and kpi.over_time not in {None, "average"}:
                message = f"a formula has no `over_time: {kpi.over_time}`"
                advice = "remove it, or put `over_time` on the KPIs in the formula"
                yield self.found(message, kpi.places.at("over_time"), help=advice)


class Root(Rule):
    """The entity `ALL` has id 0 and no parent: it is the root of the tree and stands for every row.

    Every total is its value.

    Wrong:

        entities:
          - {id: «3», code: ALL, name: Everything}

    Right:

        entities:
          - {id: 0, code: ALL, name: Everything}
    """

    code = "KPI211"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for entity in known.catalog.entities:
            if (entity.code == ROOT[0]) != (entity.id == ROOT[1]):
                key = "id" if entity.code == ROOT[0] else "code"
                message = "the entity with id 0 is `ALL`, and no other"
                yield self.found(message, entity.places.at(key), help="give `ALL` the id 0 and others another")
            elif entity.code == ROOT[0] and entity.parent is not None:
                at = entity.places.key("parent")
                yield self.found("`ALL` has no parent", at, help="remove `parent`: `ALL` is the root")


class ValidityMeasure(Rule):
    """Rows that last from one day to another are summed, counted or averaged over those that are valid on a day.

    Such a level is put together from what begins and ends each day; an extreme or a distinct count cannot be.

    Wrong:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: number,
             source: members,
             measure: «max(fee)»}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: number,
             source: members,
             measure: avg(fee)}
    """

    code = "KPI220"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        validity = {source.code for source in known.catalog.sources if source.valid_from is not None}
        for kpi in known.catalog.kpis:
            if kpi.measure is None or kpi.source not in validity:
                continue
            measure = kpi.measure
            if measure.distinct or measure.aggregate in {"min", "max"}:
                what = "count(distinct …)" if measure.distinct else measure.aggregate
                message = f"`{what}` over source `{kpi.source}`, whose rows last from day to day"
                advice = "use `sum`, `count` or `avg`, or a source with a `time`"
                yield self.found(message, measure.expression.at, help=advice)


def _is_formula(kpi: Kpi) -> bool:
    return kpi.formula is not None and kpi.measure is None


RULES: tuple[Rule, ...] = (
    MeasureAndFormula(),
    NoDefinition(),
    MeasureWithoutSource(),
    FormulaWithRows(),
    SourceTime(),
    HalfValidity(),
    StalenessOfNoStock(),
    NoFormat(),
    ConstantFormula(),
    FormulaOverTime(),
    Root(),
    ValidityMeasure(),
)
