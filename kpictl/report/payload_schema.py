"""The JSON Schema of a dashboard row's payload, for whoever draws from it or checks what arrives."""

from __future__ import annotations

from typing import Any, TypeAlias, get_args

from kpictl.calendar import NAMED
from kpictl.compile.inputs import TREND_DAYS
from kpictl.report.shape import Direction

Schema: TypeAlias = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
LAST_DAYS = "^last[1-9][0-9]{0,3}$"
"""The names of the windows of N days."""

STATUSES: dict[str, str] = {
    "ok": "every day of the window is covered by the KPI's sources, and the value is known",
    "partial": "the sources cover a part of the window's days; the value is of those days",
    "undefined": "nothing to divide by, or no row to take a value from",
    "stale": "a stock's last known value is older than the KPI allows",
    "no_data": "the sources cover no day of the window; the value is null, which is not zero",
}
WINDOWS: dict[str, str] = {
    "day": "The as-of date alone.",
    "wtd": "Week to date, compared with the week 364 days before.",
    "mtd": "Month to date, of the project's calendar.",
    "qtd": "Quarter to date, of the project's calendar.",
    "ytd": "Year to date, of the project's calendar.",
    "ttm": "Twelve months that end on the as-of date.",
    "itd": "Since inception: from the KPI's first covered day.",
    "calendar_mtd": "Calendar month to date, whatever the fiscal calendar.",
    "calendar_qtd": "Calendar quarter to date, whatever the fiscal calendar.",
    "calendar_ytd": "Calendar year to date, whatever the fiscal calendar.",
}


def payload_schema() -> Schema:
    """The schema of the column `payload` of `agg_kpi_dashboard`; what it does not name must not be there."""
    parts = {
        "kpi": _of("Kpi", "Which KPI."),
        "entity": _of("Entity", "Who the numbers are about."),
        "as_of": _of("Day", "The last day that counts; rows after it count nowhere."),
        "data_through": _or_null(_of("Day"), "The last day up to `as_of` with a row in the KPI's sources; null: none."),
        "format": _of("Format", "How the values are written."),
        "windows": _of("Windows", "The values by window: those of the project."),
        "trend": {
            "description": f"The last {TREND_DAYS} days, the oldest first and `as_of` last.",
            "type": "array",
            "items": _of("TrendDay"),
            "minItems": TREND_DAYS,
            "maxItems": TREND_DAYS,
        },
    }
    whole = _object("What a frontend needs to draw a KPI's card: one row of agg_kpi_dashboard.", parts)
    return {"$schema": DRAFT, "$id": "urn:kpictl:payload", "title": "Payload", **whole, "$defs": definitions()}


def definitions() -> dict[str, Schema]:
    """The parts of a payload by their names."""
    return {
        "Kpi": _kpi(),
        "Entity": _entity(),
        "TargetDirection": _one_of("Whether more is better (`up`), less is (`down`), or neither.", get_args(Direction)),
        **_formats(),
        "Windows": _windows(),
        "WindowValues": _window(),
        "PriorValues": _prior(),
        "Status": _one_of(_listed(STATUSES), tuple(STATUSES)),
        "TrendDay": _object(
            "A day of the trend.",
            {"date": _of("Day"), "value": _number("The day's value; null where the sources do not cover the day.")},
        ),
        "Day": {
            "description": "A business day: `2025-10-06`.",
            "type": "string",
            "format": "date",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        },
    }


def _kpi() -> Schema:
    parts = {
        "id": {"description": "The KPI's number in dim_kpi, the same for ever.", "type": "integer", "minimum": 1},
        "code": _text("The KPI's code in the YAML and in dim_kpi."),
        "name": _text("What people call it: text, never markup."),
        "target_direction": _of("TargetDirection"),
    }
    return _object("A KPI.", parts)


def _entity() -> Schema:
    parts = {
        "id": {"description": "The entity's number in dim_entity; 0 is ALL.", "type": "integer", "minimum": 0},
        "code": _text("The entity's code: `ALL`, or a location's, a brand's, a channel's."),
        "name": _text("What people call it: text, never markup."),
    }
    return _object("An entity: the whole business, or a part of it.", parts)


