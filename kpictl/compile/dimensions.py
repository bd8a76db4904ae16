"""The dimension tables: rows made from the catalog and the calendar, loaded as data."""

from __future__ import annotations

import json
from datetime import date
from hashlib import sha256
from typing import get_type_hints

from sqlglot.dialects.dialect import Dialect

from kpictl.calendar import MONTHS, WEEKDAYS, Calendar, DateRow, DateRows, Retail, StartMonth
from kpictl.catalog import Catalog, Column, ColumnType, Entity, Expression, Fiscal, Kpi, Project, Source, TableName
from kpictl.compile.entities import path, timezone
from kpictl.compile.expressions import inputs_of
from kpictl.compile.relation import Relation

_TYPES: dict[object, ColumnType] = {int: "bigint", str: "text", bool: "boolean", date: "date"}


def calendar_of(project: Project) -> Calendar:
    config = project.calendar
    return Calendar(
        config.start,
        config.end,
        WEEKDAYS.index(config.week_starts_on),
        _retail(config.fiscal) if config.fiscal.pattern is not None else _start_month(config.fiscal),
        project.compare,
    )


def _start_month(fiscal: Fiscal) -> StartMonth:
    assert fiscal.starts is not None, "the checks let a fiscal year without a start or a pattern through"
    return StartMonth(MONTHS.index(fiscal.starts) + 1, fiscal.named_by or "end")


def _retail(fiscal: Fiscal) -> Retail:
    assert fiscal.pattern is not None
    first, second, third = (int(weeks) for weeks in fiscal.pattern.split("-"))
    month, _, day = (fiscal.of or fiscal.to or "").partition("-")
    weekday = fiscal.last or fiscal.nearest
    assert month, "the checks let a pattern without a month for its year end through"
    assert weekday is not None, "the checks let a pattern without a weekday for its year end through"
    return Retail(
        (first, second, third),
        "last" if fiscal.last is not None else "nearest",
        WEEKDAYS.index(weekday),
        MONTHS.index(month) + 1,
        int(day) if day else None,
        fiscal.named_by or "start",
    )


def dim_date(catalog: Catalog, name: TableName) -> Relation:
    hints = get_type_hints(DateRow)
    columns = tuple(Column(field, _TYPES.get(hints[field], "date")) for field in DateRow._fields)
    rows = DateRows(calendar_of(catalog.project))
    return Relation(
        name,
        "data",
        "a row for each day of the calendar, with its periods",
        columns,
        ("date_key",),
        rows=rows,
    )


def dim_kpi(catalog: Catalog, name: TableName) -> Relation:
    columns = (
        Column("kpi_id", "bigint", "stable for ever"),
        Column("kpi_code", "text"),
        Column("kpi_name", "text"),
        Column("description", "text"),
        Column("category", "text"),
        Column("format", "text"),
        Column("unit", "text", "the currency, the percent sign or the format's own unit"),
        Column("decimals", "bigint", "decimals to show"),
        Column("target_direction", "text", "up, down or none: which change is good"),
        Column("kind", "text"),
        Column("over_time", "text"),
        Column("owner", "text"),
        Column("sort_order", "bigint"),
        Column("is_active", "boolean"),
        Column("definition_hash", "text", "changes when the KPI's meaning does"),
    )
    hashes = definition_hashes(catalog)
    rows = tuple(_kpi_row(catalog, kpi, hashes) for kpi in catalog.kpis if kpi.id is not None)
    rows = tuple(sorted(rows, key=lambda row: row[0]))
    return Relation(name, "data", "the KPIs", columns, ("kpi_id",), rows=rows)


def _kpi_row(catalog: Catalog, kpi: Kpi, hashes: dict[str, str]) -> tuple[int, *tuple[object, ...]]:
    assert kpi.id is not None
    assert kpi.format is not None
    fmt = catalog.format(kpi.format)
    unit = {"currency": fmt.currency, "percent": "%", "duration": "s"}.get(fmt.kind, fmt.unit)
    kind = catalog.kind(kpi)
    return (
        kpi.id,
        kpi.code,
        kpi.name,
        kpi.description,
        kpi.category,
        kpi.format,
        fmt.unit or unit,
        fmt.decimals,
        kpi.target_direction,
        kind,
        kpi.over_time or ("last" if kind == "validity" else None),
        kpi.owner,
        kpi.sort_order,
        kpi.is_active,
        hashes[kpi.code],
    )


def dim_entity(catalog: Catalog, name: TableName) -> Relation:
    columns = (
        Column("entity_id", "bigint"),
        Column("entity_code", "text"),
        Column("entity_name", "text"),
        Column("parent_entity_id", "bigint"),
        Column("level", "bigint", "0 for ALL"),
        Column("timezone", "text", "the entity's own, or the nearest above it"),
    )
    by_code = {entity.code: entity for entity in catalog.entities}
    rows = tuple(_entity_row(entity, by_code, catalog) for entity in catalog.entities)
    return Relation(name, "data", "the entities", columns, ("entity_id",), rows=rows)


def _entity_row(entity: Entity, by_code: dict[str, Entity], catalog: Catalog) -> tuple[object, ...]:
    found = path(entity, by_code)
    parent = found[1].id if len(found) > 1 else None
    return (entity.id, entity.code, entity.name, parent, len(found) - 1, timezone(found, catalog))


def definition_hashes(catalog: Catalog) -> dict[str, str]:
    """A digest of what each KPI computes: its expressions, its source and, for a formula, its inputs'."""
    hashes: dict[str, str] = {}
    by_code = {kpi.code: kpi for kpi in catalog.kpis}
    sources = {source.code: source for source in catalog.sources}
    meanings = {code: _source_meaning(source, catalog) for code, source in sources.items()}
    # One for all: making a writer takes longer than to write an expression.
    writer = Dialect.get_or_raise(None).generator()

    def written(expression: Expression | None) -> str | None:
        return None if expression is None else writer.generate(expression.tree)

    def digest(kpi: Kpi) -> str:
        if kpi.code not in hashes:
            meaning = {
                "kind": kpi.kind(sources.get(kpi.source or "")),
                "measure": None if kpi.measure is None else written(kpi.measure.expression),
                "where": written(kpi.where),
                "formula": written(kpi.formula),
                "inputs": {code: digest(by_code[code]) for code in inputs_of(kpi)},
                "over_time": kpi.over_time,
                "max_staleness": kpi.max_staleness,
                "source": meanings.get(kpi.source or ""),
            }
            text = json.dumps(meaning, sort_keys=True, default=str)
            hashes[kpi.code] = sha256(text.encode()).hexdigest()[:16]
        return hashes[kpi.code]

    for kpi in catalog.kpis:
        digest(kpi)
    return hashes


def _source_meaning(source: Source, catalog: Catalog) -> dict[str, object]:
    project = catalog.project
    tree = [[each.code, each.parent, each.timezone, *each.aliases] for each in catalog.entities]
    return {
        "relation": str(source.relation),
        "time": source.time,
        "valid": [source.valid_from, source.valid_to],
        "timezone": source.timezone,
        "entity": None if source.entity is None else [source.entity, *tree],
        "where": None if source.where is None else source.where.tree.sql(),
        "covers": [source.covers_from or project.covers_from, source.covers_to],
        "business_day": [project.timezone, project.day_starts_at],
    }
