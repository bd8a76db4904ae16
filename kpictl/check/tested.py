"""Rules on what KPI tests expect: of KPIs, entities and windows that are there, on days that are."""

from __future__ import annotations

from collections.abc import Iterator

from kpictl.calendar import NAMED, is_window
from kpictl.catalog.model import Expected, KpiTest
from kpictl.check.needed import reading
from kpictl.check.rule import Known, Rule
from kpictl.check.suggest import suggest
from kpictl.diagnostics import Diagnostic, Note


def _lines(known: Known) -> Iterator[tuple[KpiTest, Expected]]:
    return ((test, line) for test in known.catalog.tests for line in test.expect)


class UnknownTestedKpi(Rule):
    """A test expects something of a KPI that no file defines. Helpers, and KPIs that are not active, may be tested.

    There would be nothing to compare with.

    Wrong:

        tests:
          - name: Sold
            as_of: 2025-10-06
            given:
              orders:
                - {order_id: 1, ordered_on: 2025-10-01, amount: 5}
            expect:
              - {kpi: «revenu», value: 5}

    Right:

        tests:
          - name: Sold
            as_of: 2025-10-06
            given:
              orders:
                - {order_id: 1, ordered_on: 2025-10-01, amount: 5}
            expect:
              - {kpi: revenue, value: 5}
    """

    code = "KPI140"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        codes = {kpi.code for kpi in known.catalog.kpis}
        for _, line in _lines(known):
            if line.kpi not in codes:
                advice = suggest(line.kpi, codes, otherwise="define it under `kpis`")
                yield self.found(f"unknown KPI `{line.kpi}` in a test", line.places.at("kpi"), help=advice)


class UnknownTestedEntity(Rule):
    """A test expects something of an entity that no file defines, or for which the KPI has no values.

    A KPI has values for entities other than `ALL` where all of its sources name their `entity`.

    Wrong:

        tests:
          - name: Sold
            as_of: 2025-10-06
            given:
              orders:
                - {order_id: 1, ordered_on: 2025-10-01, amount: 5}
            expect:
              - {kpi: revenue, entity: «mill», value: 5}

    Right:

        tests:
          - name: Sold
            as_of: 2025-10-06
            given:
              orders:
                - {order_id: 1, ordered_on: 2025-10-01, amount: 5}
            expect:
              - {kpi: revenue, value: 5}
    """

    code = "KPI141"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        codes = {entity.code for entity in known.catalog.entities} | {"ALL"}
        for _, line in _lines(known):
            at = line.places.at("entity")
            if line.entity not in codes:
                advice = suggest(line.entity, codes, otherwise="define it under `entities`")
                yield self.found(f"unknown entity `{line.entity}` in a test", at, help=advice)
            elif line.entity != "ALL":
                without = [one.code for one in reading(known, {line.kpi}).sources if one.entity is None]
                if without:
                    message = f"`{line.kpi}` has no values for `{line.entity}`: source `{without[0]}` names no entity"
                    yield self.found(message, at, help="leave `entity` out, or give the source one")


class UnknownTestedWindow(Rule):
    """A test's window says no range of days. Windows that `kpictl.yml` does not list may be tested.

    Nothing could be computed for it.

    Wrong:

        tests:
          - name: Sold
            as_of: 2025-10-06
            given:
              orders:
                - {order_id: 1, ordered_on: 2025-10-01, amount: 5}
            expect:
              - {kpi: revenue, window: «month», value: 5}

    Right:

        tests:
          - name: Sold
            as_of: 2025-10-06
            given:
              orders:
                - {order_id: 1, ordered_on: 2025-10-01, amount: 5}
            expect:
              - {kpi: revenue, window: mtd, value: 5}
    """

    code = "KPI142"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for _, line in _lines(known):
            if line.window is not None and not is_window(line.window):
                advice = suggest(
                    line.window, {*NAMED, "last28"}, otherwise=f"windows are `{' '.join(NAMED)}` and `lastN`"
                )
                yield self.found(f"unknown window `{line.window}`", line.places.at("window"), help=advice)


class DuplicateTest(Rule):
    """Two tests have one name, so that nobody can tell which one failed.

    Wrong:

        tests:
          - name: Sold
            as_of: 2025-10-06
            given:
              orders:
                - {order_id: 1, ordered_on: 2025-10-01, amount: 5}
            expect:
              - {kpi: revenue, value: 5}
          - name: «Sold»
            as_of: 2025-10-06
            given:
              orders:
                - {order_id: 1, ordered_on: 2025-10-01, amount: 5}
            expect:
              - {kpi: revenue, value: 5}

    Right:

        tests:
          - name: Sold
            as_of: 2025-10-06
            given:
              orders:
                - {order_id: 1, ordered_on: 2025-10-01, amount: 5}
            expect:
              - {kpi: revenue, value: 5}
    """

    code = "KPI145"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        first: dict[str, KpiTest] = {}
        for test in known.catalog.tests:
            earlier = first.setdefault(test.name, test)
            if earlier is not test:
                also = (Note("first here", earlier.places.at("name")),)
                message = f"another test is called `{test.name}`"
                yield self.found(message, test.places.at("name"), help="give one of them another name", also=also)


class TestedBeyondCalendar(Rule):
    """A test's as-of date lies outside the project's calendar, where there are no windows.

    Wrong:

        tests:
          - name: Sold
            as_of: «2055-01-01»
            given:
              orders:
                - {order_id: 1, ordered_on: 2025-10-01, amount: 5}
            expect:
              - {kpi: revenue, value: 5}

    Right:

        tests:
          - name: Sold
            as_of: 2025-10-06
            given:
              orders:
                - {order_id: 1, ordered_on: 2025-10-01, amount: 5}
            expect:
              - {kpi: revenue, value: 5}
    """

    code = "KPI148"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        calendar = known.catalog.project.calendar
        advice = f"kpictl.yml's calendar goes from {calendar.start} to {calendar.end}"
        days = [(test.as_of, test.places) for test in known.catalog.tests]
        days += [(line.as_of, line.places) for _, line in _lines(known) if line.as_of is not None]
        for day, places in days:
            if not calendar.start <= day <= calendar.end:
                yield self.found(f"{day} lies outside the calendar", places.at("as_of"), help=advice)


RULES: tuple[Rule, ...] = (
    UnknownTestedKpi(),
    UnknownTestedEntity(),
    UnknownTestedWindow(),
    DuplicateTest(),
    TestedBeyondCalendar(),
)
