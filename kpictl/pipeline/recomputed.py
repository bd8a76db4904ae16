"""One KPI computed anew with all that it is made of, into temporary tables: what its windows come to, and from what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from sqlglot import exp

from kpictl import compile as compiler
from kpictl.catalog import Catalog, Entity, Kind, Kpi, TableName
from kpictl.compile import RUN_PERIOD, RUN_SPAN, RUN_WINDOW, Plan, Relation, create, laid_bare, needed, plan
from kpictl.compile.components import component_name, weight
from kpictl.compile.entities import ROOT, UNKNOWN, path
from kpictl.compile.expressions import inputs_of
from kpictl.compile.facts import FACT_CELL
from kpictl.compile.folds import folded_name
from kpictl.compile.frames import COVERED_SPAN, from_column, until_column
from kpictl.compile.tree import all_of, col, is_not_null, lit, select, table
from kpictl.diagnostics import WorldError
from kpictl.engine import Engine
from kpictl.pipeline.inputs import Rows, RunDates, run_inputs
from kpictl.pipeline.refresh import last_syncs
from kpictl.pipeline.run import source_types

Side = Literal["current", "prior"]
Row = Mapping[str, object]
ReportRow = tuple[int, date, Decimal, int | None]

_VALUE: Mapping[Side, tuple[str, str]] = {"current": ("value", "status"), "prior": ("prior", "prior_status")}


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What was computed for one entity at one as-of date; the tables last as long as the engine's connection.

    `rows` are the dashboard's by code, helpers among them; `spans` the covered spans, by window and side.
    """

    engine: Engine
    plan: Plan
    entity: Entity
    rows: Mapping[str, Row]
    span_ids: Mapping[tuple[str, str], int | None]
    spans: Mapping[int, Row]
    facts: tuple[tuple[date, Decimal | None], ...]
    names: Mapping[int, str]

    def kpi(self, code: str) -> Kpi:
        return self.plan.by_code[code]

    def kind(self, kpi: Kpi) -> Kind:
        return self.plan.kind(kpi)

    def inputs(self, kpi: Kpi) -> tuple[str, ...]:
        return inputs_of(kpi)

    def cell(self, code: str, window: str, side: Side) -> tuple[Decimal | None, str]:
        """A KPI's value over a window and how it stands."""
        value, status = (self.rows[code][f"{window}_{name}"] for name in _VALUE[side])
        assert value is None or isinstance(value, Decimal)
        return value, str(status)

    def covered(self, kpi: Kpi, window: str, side: Side) -> tuple[date | None, date | None]:
        """The days of a window that all sources of a KPI cover; (None, None) where there are none."""
        span = self._span(window, side)
        sources = self.plan.sources_of(kpi)
        firsts = [_day(span.get(from_column(source))) for source in sources]
        lasts = [_day(span.get(until_column(source))) for source in sources]
        known = [day for day in (*firsts, *lasts) if day is not None]
        if len(known) < 2 * len(sources):
            return None, None
        first, last = max(day for day in firsts if day), min(day for day in lasts if day)
        return (first, last) if first <= last else (None, None)

    def daily(self, first_day: date, last_day: date) -> tuple[tuple[date, Decimal | None], ...]:
        """The values of the KPI that was asked for, day by day."""
        return tuple((day, value) for day, value in self.facts if first_day <= day <= last_day)

    def average(self, kpi: Kpi, window: str, side: Side) -> tuple[Decimal | None, int]:
        """The sum of an average's rows over a window, and their number."""
        span_id = self.span_ids[window, side]
        columns = [col(kpi.code), col(weight(kpi))]
        query = select(columns).from_(table(folded_name(self.plan.part_of[kpi.code])), copy=False)
        query = query.where(all_of([_is("span_id", span_id), _is("entity_id", self.entity.id)]), copy=False)
        for total, number in self.engine.query(query):
            if isinstance(total, Decimal) and number:
                return total, int(str(number))
        return None, 0

    def leaves(self, kpi: Kpi) -> Mapping[int, str]:
        """The entities whose own rows count, by id, with what people call them."""
        if self.plan.source_of(kpi).entity is None:
            return {ROOT: self.entity.code}
        return self.names

    def reports(self, kpi: Kpi) -> tuple[ReportRow, ...] | None:
        """What the entities below reported, day by day; None where only the sum of it is kept."""
        if self.plan.kind(kpi) != "stock" or kpi.code not in self.plan.part_of:
            return None
        is_average = kpi.measure is not None and kpi.measure.aggregate == "avg"
        is_count = kpi.measure is not None and kpi.measure.aggregate == "count"
        columns = [col("entity_id"), col("date_key"), col(kpi.code), *([col(weight(kpi))] if is_average else [])]
        reported = exp.GT(this=col(kpi.code), expression=lit(0)) if is_count else is_not_null(col(kpi.code))
        mine = exp.In(this=col("entity_id"), expressions=[lit(entity_id) for entity_id in self.leaves(kpi)])
        query = select(columns).from_(table(component_name(self.plan.part_of[kpi.code])), copy=False)
        query = query.where(all_of([is_not_null(col("date_key")), reported, mine]), copy=False)
        found = []
        for entity_id, day, value, *number in self.engine.query(query):
            assert isinstance(day, date)
            assert isinstance(value, Decimal)
            found.append((int(str(entity_id)), day, value, int(str(number[0])) if number else None))
        return tuple(found)

    def _span(self, window: str, side: Side) -> Row:
        span_id = self.span_ids[window, side]
        return {} if span_id is None else self.spans.get(span_id, {})


