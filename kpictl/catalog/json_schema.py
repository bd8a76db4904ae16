"""JSON Schema of a project's files, so that editors complete keys and mark what is wrong while one types."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import BaseModel

from kpictl.catalog.keys import KEYS
from kpictl.catalog.schema import CatalogFile, ProjectFile

Kind: TypeAlias = Literal["project", "kpis"]
DRAFT = "https://json-schema.org/draft/2020-12/schema"

_FILES: dict[Kind, tuple[type[BaseModel], str, str]] = {
    "project": (ProjectFile, "kpictl.yml", "What holds for a whole kpictl project."),
    "kpis": (CatalogFile, "kpis/**/*.yml", "Formats, entities, sources, KPIs and KPI tests: any part of them."),
}


def json_schema(kind: Kind) -> dict[str, Any]:
    """The schema of `kpictl.yml` or of the files under `kpis/`, with a sentence on every key."""
    model, title, description = _FILES[kind]
    whole = model.model_json_schema()
    described = {"title": title, "description": description}
    definitions = whole.pop("$defs", {})
    for shape, keys in KEYS.items():
        target = whole if shape is model else definitions.get(shape.__name__)
        if target is not None:
            for key, text in keys.items():
                target["properties"][key]["description"] = text
                target["properties"][key].pop("title", None)
            target.pop("description", None)
            target.pop("title", None)
    schema = _as_read({**described, **whole, "$defs": definitions})
    assert isinstance(schema, dict)
    return {"$schema": DRAFT, "$id": f"urn:kpictl:{kind}", **schema}


def _as_read(value: Any) -> Any:
    """Refuse what the reader does: a key without a value, so that NULL is no choice; a name of another form."""
    match value:
        case {"anyOf": [choice, {"type": "null"}], **others}:
            return _as_read({**choice, **others})
        case {"anyOf": [*choices, {"type": "null"}], **others}:
            return _as_read({"anyOf": choices, **others})
        case {"patternProperties": _} if "additionalProperties" not in value:
            return _as_read({**value, "additionalProperties": False})
        case dict():
            return {key: _as_read(item) for key, item in value.items() if item is not None}
        case list():
            return [_as_read(item) for item in value]
        case _:
            return value
