"""Rules on what is checked before publishing: of values and rows that are there, for what can be."""

from __future__ import annotations

from collections.abc import Iterator

from kpictl.calendar import NAMED, is_window
from kpictl.catalog.model import Check, Kpi
from kpictl.check.needed import reading
from kpictl.check.rule import Known, Rule
from kpictl.check.suggest import suggest
from kpictl.diagnostics import Diagnostic, Note


def _checks(known: Known) -> Iterator[tuple[Kpi, Check]]:
    return ((kpi, check) for kpi in known.catalog.kpis for check in kpi.checks)


class UnknownCheckedEntity(Rule):
    """A check looks at an entity that no file defines, or for which the KPI has no values.

    A KPI has values for entities other than `ALL` where all of its sources name their `entity`.

    Wrong:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee), checks: [{min: 0, entity: «mill»}]}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee), checks: [{min: 0}]}
    """

    code = "KPI123"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        if "entities" in known.catalog.unread.lists:
            return
        codes = known.catalog.unread.of("entities") | {entity.code for entity in known.catalog.entities} | {"ALL"}
        for kpi, check in _checks(known):
            if check.entity is None or check.entity == "ALL":
                continue
            at = check.places.at("entity")
            if check.entity not in codes:
                advice = suggest(check.entity, codes, otherwise="define it under `entities`")
                yield self.found(f"unknown entity `{check.entity}` in a check", at, help=advice)
                continue
            without = [one.code for one in reading(known, {kpi.code}).sources if one.entity is None]
            if without:
                message = f"`{kpi.code}` has no values for `{check.entity}`: source `{without[0]}` names no entity"
                yield self.found(message, at, help="leave `entity` out, or give the source one")


class CheckOfHelper(Rule):
    """A KPI without an id has checks. Published values are checked, and a helper has none.

    They would never be looked at, and their author would think they are.

    Wrong:

        kpis:
          - {code: x, source: orders, measure: sum(fee), «checks»: [{min: 0}]}
          - {id: 9, code: y, name: Y, description: "Y.", owner: us, format: currency,
             formula: x + revenue}

    Right:

        kpis:
          - {code: x, source: orders, measure: sum(fee)}
          - {id: 9, code: y, name: Y, description: "Y.", owner: us, format: currency,
             formula: x + revenue, checks: [{min: 0}]}
    """

    code = "KPI222"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for kpi in known.catalog.kpis:
            if kpi.checks and kpi.id is None:
                advice = "put them on the KPIs that use it, or give it an `id`"
                message = f"KPI `{kpi.code}` has no `id`, so nothing of it is published that could be checked"
                yield self.found(message, kpi.places.key("checks"), help=advice)


class CheckedWindow(Rule):
    """A check looks at a window that the dashboard does not have.

    Checks are of what is published: of the windows that `kpictl.yml` lists, and, but for a change, of `day`.

    Wrong:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee), checks: [{min: 0, window: «wtd»}]}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee), checks: [{min: 0, window: mtd}]}
    """

    code = "KPI223"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        windows = known.catalog.project.windows
        for _, check in _checks(known):
            there = {*windows} if check.key == "max_change_pct" else {*windows, "day"}
            if check.window is None or check.window in there:
                continue
            at = check.places.at("window")
            if is_window(check.window):
                message = f"the dashboard has no window `{check.window}`"
                yield self.found(message, at, help=f"list it in `windows`, or take one of: {_list(there)}")
            else:
                advice = suggest(check.window, {*NAMED, *there}, otherwise=f"the dashboard has: {_list(there)}")
                yield self.found(f"unknown window `{check.window}`", at, help=advice)


def _list(names: set[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


class ImpossibleChecks(Rule):
    """No value meets two checks of a KPI: the least that one allows is more than the most that the other does.

    Every run would tell of it, or stop.

    Wrong:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee), checks: [{max: 100}, {min: «1000»}]}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee), checks: [{min: 100}, {max: 1000}]}
    """

    code = "KPI224"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for kpi in known.catalog.kpis:
            for least in (each for each in kpi.checks if each.key == "min"):
                most = next((other for other in kpi.checks if self._exclude(least, other, known)), None)
                if most is not None:
                    also = (Note("this is the most", most.places.at("max")),)
                    message = f"no value is at least {least.limit} and at most {most.limit}"
                    at = least.places.at("min")
                    yield self.found(message, at, help="swap them, or correct one", also=also)

    def _exclude(self, least: Check, most: Check, known: Known) -> bool:
        if most.key != "max" or least.limit is None or most.limit is None:
            return False
        project = known.catalog.project
        meet = least.entity == most.entity or None in {least.entity, most.entity}
        return meet and least.window_of(project) == most.window_of(project) and least.limit > most.limit


class FreshnessOfValidity(Rule):
    """A source whose rows last from day to day is expected to be fresh.

    How fresh it is would be told by its newest row, and rows that last can stand unchanged for years.

    Wrong:

        sources:
          - {code: visits, relation: marts.members, valid_from: joined_on,
             valid_to: left_on, «expect_fresh»: 36h}

    Right:

        sources:
          - {code: visits, relation: marts.orders, time: ordered_on,
             expect_fresh: 36h}
    """

    code = "KPI225"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for source in known.catalog.sources:
            if source.expect_fresh is not None and source.time is None and source.valid_from is not None:
                message = f"the rows of source `{source.code}` last, so that none of them tells how fresh it is"
                advice = "remove it, or put it on a source with a `time`"
                yield self.found(message, source.places.key("expect_fresh"), help=advice)


RULES: tuple[Rule, ...] = (
    UnknownCheckedEntity(),
    CheckOfHelper(),
    CheckedWindow(),
    ImpossibleChecks(),
    FreshnessOfValidity(),
)
