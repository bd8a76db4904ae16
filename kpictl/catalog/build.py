"""From the shapes of the YAML to the values of the Catalog: defaults, names of tables, expressions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar, get_args

from kpictl.catalog import model
from kpictl.catalog.document import Places
from kpictl.catalog.expression import Expression
from kpictl.catalog.expressions import parse_condition, parse_formula, parse_measure
from kpictl.catalog.locales import known_locale, locale_names, near_locale
from kpictl.catalog.schema import (
    CheckShape,
    EntityShape,
    ExpectationShape,
    FormatShape,
    FreshnessShape,
    KpiShape,
    ProjectFile,
    Shape,
    SourceShape,
)
from kpictl.catalog.table import TableName
from kpictl.catalog.text import Scalar
from kpictl.diagnostics import Diagnostic

ROOT = "ALL"
"""The code of the entity that stands for every row; what has no parent lies below it."""

Found = list[Diagnostic]
Parsed = TypeVar("Parsed")


def project(shape: ProjectFile, folder: Path, places: Places, found: Found) -> model.Project:
    calendar = shape.calendar
    if calendar.start > calendar.end:
        at = places.at("calendar", "end")
        found.append(Diagnostic("KPI028", "the calendar ends before it starts", at, help="write a later `end`"))
    fiscal = model.Fiscal(**dict(calendar.fiscal))
    environments = tuple(
        model.Environment(name, environment.url, places.under("environments", name))
        for name, environment in shape.environments.items()
    )
    if not environments:
        implied = Places.nowhere(places.path)
        environments = (model.Environment("local", f"duckdb:///{shape.name}.duckdb", implied),)
    names = [environment.name for environment in environments]
    return model.Project(
        folder=folder,
        name=shape.name,
        timezone=shape.timezone,
        day_starts_at=shape.day_starts_at,
        currency=shape.currency,
        locale=_locale(shape.locale, places, found),
        as_of=shape.as_of,
        calendar=model.Calendar(calendar.start, calendar.end, calendar.week_starts_on or fiscal.week_starts_on, fiscal),
        windows=tuple(shape.windows),
        compare=shape.compare or ("fiscal" if fiscal.pattern is not None else "same_date"),
        facts=shape.facts,
        schemas=model.Schemas(shape.schemas.raw, shape.schemas.models, shape.schemas.kpi),
        environments=environments,
        environment=shape.environment or ("local" if "local" in names else names[0]),
        connectors=tuple(
            model.ConnectorSettings(name, settings, places.under("connectors", name))
            for name, settings in shape.connectors.items()
        ),
        notify=None
        if shape.notify is None
        else model.Notify(shape.notify.webhook, shape.notify.on_success, places.under("notify")),
        covers_from=shape.covers_from,
        places=places,
    )


def _locale(name: str, places: Places, found: Found) -> str:
    """The locale as CLDR writes it; whether there is one is judged here, as readers of what was published need it."""
    names = locale_names()
    known = known_locale(name, names)
    if known is None:
        advice = near_locale(name, names) or "names are those of Unicode's CLDR, such as en, de or pt-BR"
        found.append(Diagnostic("KPI108", f"no locale is called `{name}`", places.at("locale"), help=advice))
    return known or "en"


def format_(shape: FormatShape, currency: str, places: Places, found: Found) -> model.Format:
    _only_with(shape, "currency", "`kind: currency`", places, found, fits=shape.kind == "currency")
    _only_with(shape, "stored_as", "`kind: percent`", places, found, fits=shape.kind == "percent")
    return model.Format(
        code=shape.code,
        kind=shape.kind,
        decimals=shape.decimals,
        currency=(shape.currency or currency) if shape.kind == "currency" else None,
        unit=shape.unit,
        compact=shape.compact,
        stored_as=shape.stored_as,
        places=places,
    )


def entity(shape: EntityShape, places: Places) -> model.Entity:
    return model.Entity(
        id=shape.id,
        code=shape.code,
        name=shape.name,
        parent=shape.parent or (None if shape.code == ROOT else ROOT),
        timezone=shape.timezone,
        aliases=tuple(shape.aliases),
        places=places,
    )


def rooted(entities: tuple[model.Entity, ...], path: Path) -> tuple[model.Entity, ...]:
    """The entities with the root of their tree, which is implied where the project does not list it."""
    if any(entity.code == ROOT or entity.id == 0 for entity in entities):
        return entities
    return (model.Entity(0, ROOT, "All", None, None, (), Places.nowhere(path)), *entities)


def source(shape: SourceShape, schemas: model.Schemas, places: Places, found: Found) -> model.Source:
    _only_with(shape, "changed_at", "`key`", places, found, fits=shape.key is not None)
    return model.Source(
        code=shape.code,
        description=shape.description,
        relation=table_name(shape.relation, schemas.models),
        time=_column(shape.time),
        valid_from=_column(shape.valid_from),
        valid_to=_column(shape.valid_to),
        timezone=shape.timezone,
        entity=_column(shape.entity),
        key=_column(shape.key),
        where=_parsed(parse_condition, places, "where", found),
        changed_at=_column(shape.changed_at),
        covers_from=shape.covers_from,
        covers_to=shape.covers_to,
        expect=tuple(
            made
            for index, item in enumerate(shape.expect)
            if (made := _expectation(item, places.under("expect", index), found)) is not None
        ),
        expect_fresh=None if shape.expect_fresh is None else _freshness(shape.expect_fresh),
        places=places,
    )


def _expectation(shape: ExpectationShape, places: Places, found: Found) -> model.Expectation | None:
    that: Expression | None = _parsed(parse_condition, places, "that", found)
    if that is None:
        return None
    return model.Expectation(that, shape.severity, shape.message or f"not {that.text}", places)


def _freshness(shape: FreshnessShape) -> model.Freshness:
    number = int(shape.within[:-1])
    match shape.within[-1]:
        case "m":
            within = timedelta(minutes=number)
        case "h":
            within = timedelta(hours=number)
        case _:
            within = timedelta(days=number)
    return model.Freshness(within, shape.within, shape.severity)


def _check(shape: CheckShape, places: Places, found: Found) -> model.Check | None:
    keys: tuple[model.CheckedFor, ...] = tuple(key for key in get_args(model.CheckedFor) if places.has(key))
    if not keys:
        message = "`min`, `max`, `not_null` or `max_change_pct` is missing"
        found.append(Diagnostic("KPI021", message, places.at(), help="add what is checked: `min: 0`"))
        return None
    first, *others = keys
    for key in others:
        message = f"`{key}` stands beside `{first}`, and a check is one of them"
        found.append(Diagnostic("KPI028", message, places.key(key), help="make it a check of its own"))
    if shape.not_null is False:
        message = "`not_null: false` checks nothing"
        found.append(Diagnostic("KPI028", message, places.at("not_null"), help="write `true`, or remove the check"))
    return model.Check(
        key=first,
        limit=None if first == "not_null" else Decimal(places.scalar(first).text),
        window=shape.window,
        entity=shape.entity,
        severity=shape.severity,
        message=shape.message,
        places=places,
    )


def kpi(shape: KpiShape, places: Places, found: Found) -> model.Kpi:
    """A KPI; whether its keys go together is for the rules to judge."""
    if shape.id is not None and shape.name is None:
        message = "`name` is missing: a KPI with an `id` is shown"
        found.append(Diagnostic("KPI021", message, places.at("id"), help="add `name: …`, or leave out the `id`"))
    return model.Kpi(
        id=shape.id,
        code=shape.code,
        name=shape.name or shape.code,
        description=shape.description,
        category=shape.category,
        format=shape.format,
        target_direction=shape.target_direction,
        owner=shape.owner,
        source=shape.source,
        measure=_parsed(parse_measure, places, "measure", found),
        where=_parsed(parse_condition, places, "where", found),
        formula=_parsed(parse_formula, places, "formula", found),
        over_time=shape.over_time,
        max_staleness=shape.max_staleness,
        is_active=shape.is_active,
        tags=tuple(shape.tags),
        sort_order=shape.sort_order if shape.sort_order is not None else _UNSORTED if shape.id is None else shape.id,
        checks=tuple(
            made
            for index, item in enumerate(shape.checks)
            if (made := _check(item, places.under("checks", index), found)) is not None
        ),
        places=places,
    )


_UNSORTED = 2**31 - 1  # helpers come last


def expression_problems(item: object, places: Places) -> tuple[Diagnostic, ...]:
    """What is wrong with the expressions of an entry whose shape is wrong too, so that all is told at once."""
    found: Found = []
    for key, parse in (("measure", parse_measure), ("where", parse_condition), ("formula", parse_formula)):
        if isinstance(item, dict) and isinstance(item.get(key), str):
            found.extend(parse(places.scalar(key))[1])
    return tuple(found)


def table_name(written: str, default_schema: str) -> TableName:
    """A table's name as SQL reads it: in lower case but for quotes; without a schema it has the models'."""
    *schema, name = written.split(".")
    return TableName(unquoted(schema[0]) if schema else default_schema, unquoted(name))


def _column(written: str | None) -> str | None:
    return None if written is None else unquoted(written)


def unquoted(name: str) -> str:
    return name.strip('"') if name.startswith('"') else name.lower()


def _parsed(
    parse: Callable[[Scalar], tuple[Parsed | None, tuple[Diagnostic, ...]]],
    places: Places,
    key: str,
    found: Found,
) -> Parsed | None:
    if not places.has(key):
        return None
    parsed, problems = parse(places.scalar(key))
    found.extend(problems)
    return parsed


def _only_with(shape: Shape, key: str, other: str, places: Places, found: Found, *, fits: bool) -> None:
    if key in shape.model_fields_set and not fits:
        message = f"`{key}` has a meaning with {other} alone"
        found.append(Diagnostic("KPI028", message, places.key(key), help=f"leave `{key}` out"))
