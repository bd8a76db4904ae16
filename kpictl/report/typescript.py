"""TypeScript types of the payload, made from its JSON Schema."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence

from kpictl.report.payload_schema import LAST_DAYS, Schema, payload_schema

_WIDTH = 100
_KEYS = {LAST_DAYS: "`last${number}`"}
"""Patterns of keys as TypeScript has them: wider, for it knows no numbers without a point."""


def payload_types() -> str:
    """The whole file."""
    schema = payload_schema()
    lines = ["// The payload of a dashboard row. Printed by `kpictl schema typescript`, made from its JSON Schema."]
    for name, shape in ((schema["title"], schema), *schema["$defs"].items()):
        lines += ["", *_declared(name, shape)]
    return "\n".join([*lines, ""])


def _declared(name: str, shape: Schema) -> Iterator[str]:
    yield from _comment(shape, "")
    if shape.get("type") == "object":
        yield f"export interface {name} {{"
        yield from _members(shape)
        yield "}"
    else:
        yield f"export type {name} = {_type(shape)};"


def _members(shape: Schema) -> Iterator[str]:
    assert shape["additionalProperties"] is False, "an interface says which keys there are"
    for name, part in shape["properties"].items():
        yield from _comment(part, "  ")
        yield f"  {name}{'' if name in shape.get('required', ()) else '?'}: {_type(part)};"
    for pattern, part in shape.get("patternProperties", {}).items():
        yield from _comment(part, "  ")
        yield f"  [name: {_KEYS[pattern]}]: {_type(part)} | undefined;"


def _type(shape: Schema) -> str:
    match shape:
        case {"$ref": reference}:
            return str(reference).rpartition("/")[2]
        case {"const": value}:
            return json.dumps(value)
        case {"enum": values}:
            return " | ".join(json.dumps(value) for value in values)
        case {"anyOf": choices} | {"oneOf": choices}:
            return _either(choices)
        case {"type": [*types]}:
            return _either([{"type": each} for each in types])
        case {"type": "array", "items": items}:
            return f"Array<{_type(items)}>"
        case {"type": "integer" | "number"}:
            return "number"
        case {"type": "string" | "null" as kind}:
            return str(kind)
        case _:
            raise AssertionError(f"nothing in TypeScript stands for {shape}")


def _either(choices: Sequence[Schema]) -> str:
    return " | ".join(_type(each) for each in choices)


def _comment(shape: Schema, indent: str) -> Iterator[str]:
    text = shape.get("description")
    if text is not None:
        assert "*/" not in text, "it would end the comment"
        first, *others = textwrap.wrap(text, _WIDTH - len(indent) - 4)
        if others:
            yield f"{indent}/**"
            yield from (f"{indent} * {line}" for line in (first, *others))
            yield f"{indent} */"
        else:
            yield f"{indent}/** {first} */"