def recomputed(catalog: Catalog, engine: Engine, kpi: Kpi, entity: Entity, dates: RunDates) -> Recomputed:
    """Compute a KPI within a transaction; nothing that anybody else can see is changed."""
    part = laid_bare(catalog, kpi.code)
    tables = engine.tables()
    known = source_types(part, engine, tables)
    missing = [source.relation for source in part.sources if source.relation not in tables]
    if missing:
        raise WorldError(f"the database has no {missing[0]}", help="`kpictl run` makes the models and tables")
    relations = compiler.compile(part, known)
    schema = part.project.schemas.kpi
    dashboard = next(each for each in relations if each.name == TableName(schema, "agg_kpi_dashboard"))
    rows = _inputs(part, dates, engine)
    for relation in needed(relations, {dashboard.name, FACT_CELL}):
        _keep(relation, engine, rows)
    made = plan(part, known)
    codes = {each.id: each.code for each in made.published}
    return Recomputed(
        engine=engine,
        plan=made,
        entity=entity,
        rows=_dashboard(dashboard, engine, entity, codes),
        span_ids={(str(row[1]), str(row[2])): _id(row[5]) for row in rows[RUN_WINDOW]},
        spans=_spans(made, engine, entity),
        facts=_facts(engine, entity, made.by_code[kpi.code], dates.as_of[-1]),
        names=_leaves(catalog, entity),
    )


def _inputs(part: Catalog, dates: RunDates, engine: Engine) -> Mapping[TableName, Rows]:
    """A run's own inputs, without what is only asked for by periods."""
    rows = run_inputs(part, dates, last_syncs(part, engine))
    used = {row[5] for row in rows[RUN_WINDOW]}
    return {**rows, RUN_PERIOD: [], RUN_SPAN: [row for row in rows[RUN_SPAN] if row[0] in used]}


def _keep(relation: Relation, engine: Engine, inputs: Mapping[TableName, Rows]) -> None:
    """Make what lasts as long as the connection; the rest is there from the last run."""
    if relation.name.schema is not None:
        return
    if relation.kind == "work":
        engine.execute(create(relation, engine.dialect))
    else:
        engine.create_temporary(relation.table)
        rows = inputs[relation.name] if relation.kind == "input" else relation.rows
        engine.load(relation.name, relation.columns, rows)
    engine.analyze(relation.name)


def _dashboard(relation: Relation, engine: Engine, entity: Entity, codes: Mapping[int | None, str]) -> dict[str, Row]:
    assert relation.select is not None
    names = [column.name for column in relation.columns if column.type != "json"]
    of = exp.Subquery(
        this=relation.select.copy(), alias=exp.TableAlias(this=exp.to_identifier("dashboard", quoted=True))
    )
    query = select([col(name) for name in names]).from_(of, copy=False)
    found = _rows(engine, query.where(_is("entity_id", entity.id), copy=False), names)
    return {codes[_id(row["kpi_id"])]: row for row in found}


def _spans(made: Plan, engine: Engine, entity: Entity) -> dict[int, Row]:
    names = ["span_id"]
    for source in made.sources:
        names += [from_column(source), until_column(source)]
    query = select([col(name) for name in names]).from_(table(COVERED_SPAN), copy=False)
    found = _rows(engine, query.where(_is("entity_id", entity.id), copy=False), names)
    return {int(str(row["span_id"])): row for row in found}


def _facts(engine: Engine, entity: Entity, kpi: Kpi, until: date) -> tuple[tuple[date, Decimal | None], ...]:
    query = select([col("date_key"), col("value")]).from_(table(FACT_CELL), copy=False)
    mine = [_is("entity_id", entity.id), _is("kpi_id", kpi.id)]
    mine.append(exp.LTE(this=col("date_key"), expression=lit(until)))
    found = []
    for day, value in engine.query(query.where(all_of(mine), copy=False).order_by(col("date_key"), copy=False)):
        assert isinstance(day, date)
        assert value is None or isinstance(value, Decimal)
        found.append((day, value))
    return tuple(found)


def _leaves(catalog: Catalog, entity: Entity) -> dict[int, str]:
    """The entities whose rows count for one: itself and all below it; for the root those that nobody knows too."""
    by_code = {each.code: each for each in catalog.entities}
    found = {each.id: each.code for each in catalog.entities if entity in path(each, by_code)}
    return {**found, UNKNOWN: "unknown codes"} if entity.id == ROOT else found


def _rows(engine: Engine, query: exp.Query, names: Iterable[str]) -> list[Row]:
    return [dict(zip(names, row, strict=True)) for row in engine.query(query)]


def _is(name: str, value: int | None) -> exp.Expr:
    return exp.EQ(this=col(name), expression=lit(value))


def _id(value: object) -> int | None:
    return None if value is None else int(str(value))


def _day(value: object) -> date | None:
    assert value is None or isinstance(value, date)
    return value
