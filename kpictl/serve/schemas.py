"""The JSON Schemas of what the API answers."""

from __future__ import annotations

from typing import Any, TypeAlias, get_args

from kpictl.catalog.model import Kind, OverTime
from kpictl.report.format import Goodness
from kpictl.report.payload_schema import payload_schema

Schema: TypeAlias = dict[str, Any]

PROBLEM = "Problem"
_PLACE = "#/components/schemas/"


def schemas() -> dict[str, Schema]:
    """Every schema by its name; those of the payload among them."""
    payload = _placed(payload_schema())
    parts = payload.pop("$defs")
    del payload["$schema"], payload["$id"]
    return {**parts, "Payload": payload, **_answers(), **_parts(), PROBLEM: _problem()}


def of(name: str) -> Schema:
    return {"$ref": f"{_PLACE}{name}"}


def _placed(schema: Any) -> Any:
    """A schema whose parts stand where OpenAPI has them."""
    match schema:
        case dict():
            return {
                key: str(each).replace("#/$defs/", _PLACE) if key == "$ref" else _placed(each)
                for key, each in schema.items()
            }
        case list():
            return [_placed(each) for each in schema]
        case _:
            return schema


def _answers() -> dict[str, Schema]:
    day = of("Day")
    return {
        "Health": _object({"status": {"const": "ok"}, "edition": of("Edition"), "as_of": day}),
        "Kpis": _paged("kpis", of("PublishedKpi")),
        "OneKpi": _object({"edition": of("Edition"), "as_of": day, "kpi": of("PublishedKpi")}),
        "Entities": _paged("entities", of("PublishedEntity")),
        "Dates": _paged("dates", day),
        "Dashboard": _paged("rows", of("DashboardRow"), {"as_of": day}),
        "Series": {"oneOf": [_series(of("SeriesDay"), ["day"]), _series(of("SeriesPeriod"), PERIODS)]},
        "Runs": _paged("runs", of("Run"), has_edition=False),
    }


PERIODS = ["week", "month", "quarter", "year"]


def _series(row: Schema, grains: list[str]) -> Schema:
    return _paged("rows", row, {"kpi": _TEXT, "entity": _TEXT, "grain": {"enum": grains}})


def _paged(name: str, row: Schema, more: dict[str, Schema] | None = None, *, has_edition: bool = True) -> Schema:
    return _object(
        {
            **({"edition": of("Edition")} if has_edition else {}),
            **(more or {}),
            "total": {"type": "integer", "minimum": 0, "description": "How many rows there are in all."},
            "limit": {"type": "integer", "minimum": 1},
            "offset": {"type": "integer", "minimum": 0},
            "next": {
                "type": ["string", "null"],
                "description": "The query of the rows that follow, relative to this URL; null after the last.",
            },
            name: {"type": "array", "items": row},
        }
    )


def _parts() -> dict[str, Schema]:
    return {
        "Edition": {"type": "string", "minLength": 1, "description": "The id of the run that published the numbers."},
        "PublishedKpi": _kpi(),
        "PublishedEntity": _object(
            {
                "id": {"type": "integer", "minimum": 0},
                "code": _TEXT,
                "name": _TEXT,
                "parent": _or_null(_TEXT, "The code of the entity above; null at the top."),
                "level": {"type": "integer", "minimum": 0, "description": "0 is the top."},
            }
        ),
        "DashboardRow": _object(
            {
                "category": _TEXT,
                "text": {
                    "description": "The values by window as people read them.",
                    "type": "object",
                    "additionalProperties": of("WindowTexts"),
                },
                "payload": of("Payload"),
            }
        ),
        "WindowTexts": _object(
            {
                "value": _TEXT,
                "prior": _TEXT,
                "change": _TEXT,
                "goodness": {"enum": list(get_args(Goodness))},
                "words": {**_TEXT, "description": "The change for who does not see it."},
            }
        ),
        "SeriesDay": _object(
            {"date": of("Day"), "value": _NUMBER, "prior_date": of("Day"), "prior": _NUMBER},
        ),
        "SeriesPeriod": _period(),
        "Run": _run(),
    }


def _kpi() -> Schema:
    return _object(
        {
            "id": {"type": "integer", "minimum": 1},
            "code": _TEXT,
            "name": _TEXT,
            "description": _TEXT,
            "category": _TEXT,
            "target_direction": of("TargetDirection"),
            "format": of("Format"),
            "kind": {"enum": list(get_args(Kind))},
            "over_time": {"enum": [*get_args(OverTime), None]},
            "source": _or_null(_TEXT, "The source of its measure; null for a formula."),
            "definition": {**_TEXT, "description": "What it is computed from."},
            "definition_hash": {**_TEXT, "description": "Changes when the KPI's meaning does."},
            "owner": _TEXT,
            "sort_order": {"type": "integer"},
            "is_active": {"type": "boolean"},
        }
    )


def _period() -> Schema:
    return _object(
        {
            "from": of("Day"),
            "to": of("Day"),
            "through": {**of("Day"), "description": "The last day that is counted."},
            "value": _NUMBER,
            "prior": _NUMBER,
            "delta": _NUMBER,
            "delta_pct": _NUMBER,
            "status": of("Status"),
            "prior_status": of("Status"),
            "in_progress": {"type": "boolean"},
        }
    )


def _run() -> Schema:
    count: Schema = {"type": ["integer", "null"]}
    moment: Schema = {"type": "string", "format": "date-time"}
    return _object(
        {
            "run_id": _TEXT,
            "status": {"enum": ["running", "succeeded", "failed", "died"]},
            "as_of_date": of("Day"),
            "as_of_dates": {"type": "integer"},
            "began_at": moment,
            "ended_at": {"type": ["string", "null"], "format": "date-time"},
            "seconds": _NUMBER,
            "recomputed": {"type": ["string", "null"]},
            "facts_written": count,
            "restated": count,
            "warnings": count,
            "exit_code": count,
            "error": {"type": ["string", "null"], "description": "Where to read why it failed; null if it did not."},
            "kpictl_version": _TEXT,
            "project_revision": {"type": ["string", "null"]},
        }
    )


def _problem() -> Schema:
    return {
        "description": "RFC 9457.",
        **_object(
            {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
            }
        ),
    }


_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": ["number", "null"]}


def _or_null(schema: Schema, description: str) -> Schema:
    return {"description": description, "anyOf": [schema, {"type": "null"}]}


def _object(parts: dict[str, Schema]) -> Schema:
    return {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}
