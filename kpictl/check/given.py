"""Rules on the rows that KPI tests give: tables and columns that nothing has, values of other types."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from kpictl.catalog.cells import WRITTEN, fitted, type_of
from kpictl.catalog.model import Cell, Given, KpiTest
from kpictl.catalog.table import TableName
from kpictl.catalog.tested import table_of
from kpictl.check.needed import reading
from kpictl.check.rule import Columns, Known, Rule
from kpictl.check.suggest import suggest
from kpictl.diagnostics import Diagnostic, Note


def _given(known: Known) -> Iterator[tuple[KpiTest, Given, TableName]]:
    return ((test, given, table_of(known.catalog, given)) for test in known.catalog.tests for given in test.given)


def _tables(known: Known) -> set[TableName]:
    """Every table that the project reads."""
    catalog = known.catalog
    names = {source.relation for source in catalog.sources} | {lookup.name for lookup in catalog.lookups}
    names |= {model.name for model in catalog.models}
    return names | {reference.name for model in catalog.models for reference in model.reads}


class UnknownGivenTable(Rule):
    """A test gives rows of something that is neither a source nor a table that the project reads.

    Rows that nothing reads test nothing.

    Wrong:

        tests:
          - name: Sold
            as_of: 2025-10-06
            given:
              orders:
                - {order_id: 1, ordered_on: 2025-10-01, amount: 5}
              «raw.order»:
                - {order_id: 1}
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

    code = "KPI143"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        tables = _tables(known)
        names = {source.code for source in known.catalog.sources} | {str(name) for name in tables}
        for _, given, name in _given(known):
            if name not in tables:
                advice = suggest(given.name, names, otherwise="name a source, or a table that a model reads")
                yield self.found(f"the project reads no table `{name}`", given.places.key_span(), help=advice)


class UnknownGivenColumn(Rule):
    """A test gives a column that the table does not have: the rows would have no meaning.

    The columns of raw tables are known to the connectors, which `kpictl test` asks and `kpictl lint` does not.

    Wrong:

        tests:
          - name: Sold
            as_of: 2025-10-06
            given:
              orders:
                - {order_id: 1, ordered_on: 2025-10-01, «amuont»: 5}
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

    code = "KPI144"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for _, given, name in _given(known):
            columns = _columns(known, name)
            for row in given.rows:
                for cell in row.cells:
                    if columns is not None and cell.column.lower() not in columns:
                        advice = suggest(cell.column, columns, otherwise=f"name a column of `{name}`")
                        at = row.places.key(cell.column)
                        yield self.found(f"`{name}` has no column `{cell.column}`", at, help=advice)


def _columns(known: Known, name: TableName) -> Columns | None:
    return known.made[name] if name in known.made else (known.tables or {}).get(name)


class GivenTwice(Rule):
    """A test gives the rows of one table twice, under the names of a source and of its relation, say.

    Nothing would tell which of them the KPIs are computed from.

    Wrong:

        tests:
          - name: Sold
            as_of: 2025-10-06
            given:
              orders:
                - {order_id: 1, ordered_on: 2025-10-01, amount: 5}
              «marts.orders»:
                - {order_id: 2, ordered_on: 2025-10-02}
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

    code = "KPI146"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for test in known.catalog.tests:
            first: dict[TableName, Given] = {}
            for given in test.given:
                name = table_of(known.catalog, given)
                earlier = first.setdefault(name, given)
                if earlier is not given:
                    also = (Note("first here", earlier.places.key_span()),)
                    message = f"the rows of `{name}` are given twice"
                    yield self.found(message, given.places.key_span(), help="put them under one name", also=also)


class UnreadRows(Rule):
    """A test gives rows that none of its KPIs is computed from, so that they test nothing.

    Where the rows of a model are given, it is not run, and what it reads is not read.

    Wrong:

        tests:
          - name: Sold
            as_of: 2025-10-06
            given:
              orders:
                - {order_id: 1, ordered_on: 2025-10-01, amount: 5}
              «stock»:
                - {counted_on: 2025-10-01, on_hand: 3}
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

    code = "KPI147"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        tables = _tables(known)
        for test in known.catalog.tests:
            names = {table_of(known.catalog, given): given for given in test.given}
            tested = {line.kpi for line in test.expect}
            read = reading(known, tested, frozenset(names))
            for name, given in names.items():
                if read.is_whole and name in tables and name not in read.tables:
                    message = f"nothing that this test expects is computed from `{name}`"
                    advice = "leave these rows out, or expect something of them"
                    yield self.found(message, given.places.key_span(), help=advice)


class UnfitValue(Rule):
    """A value of a test's rows is not of its column's type, or the values of one column are of several.

    A connector's tables tell the types of their columns; those of other tables are told by how the values are
    written: `true`, 12, 12.50, "2025-01-31", "2025-01-31 10:00", "2025-01-31 10:00-08:00", a mapping, else a text.

    Wrong:

        tests:
          - name: Sold
            as_of: 2025-10-06
            given:
              orders:
                - {order_id: 1, ordered_on: 2025-10-01, amount: 5}
                - {order_id: 2, ordered_on: 2025-10-01, amount: «five»}
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

    code = "KPI149"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for _, given, name in _given(known):
            if known.tables is None and name.schema == known.catalog.project.schemas.raw:
                continue  # a connector may know the types
            types = (known.tables or {}).get(name, {}) if name not in known.made else {}
            columns: Mapping[str, list[Cell]] = defaultdict(list)
            for row in given.rows:
                for cell in row.cells:
                    columns[cell.column].append(cell)
            for column, cells in columns.items():
                if column in types:
                    yield from self._unfit(cells, types[column])
                elif type_of(cells) is None:
                    message = f"the values of `{column}` are of several types"
                    yield self.found(message, _odd(cells).at, help="write them alike; in quotes they are texts")

    def _unfit(self, cells: list[Cell], kind: str) -> Iterator[Diagnostic]:
        for known, advice in WRITTEN.items():
            if known == kind:
                for cell in cells:
                    if fitted(cell, known) is None:
                        message = f"`{cell.column}` is of type {kind}, which this value is not"
                        yield self.found(message, cell.at, help=f"write {advice}")


def _odd(cells: list[Cell]) -> Cell:
    """The first value that does not go with those before it."""
    return next(cell for at, cell in enumerate(cells, start=1) if type_of(cells[:at]) is None)


RULES: tuple[Rule, ...] = (
    UnknownGivenTable(),
    UnknownGivenColumn(),
    GivenTwice(),
    UnreadRows(),
    UnfitValue(),
)
