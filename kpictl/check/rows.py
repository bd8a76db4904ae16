"""The pages of what the rows of a database show, and the findings that they come to."""

from __future__ import annotations

from collections.abc import Sequence

from kpictl.catalog.model import Model, Source
from kpictl.check.rule import Page
from kpictl.diagnostics import Diagnostic, Severity, Span


class RefusedModel(Page):
    """A database refuses the SQL of a model, or fails when it reads its rows.

    It may lack a function, or a text may be cast to what it is not. A run would stop there.

    Wrong:

        -- the database
        create table dbt.visit (id bigint, day date);
        -- kpis/models/visit.sql, whole file
        select lower(id) as id, day from dbt.visit

    Right:

        -- the database
        create table dbt.visit (id bigint, day date);
        -- kpis/models/visit.sql
        select lower(id::text) as id, day from dbt.visit
    """

    code = "KPI406"
    is_shown_by_files = False


class DuplicateRows(Page):
    """A source's `key` is not unique: two rows have the same one.

    A row that stands twice is counted twice. A run publishes nothing then.

    Wrong:

        -- the database
        create table dbt.visit (id bigint, day date);
        insert into dbt.visit values (7, '2025-01-01'), (7, '2025-01-02');
        # kpis/example.yml
        sources:
          - {code: visits, relation: dbt.visit, time: day, key: «id»}

    Right:

        -- the database
        create table dbt.visit (id bigint, day date);
        insert into dbt.visit values (7, '2025-01-01'), (8, '2025-01-02');
        # kpis/example.yml
        sources:
          - {code: visits, relation: dbt.visit, time: day, key: id}
    """

    code = "KPI408"
    is_shown_by_files = False


class NoRows(Page):
    """A source has no rows, so that its KPIs have no values.

    The table was never filled, or the source's `where` leaves nothing of it.

    Wrong:

        -- the database
        create table dbt.visit (id bigint, day date);
        # kpis/example.yml
        sources:
          - {code: visits, relation: «dbt.visit», time: day, key: id}

    Right:

        -- the database
        create table dbt.visit (id bigint, day date);
        insert into dbt.visit values (7, '2025-01-01');
        # kpis/example.yml
        sources:
          - {code: visits, relation: dbt.visit, time: day, key: id}
    """

    code = "KPI409"
    severity = Severity.WARNING
    can_be_allowed = True
    is_shown_by_files = False


class DuplicateDays(Page):
    """A table with one row for nearly every day has two for some.

    A wide table, made by dbt say, has a row a day. Two rows of one day are most likely one of them, written twice.
    A `key` says what a row is, and is checked by every run.

    Wrong:

        -- the database
        create table dbt.daily (day date, sold bigint);
        insert into dbt.daily values
          ('2025-01-01', 3), ('2025-01-02', 4), ('2025-01-03', 5), ('2025-01-04', 6),
          ('2025-01-05', 7), ('2025-01-06', 8), ('2025-01-07', 9), ('2025-01-08', 8),
          ('2025-01-09', 7), ('2025-01-10', 6), ('2025-01-11', 5), ('2025-01-11', 5);
        # kpis/example.yml
        sources:
          - {code: visits, relation: dbt.daily, time: «day»}

    Right:

        -- the database
        create table dbt.daily (day date, sold bigint);
        insert into dbt.daily values
          ('2025-01-01', 3), ('2025-01-02', 4), ('2025-01-03', 5), ('2025-01-04', 6);
        # kpis/example.yml
        sources:
          - {code: visits, relation: dbt.daily, time: day}
    """

    code = "KPI410"
    severity = Severity.WARNING
    can_be_allowed = True
    is_shown_by_files = False


PAGES: tuple[Page, ...] = (RefusedModel(), DuplicateRows(), NoRows(), DuplicateDays())

Examples = Sequence[tuple[object, ...]]
"""Values, each with the number of rows that have it."""


def refused_model(model: Model, reason: str) -> Diagnostic:
    return _of_model(model, f"the database refuses this model: {reason}")


def unreadable_rows(model: Model, source: Source, reason: str) -> Diagnostic:
    return _of_model(model, f"source `{source.code}` cannot read the rows of this model: {reason}")


def _of_model(model: Model, message: str) -> Diagnostic:
    advice = f"`kpictl compile {model.name.name}` prints the SQL, to try it there"
    return Diagnostic(RefusedModel.code, message, Span.whole_file(model.path), RefusedModel.severity, help=advice)


def duplicate_rows(source: Source, examples: Examples) -> Diagnostic:
    message = f"`{source.key}` is not unique in `{source.relation}`: {_shown(examples)}"
    advice = "correct the rows, leave them out by a `where`, or name another `key`"
    return Diagnostic(DuplicateRows.code, message, source.places.at("key"), DuplicateRows.severity, help=advice)


def no_rows(source: Source) -> Diagnostic:
    left = "" if source.where is None else " that meet its `where`"
    message = f"source `{source.code}` has no rows{left}"
    advice = "fill the table, or correct `relation` or `where`"
    return Diagnostic(NoRows.code, message, source.places.at("relation"), NoRows.severity, help=advice)


def duplicate_days(source: Source, examples: Examples) -> Diagnostic:
    message = f"`{source.relation}` has a row a day, and more for some: {_shown(examples)}"
    advice = "take the rows out that are too many, or name a `key` if a day may have several"
    return Diagnostic(DuplicateDays.code, message, source.places.at("time"), DuplicateDays.severity, help=advice)


def _shown(examples: Examples) -> str:
    return ", ".join(f"{value} ({rows} rows)" for value, rows in examples)
