"""Rules on names that nothing has."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from kpictl.catalog.near import near
from kpictl.check.rule import Known, Rule, column_uses
from kpictl.check.suggest import suggest
from kpictl.diagnostics import Diagnostic


class UnknownKpi(Rule):
    """A formula names a KPI that no file defines. One that is not active may be used.

    Its value would have no definition.

    Wrong:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             formula: «revenu» / orders}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             formula: revenue / orders}
    """

    code = "KPI101"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        if "kpis" in known.catalog.unread.lists:
            return
        codes = known.catalog.unread.of("kpis") | {kpi.code for kpi in known.catalog.kpis}
        for kpi in known.catalog.kpis:
            if kpi.formula is None:
                continue
            for column in kpi.formula.columns():
                if column.name not in codes:
                    yield self.found(
                        f"unknown KPI `{column.name}` in a formula",
                        kpi.formula.span(column),
                        help=suggest(column.name, codes - {kpi.code}, otherwise="define it under `kpis`"),
                    )


class UnknownSource(Rule):
    """A KPI names a source that no file defines.

    There would be no rows to measure.

    Wrong:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: «order»,
             measure: sum(fee)}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee)}
    """

    code = "KPI102"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        if "sources" in known.catalog.unread.lists:
            return
        codes = known.catalog.unread.of("sources") | {source.code for source in known.catalog.sources}
        for kpi in known.catalog.kpis:
            if kpi.source is not None and kpi.source not in codes:
                advice = suggest(kpi.source, codes, otherwise="define it under `sources`")
                yield self.found(f"unknown source `{kpi.source}`", kpi.places.at("source"), help=advice)


class UnknownFormat(Rule):
    """A KPI names a format that no file defines.

    Nothing would say how its values are shown.

    Wrong:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: «money»,
             source: orders,
             measure: sum(fee)}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee)}
    """

    code = "KPI103"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        if "formats" in known.catalog.unread.lists:
            return
        codes = known.catalog.unread.of("formats") | {each.code for each in known.catalog.formats}
        for kpi in known.catalog.kpis:
            if kpi.format is not None and kpi.format not in codes:
                advice = suggest(kpi.format, codes, otherwise="define it under `formats`")
                yield self.found(f"unknown format `{kpi.format}`", kpi.places.at("format"), help=advice)


class UnknownColumn(Rule):
    """A source or a KPI uses a column that the project's own model or lookup does not have.

    Its query would fail on every run. Here a misspelt name is found without a database.

    Wrong:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(«fees»)}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee)}
    """

    code = "KPI104"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for source in known.catalog.sources:
            columns = known.made.get(source.relation)
            if columns is None:
                continue
            for use in column_uses(known.catalog, source):
                if use.name.lower() not in columns:
                    advice = suggest(use.name, columns, otherwise=f"add it to `{source.relation}`")
                    yield self.found(f"`{source.relation}` has no column `{use.name}`", use.at, help=advice)


class UnknownParent(Rule):
    """An entity's parent is not among the entities, which form one tree below `ALL`.

    An entity's rows count for its parent and for all above it. Without the parent there is no way up.

    Wrong:

        entities:
          - {id: 1, code: mill, name: Mill, parent: «north»}

    Right:

        entities:
          - {id: 2, code: north, name: North}
          - {id: 1, code: mill, name: Mill, parent: north}
    """

    code = "KPI105"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        if "entities" in known.catalog.unread.lists:
            return
        codes = known.catalog.unread.of("entities") | {entity.code for entity in known.catalog.entities} | {"ALL"}
        for entity in known.catalog.entities:
            if entity.parent is not None and entity.parent not in codes:
                advice = suggest(entity.parent, codes - {entity.code}, otherwise="define it under `entities`")
                yield self.found(f"unknown parent `{entity.parent}`", entity.places.at("parent"), help=advice)


class UnknownEnvironment(Rule):
    """`environment` names one that is not among `environments`.

    Commands that are given no `--env` would have no database.

    Wrong:

        # kpictl.yml
        name: shop
        environments:
          local: {url: "duckdb:///data.duckdb"}
        environment: «locale»

    Right:

        # kpictl.yml
        name: shop
        environments:
          local: {url: "duckdb:///data.duckdb"}
        environment: local
    """

    code = "KPI106"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        project = known.catalog.project
        names = {environment.name for environment in project.environments}
        if project.environment not in names:
            advice = suggest(project.environment, names, otherwise="define it under `environments`")
            at = project.places.at("environment")
            yield self.found(f"unknown environment `{project.environment}`", at, help=advice)


class UnknownTimezone(Rule):
    """No time zone has this name in the IANA's list, by which business days are told.

    A day begins at another moment in each zone: sales of the evening would count on the wrong day.

    Wrong:

        # kpictl.yml
        name: shop
        timezone: «America/Los_Angles»

    Right:

        # kpictl.yml
        name: shop
        timezone: America/Los_Angeles
    """

    code = "KPI107"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        project = known.catalog.project
        zones = [(project.timezone, project.places)]
        zones += [(source.timezone, source.places) for source in known.catalog.sources]
        zones += [(entity.timezone, entity.places) for entity in known.catalog.entities if entity.timezone is not None]
        for zone, places in zones:
            if not _exists(zone):
                close = near(zone, available_timezones())
                help_ = f"`{close}` is near" if close else "names are those of the IANA, such as America/Los_Angeles"
                yield self.found(f"no time zone is called `{zone}`", places.at("timezone"), help=help_)


def _exists(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


RULES: tuple[Rule, ...] = (
    UnknownKpi(),
    UnknownSource(),
    UnknownFormat(),
    UnknownColumn(),
    UnknownParent(),
    UnknownEnvironment(),
    UnknownTimezone(),
)
