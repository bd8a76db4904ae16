"""The dashboard's payloads: their numbers are the columns', their ranges and trends the oracle's."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tests.soundness.generated import Kpi
from tests.soundness.generated_expected import Expected, Key
from tests.soundness.generated_same import is_known, same
from tests.soundness.generated_settings import ROOT
from tests.soundness.oracle import Cell

Columns = Mapping[str, object]


def payload_differences(
    expected: Expected, key: Key, published: Mapping[str, Columns], text: str, seen: Counter[str]
) -> Iterator[str]:
    """`key` is a dashboard row's; `published` its columns by window."""
    payload = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    kpi = expected.description.kpi(str(key[1]))
    trend = payload.pop("trend", None)
    wanted = _without_trend(expected, kpi, key, published)
    seen["payloads"] += 1
    yield from _unlike("", wanted, payload)
    yield from _trend_differences(kpi, expected.trends[key], trend)


def _without_trend(expected: Expected, kpi: Kpi, key: Key, published: Mapping[str, Columns]) -> dict[str, Any]:
    as_of, _, code = key
    assert isinstance(as_of, date)
    entity = expected.description.tree()[str(code)]
    is_listed = entity in expected.description.entities
    return {
        "kpi": {"id": kpi.id, "code": kpi.code, "name": kpi.name, "target_direction": "none"},
        "entity": {"id": entity.id, "code": entity.code, "name": entity.name if is_listed else ROOT.title()},
        "as_of": as_of.isoformat(),
        "data_through": _iso(expected.through[key]),
        "format": {"kind": "number", "decimals": 0},
        "windows": {name: _window(expected.cells[*key, name], columns) for name, columns in published.items()},
    }


def _window(cell: Cell, columns: Columns) -> dict[str, Any]:
    return {
        **_range(cell.first, cell.last),
        "value": columns["value"],
        "status": columns["status"],
        "prior": {
            **_range(cell.prior_first, cell.prior_last),
            "value": columns["prior"],
            "status": columns["prior_status"],
        },
        "delta": columns["delta"],
        "delta_pct": columns["delta_pct"],
    }


def _range(first: date | None, last: date) -> dict[str, Any]:
    return {"from": _iso(first), "to": _iso(last), "days": None if first is None else (last - first).days + 1}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _unlike(at: str, wanted: object, found: object) -> Iterator[str]:
    """Each leaf of the mappings that differs."""
    if not isinstance(wanted, dict) or not isinstance(found, dict):
        if wanted != found:
            yield f"{at.strip('.')}: expected {wanted}, found {found}"
        return
    for name in dict.fromkeys((*wanted, *found)):
        if name in wanted and name in found:
            yield from _unlike(f"{at}.{name}", wanted[name], found[name])
        else:
            yield f"{at}.{name}: {'missing' if name in wanted else 'not expected'}"


def _trend_differences(kpi: Kpi, wanted: Mapping[date, Decimal | None], trend: object) -> Iterator[str]:
    points = trend if isinstance(trend, list) else []
    if [set(point) for point in points] != [{"date", "value"}] * len(wanted):
        yield f"trend: expected {len(wanted)} dates with values, found {trend}"
        return
    for (day, value), point in zip(wanted.items(), points, strict=True):
        if point["date"] != day.isoformat():
            yield f"trend: expected {day}, found {point['date']}"
        elif is_known(value) and not same(kpi, value, point["value"]):
            yield f"trend {day}: expected {value}, found {point['value']}"