def _formats() -> dict[str, Schema]:
    currency = {"description": "Its ISO 4217 code: `USD`.", "type": "string", "pattern": "^[A-Z]{3}$"}
    stored_as = _one_of("`percent`: 3.5 is 3.5%; `fraction`: 0.035 is.", ("percent", "fraction"))
    kinds = {
        "CurrencyFormat": _kind("currency", "An amount of money.", {"currency": currency}),
        "PercentFormat": _kind("percent", "A share; changes of it are in percentage points.", {"stored_as": stored_as}),
        "NumberFormat": _kind("number", "A count or a measure.", {}),
        "DurationFormat": _kind("duration", "A time in seconds; below a minute it is shown with `decimals`.", {}),
    }
    return {"Format": {"description": "How values are written.", "oneOf": [_of(name) for name in kinds]}, **kinds}


def _kind(kind: str, description: str, own: dict[str, Schema]) -> Schema:
    parts: dict[str, Schema] = {
        "kind": {"const": kind},
        "decimals": {
            "description": "Digits after the point, rounded half away from zero.",
            "type": "integer",
            "minimum": 0,
            "maximum": 10,
        },
        **own,
    }
    optional: dict[str, Schema] = {
        "unit": _text("What is counted: `9L cases`."),
        "compact": {"description": "Large values are written short: 1.2M.", "const": True},
    }
    return _object(description, parts, optional)


def _windows() -> Schema:
    assert set(WINDOWS) == set(NAMED)
    return {
        "description": "Values by window. A row keeps the windows that the project had when it was published.",
        "type": "object",
        "properties": {name: _of("WindowValues", text) for name, text in WINDOWS.items()},
        "patternProperties": {LAST_DAYS: _of("WindowValues", "The last N days, the as-of date included.")},
        "additionalProperties": False,
        "minProperties": 1,
    }


def _window() -> Schema:
    parts = {
        **_range("the as-of date"),
        **_value("The value over the window, not rounded for display: up to ten decimals."),
        "prior": _of("PriorValues", "The same window one year earlier."),
        "delta": _number("`value` less the prior's; null where either is."),
        "delta_pct": _number("The change in percent of the prior: 12.5 is +12.5%; null where the prior is 0 or null."),
    }
    return {**_object("A KPI over one window, and over the same window one year earlier.", parts), "allOf": _known()}


def _prior() -> Schema:
    parts = {**_range("a year before it, by the project's rule"), **_value("The value over the prior window.")}
    return {**_object("The KPI over the window that it is compared with.", parts), "allOf": _known()}


def _range(end: str) -> dict[str, Schema]:
    return {
        "from": _or_null(_of("Day"), "The first day; null since inception, where no day is covered."),
        "to": _of("Day", f"The last day: {end}."),
        "days": {"description": "How many days; null where `from` is.", "type": ["integer", "null"], "minimum": 1},
    }


def _value(description: str) -> dict[str, Schema]:
    return {"value": _number(description), "status": _of("Status", "What the value stands on.")}


def _known() -> list[Schema]:
    """What a status says of its value; with the others there may be one or none."""
    return [
        {"if": {"properties": {"status": {"const": status}}}, "then": {"properties": {"value": {"type": kind}}}}
        for status, kind in (("ok", "number"), ("no_data", "null"))
    ]


def _object(description: str, parts: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    return {
        "description": description,
        "type": "object",
        "properties": {**parts, **(optional or {})},
        "required": list(parts),
        "additionalProperties": False,
    }


def _of(name: str, description: str | None = None) -> Schema:
    said = {} if description is None else {"description": description}
    return {**said, "$ref": f"#/$defs/{name}"}


def _or_null(schema: Schema, description: str) -> Schema:
    return {"description": description, "anyOf": [schema, {"type": "null"}]}


def _number(description: str) -> Schema:
    return {"description": description, "type": ["number", "null"]}


def _text(description: str) -> Schema:
    return {"description": description, "type": "string", "minLength": 1}


def _one_of(description: str, choices: tuple[str, ...]) -> Schema:
    return {"description": description, "enum": list(choices)}


def _listed(meanings: dict[str, str]) -> str:
    return "; ".join(f"`{name}`: {meaning}" for name, meaning in meanings.items()) + "."
