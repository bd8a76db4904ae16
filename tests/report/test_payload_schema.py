"""The payload's JSON Schema: what is published is valid by it, what differs is not, and its types are made from it.

The golden projects and the winery hold their payloads to it on both engines: tests/golden, tests/soundness.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from kpictl.calendar import NAMED, is_window
from kpictl.catalog.model import Status
from kpictl.report.payload_schema import payload_schema
from kpictl.report.shape import Shape

Payload = dict[str, Any]
Mutation = Callable[[Payload], object]

DOCS = Path(__file__).parents[2] / "docs"
VALIDATOR = Draft202012Validator(payload_schema())


def errors(payload: object) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(payload)]


def written() -> Payload:
    """As docs tell it: a month to date that began a year before, and a window of days that is not covered."""
    prior = {"from": "2024-10-01", "to": "2024-10-06", "days": 6, "value": 57777.78, "status": "ok"}
    nothing = {"from": "2024-09-09", "to": "2024-10-06", "days": 28, "value": None, "status": "no_data"}
    return {
        "kpi": {"id": 1, "code": "wine", "name": "Wine", "target_direction": "up"},
        "entity": {"id": 0, "code": "ALL", "name": "All locations"},
        "as_of": "2025-10-06",
        "data_through": None,
        "format": {"kind": "currency", "currency": "USD", "decimals": 0},
        "windows": {
            "mtd": {
                "from": "2025-10-01",
                "to": "2025-10-06",
                "days": 6,
                "value": 65000.0,
                "status": "ok",
                "prior": prior,
                "delta": 7222.22,
                "delta_pct": 12.4999956731,
            },
            "last28": {**nothing, "prior": nothing, "delta": None, "delta_pct": None},
        },
        "trend": [{"date": f"2025-09-{day:02d}", "value": None if day < 5 else day} for day in range(1, 29)],
    }


def test_a_payload_is_valid() -> None:
    Draft202012Validator.check_schema(payload_schema())
    assert errors(written()) == []


@pytest.mark.parametrize(
    "format",
    [
        {"kind": "currency", "currency": "EUR", "decimals": 2, "unit": "net", "compact": True},
        {"kind": "percent", "decimals": 1, "stored_as": "fraction"},
        {"kind": "number", "decimals": 10, "unit": "9L cases"},
        {"kind": "duration", "decimals": 0},
    ],
)
def test_every_kind_of_format_is_valid(format: Payload) -> None:  # noqa: A002 -- as the payload calls it
    assert errors({**written(), "format": format}) == []
    assert errors({**written(), "format": {**format, "symbol": "x"}})
    assert errors({**written(), "format": {**format, "kind": "text"}})
    assert errors({**written(), "format": {**format, "decimals": 11}})


def mutations() -> dict[str, Mutation]:
    """A payload without one of its keys, with one more in each of its parts, and with values of other kinds."""

    def at(payload: Payload, *keys: str | int) -> Any:
        for key in keys:
            payload = payload[key]  # type: ignore[index]
        return payload

    parts: tuple[tuple[str | int, ...], ...] = (
        (),
        ("kpi",),
        ("entity",),
        ("format",),
        ("windows", "mtd"),
        ("windows", "mtd", "prior"),
        ("trend", 0),
    )
    found: dict[str, Mutation] = {}
    for part in parts:
        where = ".".join(map(str, part))
        found[f"{where}: one more"] = lambda payload, part=part: at(payload, *part).update(note="x")  # type: ignore[misc]
        for key in at(written(), *part):
            found[f"{where}: no {key}"] = lambda payload, part=part, key=key: at(payload, *part).pop(key)  # type: ignore[misc]
    changes: dict[tuple[str | int, ...], tuple[object, ...]] = {
        ("kpi", "id"): ("1", 0, 1.5, None),
        ("kpi", "name"): ("", None),
        ("kpi", "target_direction"): ("upwards", None),
        ("entity", "id"): (-1,),
        ("as_of",): (None, "6.10.2025", "2025-10-06T00:00:00"),
        ("format", "currency"): ("usd", None),
        ("format", "compact"): (False,),
        ("format", "unit"): (None,),
        ("windows",): ({}, None),
        ("windows", "mtd", "value"): ("65000.00", None),
        ("windows", "mtd", "status"): ("fine", "no_data", None),
        ("windows", "mtd", "days"): (0, 6.5),
        ("windows", "mtd", "to"): (None,),
        ("windows", "last28", "status"): ("ok",),
        ("windows", "last28", "value"): (0,),
        ("trend",): ([], None),
        ("trend", 0, "value"): ("1",),
    }
    for path, values in changes.items():
        for value in values:

            def change(payload: Payload, path: tuple[str | int, ...] = path, value: object = value) -> None:
                at(payload, *path[:-1])[path[-1]] = value

            found[f"{'.'.join(map(str, path))}: {value!r}"] = change
    for name in ("monthly", "last0", "last07", "last10000", "MTD"):
        found[f"windows: {name}"] = lambda payload, name=name: payload["windows"].update(  # type: ignore[misc]
            {name: payload["windows"]["mtd"]}
        )
    found["trend: 27 days"] = lambda payload: payload["trend"].pop()
    found["trend: 29 days"] = lambda payload: payload["trend"].append(payload["trend"][0])
    return found


@pytest.mark.parametrize("mutation", mutations().values(), ids=mutations())
def test_what_differs_is_invalid(mutation: Mutation) -> None:
    payload = copy.deepcopy(written())
    mutation(payload)
    assert errors(payload)


def test_the_windows_are_the_projects_windows() -> None:
    windows = payload_schema()["$defs"]["Windows"]
    assert set(windows["properties"]) == set(NAMED)
    (pattern,) = windows["patternProperties"]
    for name in ("last1", "last28", "last9999", "last0", "last10000", "last", "last1 ", "xlast1"):
        assert bool(re.search(pattern, name)) == is_window(name)


def test_it_knows_what_a_format_and_a_status_are() -> None:
    parts = payload_schema()["$defs"]
    kinds = [parts[choice["$ref"].rpartition("/")[2]]["properties"] for choice in parts["Format"]["oneOf"]]
    assert {key for kind in kinds for key in kind} == set(Shape.__dataclass_fields__) - {"locale"}
    assert {kind["kind"]["const"] for kind in kinds} == {"currency", "percent", "number", "duration"}
    assert set(parts["Status"]["enum"]) == set(get_args(Status))


def test_the_types_name_every_key_as_the_schema_does() -> None:
    """Read anew from the file: an interface for each object, `?` where a key may be absent, `null` where it may be."""
    types = (DOCS / "payload.ts").read_text()
    schema = json.loads((DOCS / "payload.schema.json").read_text())
    interfaces = dict(re.findall(r"export interface (\w+) \{\n(.*?)\n\}", types, flags=re.DOTALL))
    objects = {name: part for name, part in schema["$defs"].items() if part.get("type") == "object"}
    assert set(interfaces) == {"Payload", *objects}
    for name, shape in {"Payload": schema, **objects}.items():
        members = {key: (mark, kind) for key, mark, kind in re.findall(r"(?m)^  (\w+)(\??): (.*);$", interfaces[name])}
        assert set(members) == set(shape["properties"])
        assert {key for key, (mark, _) in members.items() if not mark} == set(shape.get("required", ()))
        for key, (_, kind) in members.items():
            assert kind.endswith("| null") == ('"null"' in json.dumps(shape["properties"][key])), (name, key)
    assert "  [name: `last${number}`]: WindowValues | undefined;" in interfaces["Windows"]
