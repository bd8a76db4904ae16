"""What a rule is, and what it may know."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, TypeAlias

from kpictl.catalog.expression import Expression
from kpictl.catalog.history import History
from kpictl.catalog.model import Catalog, Source
from kpictl.catalog.table import TableName
from kpictl.diagnostics import Diagnostic, Note, Severity, Span

Columns: TypeAlias = Mapping[str, str | None]
"""Names of columns in lower case, with their types where those are known."""

Place: TypeAlias = Callable[[], Span]
"""A place that is looked up only if something is wrong there: it costs a reading of the text."""


@dataclass(frozen=True, slots=True)
class Known:
    """What rules judge by.

    `made` holds what the project itself makes: its models and lookups, and the tables that a run publishes;
    None where the columns are not known, as behind a star.
    `tables` is what the database has, `before` what git's last version said; None where nobody looked.
    """

    catalog: Catalog
    made: Mapping[TableName, Columns | None]
    tables: Mapping[TableName, Mapping[str, str]] | None
    before: History | None = None

    def types(self, relation: TableName) -> Mapping[str, str]:
        """The types of a relation's columns, as far as they are known: a model's are those of its last run."""
        found = dict((self.tables or {}).get(relation, {}))
        made = self.made.get(relation) or {}
        return found | {name: kind for name, kind in made.items() if kind is not None}


class Page:
    """One thing that can be wrong. Its docstring is what `kpictl explain CODE` prints: see `page`.

    `can_be_allowed` says whether a comment in the file may silence it: a catalog with it can be computed.
    """

    code: ClassVar[str]
    severity: ClassVar[Severity] = Severity.ERROR
    can_be_allowed: ClassVar[bool] = False
    is_shown_by_files: ClassVar[bool] = True
    """Whether the wrong example is enough to find it: some things need an environment or a run."""


class Rule(Page, ABC):
    """A page that says where it is wrong; other pages tell what is found while files are read, or by a run."""

    @abstractmethod
    def check(self, known: Known) -> Iterator[Diagnostic]:
        """Every place where it is wrong."""

    def found(
        self,
        message: str,
        at: Span,
        *,
        help: str,  # noqa: A002 -- the word of every diagnostic
        also: tuple[Note, ...] = (),
    ) -> Diagnostic:
        return Diagnostic(self.code, message, at, self.severity, also=also, help=help)


class Caution(Rule):
    """A rule on what may be meant, and mostly is not: lint tells it, and a comment may silence it."""

    severity = Severity.WARNING
    can_be_allowed = True


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A column of a source's relation, the key that names it, and where."""

    name: str
    key: str
    place: Place

    @property
    def at(self) -> Span:
        return self.place()


def column_uses(catalog: Catalog, source: Source) -> Iterator[ColumnUse]:
    """Every column that a source and its KPIs expect of the source's relation."""
    named = {
        "time": source.time,
        "valid_from": source.valid_from,
        "valid_to": source.valid_to,
        "entity": source.entity,
        "key": source.key,
        "changed_at": source.changed_at,
    }
    for key, column in named.items():
        if column is not None:
            yield ColumnUse(column, key, partial(source.places.at, key))
    yield from _in_expression(source.where, "where")
    for expectation in source.expect:
        yield from _in_expression(expectation.that, "expect")
    for kpi in catalog.kpis:
        if kpi.source == source.code:
            yield from _in_expression(None if kpi.measure is None else kpi.measure.expression, "measure")
            yield from _in_expression(kpi.where, "where")


def _in_expression(expression: Expression | None, key: str) -> Iterator[ColumnUse]:
    if expression is not None:
        for column in expression.columns():
            yield ColumnUse(column.name, key, partial(expression.span, column))


def names_of(tables: Mapping[TableName, Columns | None]) -> dict[TableName, frozenset[str]]:
    """The columns' names of those tables whose columns are known."""
    return {name: frozenset(columns) for name, columns in tables.items() if columns is not None}
