"""The dimension tables: rows made from the catalog and the calendar, loaded as data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from types import MappingProxyType
from typing import get_type_hints

from sqlglot.dialects.dialect import Dialect

from kpictl.calendar import MONTHS, WEEKDAYS, Calendar, DateRow, DateRows, Retail, StartMonth
from kpictl.catalog import Catalog, Column, ColumnType, Entity, Expression, Fiscal, Kpi, Project, Source, TableName
from kpictl.compile.entities import path, timezone
from kpictl.compile.expressions import inputs_of
from kpictl.compile.relation import Relation

_TYPES: dict[object, ColumnType] = {int: "bigint", str: "text", bool: "boolean", date: "date"}

_DATES: Mapping[str, str] = MappingProxyType(
    {
        "date_key": "the day",
        "year": "the calendar year",
        "quarter": "of the calendar year, 1 to 4",
        "month": "1 to 12",
        "day_of_month": "1 to 31",
        "day_of_year": "1 to 366",
        "day_of_week": "1 is the day that the project's weeks start on",
        "day_name": "the weekday, in English",
        "month_name": "in English",
        "is_weekend": "whether it is a Saturday or a Sunday",
        "week_year": "the year that the week belongs to",
        "week_of_year": "by ISO 8601 where weeks start on Monday; else week 1 is the one with 4 January",
        "week_start": "the week's first day",
        "week_end": "the week's last day",
        "month_start": "the calendar month's first day",
        "month_end": "the calendar month's last day",
        "quarter_start": "the calendar quarter's first day",
        "quarter_end": "the calendar quarter's last day",
        "year_start": "1 January",
        "year_end": "31 December",
        "fiscal_year": "the calendar's own where the fiscal year starts in January, as of all fiscal columns",
        "fiscal_quarter": "of the fiscal year, 1 to 4",
        "fiscal_month": "of the fiscal year, 1 to 12",
        "fiscal_week": "1 is the week that the fiscal year begins in",
        "fiscal_month_start": "the fiscal month's first day",
        "fiscal_month_end": "the fiscal month's last day",
        "fiscal_quarter_start": "the fiscal quarter's first day",
        "fiscal_quarter_end": "the fiscal quarter's last day",
        "fiscal_year_start": "the fiscal year's first day",
        "fiscal_year_end": "the fiscal year's last day",
        "prior_year_date": "the same date one year earlier; of 29 February the 28th",
        "prior_year_weekday_date": "364 days earlier, the same weekday",
        "prior_year_fiscal_date": "the same week and weekday of the fiscal year before; NULL but for retail calendars",
        "prior_date": "the one of these three that the project compares with",
    }
)
"""What the columns are."""


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
    columns = tuple(Column(field, _TYPES.get(hints[field], "date"), _DATES[field]) for field in DateRow._fields)
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
        Column("kpi_code", "text", "what formulas and programs call it"),
        Column("kpi_name", "text", "what people call it"),
        Column("description", "text", "what it says, for people"),
        Column("category", "text", "which KPIs it is shown among"),
        Column("format", "text", "the code of its format"),
        Column("unit", "text", "the currency, the percent sign or the format's own unit"),
        Column("decimals", "bigint", "decimals to show"),
        Column("target_direction", "text", "up, down or none: which change is good"),
        Column("kind", "text", "additive, extreme, average, distinct, stock, validity or formula"),
        Column("over_time", "text", "how daily values become that of a window, where that is said"),
        Column("owner", "text", "who answers for it"),
        Column("sort_order", "bigint", "where it stands among the others"),
        Column("is_active", "boolean", "whether runs still compute it"),
        Column("definition_hash", "text", "changes when the KPI's meaning does"),
        Column("definition", "text", "the measure, its source and its filter, or the formula, as the files have it"),
        Column("source_code", "text", "the source of its measure; a formula has none"),
        Column("format_kind", "text", "number, currency, percent or duration in seconds"),
        Column("currency", "text", "the currency's ISO code"),
        Column("stored_as", "text", "of a percent: percent, 12.5 is 12.5%; or fraction, 0.125 is"),
        Column("is_compact", "boolean", "whether values are shown as 1.2M"),
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
        definition(kpi),
        kpi.source,
        fmt.kind,
        fmt.currency,
        fmt.stored_as if fmt.kind == "percent" else None,
        fmt.compact,
    )


def definition(kpi: Kpi) -> str:
    """What a KPI is computed from, on one line, in the words of its author.

    `sum(total) of orders where status = 'paid'`, or `net_revenue / orders`.
    """
    if kpi.formula is not None:
        return _on_a_line(kpi.formula.text)
    assert kpi.measure is not None
    where = "" if kpi.where is None else f" where {_on_a_line(kpi.where.text)}"
    return f"{_on_a_line(kpi.measure.expression.text)} of {kpi.source}{where}"


def _on_a_line(text: str) -> str:
    return " ".join(text.split())


def dim_entity(catalog: Catalog, name: TableName) -> Relation:
    columns = (
        Column("entity_id", "bigint", "stable for ever; 0 is ALL"),
        Column("entity_code", "text", "what the sources' rows call it"),
        Column("entity_name", "text", "what people call it"),
        Column("parent_entity_id", "bigint", "the entity above it; ALL has none"),
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
