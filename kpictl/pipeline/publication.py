"""What readers see of a KPI, beside what it comes to now: the same, or not, and why that may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlglot import exp

from kpictl.catalog import Catalog, Entity, Kpi, TableName
from kpictl.compile.dimensions import definition_hashes
from kpictl.compile.models import lookup, model, needed_by
from kpictl.compile.tree import all_of, col, lit, select, table
from kpictl.engine import Engine
from kpictl.pipeline.definitions import definition_hash, registry, remembered
from kpictl.pipeline.recomputed import Recomputed, Side
from kpictl.report import published_dates

TOLERANCE = Decimal("1e-9")
"""Averages and formulas are computed as doubles, whose last digits depend on the order of rows."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that readers see and that would be another one now."""

    window: str
    side: Side
    published: Decimal | None
    published_status: str


@dataclass(frozen=True, slots=True)
class Publication:
    """What was published of a KPI for an as-of date; a helper never is.

    `changed` are the KPI, models and lookups whose files differ from those of the last run.
    """

    is_published: bool
    latest: date
    differences: tuple[Difference, ...]
    changed: tuple[str, ...]


def compared(
    catalog: Catalog, reader: Engine, engine: Engine, kpi: Kpi, entity: Entity, as_of: date, found: Recomputed
) -> Publication:
    """The published row beside what was computed anew; both engines are in a transaction."""
    latest = published_dates(reader, catalog)[-1]
    row = None if kpi.id is None else _row(catalog, reader, kpi.id, entity, as_of)
    differences = () if row is None else tuple(_differences(row, catalog, kpi, found))
    changed = tuple(_changed(catalog, reader, engine, kpi, found)) if differences or row is None else ()
    return Publication(row is not None, latest, differences, changed)


def _row(catalog: Catalog, reader: Engine, kpi_id: int, entity: Entity, as_of: date) -> Mapping[str, object] | None:
    name = TableName(catalog.project.schemas.kpi, "agg_kpi_dashboard")
    endings = ("value", "status", "prior", "prior_status")
    wanted = [f"{window}_{ending}" for window in catalog.project.windows for ending in endings]
    there = set(reader.columns_of(name))
    names = [column for column in wanted if column in there]
    keys: dict[str, date | int] = {"as_of_date": as_of, "kpi_id": kpi_id, "entity_id": entity.id}
    same = all_of(exp.EQ(this=col(key), expression=lit(value)) for key, value in keys.items())
    query = select([col(key) for key in ("kpi_id", *names)]).from_(table(name), copy=False).where(same, copy=False)
    for row in reader.query(query):
        return dict(zip(names, row[1:], strict=True))
    return None


def _differences(row: Mapping[str, object], catalog: Catalog, kpi: Kpi, found: Recomputed) -> Iterator[Difference]:
    sides: tuple[tuple[Side, str, str], ...] = (("current", "value", "status"), ("prior", "prior", "prior_status"))
    for window in catalog.project.windows:
        for side, value_name, status_name in sides:
            # A window that was added since has no column yet, or NULL in old rows.
            if row.get(f"{window}_{status_name}") is None:
                continue
            published = row[f"{window}_{value_name}"]
            assert published is None or isinstance(published, Decimal)
            status = str(row[f"{window}_{status_name}"])
            value, now = found.cell(kpi.code, window, side)
            if status != now or not _same(published, value):
                yield Difference(window, side, published, status)


def _same(published: Decimal | None, value: Decimal | None) -> bool:
    if published is None or value is None:
        return published is value
    return abs(published - value) <= TOLERANCE * max(Decimal(1), abs(published))


def _changed(catalog: Catalog, reader: Engine, engine: Engine, kpi: Kpi, found: Recomputed) -> Iterator[str]:
    """What has another definition than when it was last published."""
    if kpi.id is not None:
        name = TableName(catalog.project.schemas.kpi, "dim_kpi")
        query = select([col("definition_hash")]).from_(table(name), copy=False)
        query = query.where(exp.EQ(this=col("kpi_id"), expression=lit(kpi.id)), copy=False)
        published = {str(digest) for (digest,) in reader.query(query)}
        if published and published != {definition_hashes(catalog)[kpi.code]}:
            yield kpi.code
    tables = needed_by(catalog, {source.relation for source in found.plan.sources})
    made = remembered(engine, registry(catalog))
    relations = [model(each) for each in catalog.models if each.name in tables]
    relations += [lookup(each) for each in catalog.lookups if each.name in tables]
    for relation in relations:
        before = made.get(str(relation.name))
        if before is None or before.definition_hash != definition_hash(relation, engine):
            yield str(relation.name)
