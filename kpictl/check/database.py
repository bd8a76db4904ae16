"""Rules on what the database has: they judge only what is known of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from kpictl.catalog.model import Model
from kpictl.catalog.text import FileText
from kpictl.check.models import Unresolved, resolve
from kpictl.check.rule import Known, Rule, column_uses, names_of
from kpictl.check.suggest import suggest
from kpictl.diagnostics import Diagnostic, Span

TIME_TYPE = re.compile(r"(date|datetime|timestamp\w*)(\(\d\))?( with(out)? time zone)?", re.IGNORECASE)


class UnknownRelation(Rule):
    """A source's relation is neither a table or view of the database nor made by this project.

    A run would stop before it has computed anything.

    Wrong:

        -- the database
        create table dbt.daily (day date, sold numeric);
        # kpis/example.yml
        sources:
          - {code: visits, relation: «dbt.dailly», time: day}

    Right:

        -- the database
        create table dbt.daily (day date, sold numeric);
        # kpis/example.yml
        sources:
          - {code: visits, relation: dbt.daily, time: day}
    """

    code = "KPI401"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        if known.tables is None:
            return
        names = {str(name) for name in (*known.tables, *known.made)}
        for source in known.catalog.sources:
            if source.relation not in known.tables and source.relation not in known.made:
                advice = suggest(str(source.relation), names, otherwise="make it, or add a model of this name")
                at = source.places.at("relation")
                yield self.found(f"there is no table `{source.relation}`", at, help=advice)


class UnknownTable(Rule):
    """A model reads a table that is neither in the database nor made by this project or its connectors.

    The model could not be made, nor anything that is built on it.

    Wrong:

        -- the database
        create table dbt.daily (day date, sold numeric);
        -- kpis/models/sold.sql
        select day from «dbt.dailly»

    Right:

        -- the database
        create table dbt.daily (day date, sold numeric);
        -- kpis/models/sold.sql
        select day from dbt.daily
    """

    code = "KPI402"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        if known.tables is None:
            return
        names = {str(name) for name in (*known.tables, *known.made)}
        for model in known.catalog.models:
            for reference in model.reads:
                if reference.name not in known.tables and reference.name not in known.made:
                    advice = suggest(str(reference.name), names, otherwise="make it, or add a model of this name")
                    yield self.found(f"there is no table `{reference.name}`", reference.at, help=advice)


class UnknownTableColumn(Rule):
    """A source or a KPI uses a column that the source's table in the database does not have.

    A run would stop there.

    Wrong:

        -- the database
        create table dbt.daily (day date, sold numeric);
        # kpis/example.yml
        sources:
          - {code: visits, relation: dbt.daily, time: «date»}

    Right:

        -- the database
        create table dbt.daily (day date, sold numeric);
        # kpis/example.yml
        sources:
          - {code: visits, relation: dbt.daily, time: day}
    """

    code = "KPI403"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for source in known.catalog.sources:
            columns = (known.tables or {}).get(source.relation)
            if columns is None or source.relation in known.made:
                continue
            for use in column_uses(known.catalog, source):
                if use.name.lower() not in columns:
                    advice = suggest(use.name, columns, otherwise=f"add it to `{source.relation}`")
                    yield self.found(f"`{source.relation}` has no column `{use.name}`", use.at, help=advice)


class TimeType(Rule):
    """A source's time column is no date and no timestamp, so that its rows belong to no day.

    Wrong:

        -- the database
        create table dbt.daily (day text, sold numeric);
        # kpis/example.yml
        sources:
          - {code: visits, relation: dbt.daily, time: «day»}

    Right:

        -- the database
        create table dbt.daily (day date, sold numeric);
        # kpis/example.yml
        sources:
          - {code: visits, relation: dbt.daily, time: day}
    """

    code = "KPI404"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for source in known.catalog.sources:
            columns = known.types(source.relation)
            for use in column_uses(known.catalog, source):
                type_ = columns.get(use.name.lower())
                if use.key in {"time", "valid_from", "valid_to"} and type_ and not TIME_TYPE.fullmatch(type_):
                    message = f"`{use.name}` is of type {type_}, which is no time"
                    advice = "name a date or timestamp column, or cast it in a model"
                    yield self.found(message, use.at, help=advice)


class UnknownModelColumn(Rule):
    """A model selects a column that none of the tables it reads has.

    The model could not be made, nor anything that is built on it.

    Wrong:

        -- the database
        create table dbt.daily (day date, sold numeric);
        -- kpis/models/sold.sql
        select day, «sales» from dbt.daily

    Right:

        -- the database
        create table dbt.daily (day date, sold numeric);
        -- kpis/models/sold.sql
        select day, sold from dbt.daily
    """

    code = "KPI405"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        if known.tables is None:
            return
        tables = names_of({**known.tables, **known.made})
        for model in known.catalog.models:
            resolved = resolve(model, tables)
            if resolved.failure is not None:
                advice = "check the joins and names of this model"
                message = f"the columns of this model cannot be resolved: {resolved.failure}"
                yield self.found(message, Span.whole_file(model.path), help=advice)
            for each in resolved.unresolved:
                advice = suggest(each.column.name, each.candidates, otherwise="name a column that exists")
                yield self.found(_message(each), _place(model, each.column), help=advice)


def _place(model: Model, column: exp.Column) -> Span:
    """Where a column stands in its model's file; those that a star stands for stand nowhere."""
    meta = column.this.meta
    if "end" not in meta:
        return Span.whole_file(model.path)
    return FileText.of(model.path, model.text).span(meta["start"], meta["end"] + 1)


def _message(each: Unresolved) -> str:
    if each.table is None:
        return f"no table here has a column `{each.column.name}`"
    return f"`{each.table}` has no column `{each.column.name}`"


RULES: tuple[Rule, ...] = (
    UnknownRelation(),
    UnknownTable(),
    UnknownTableColumn(),
    TimeType(),
    UnknownModelColumn(),
)
