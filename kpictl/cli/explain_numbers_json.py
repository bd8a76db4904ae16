"""The numbers behind a KPI as objects for JSON: keys are the payload's own words."""

from __future__ import annotations

from kpictl.cli.explain_json import Object
from kpictl.pipeline import Numbers, SideNumbers
from kpictl.pipeline.workings import Arithmetic, Working


def numbers_object(found: Numbers) -> Object:
    told = found.publication
    return {
        "as_of": found.as_of,
        "entity": found.entity.code,
        "windows": {
            window.name: {
                **_side(window.current),
                "prior": _side(window.prior),
                "delta": window.delta,
                "delta_pct": window.delta_pct,
            }
            for window in found.windows
        },
        "published": {
            "is_published": told.is_published,
            "latest": told.latest,
            "differences": [
                {
                    "window": each.window,
                    "side": each.side,
                    "value": each.published,
                    "status": each.published_status,
                }
                for each in told.differences
            ],
            "changed": list(told.changed),
        },
    }


def _side(side: SideNumbers) -> Object:
    return {
        "from": side.first_day or side.covered_from,
        "to": side.last_day,
        "days": side.days,
        "covered_days": side.covered_days,
        "value": side.value,
        "status": side.status,
        "working": None if side.working is None else _working(side.working),
    }


def _working(working: Working) -> Object:
    if isinstance(working, Arithmetic):
        assert working.kpi.formula is not None
        terms = [
            {
                "code": term.code,
                "value": term.value,
                "status": term.status,
                **({} if term.working is None else {"working": _working(term.working)}),
            }
            for term in working.terms
        ]
        return {"is": "formula", "formula": working.kpi.formula.text, "terms": terms}
    return {"is": type(working).__name__.lower(), **_plain(working)}


def _plain(value: object) -> Object:
    """A frozen dataclass as an object."""
    slots = getattr(type(value), "__slots__", ())
    return {name: _member(getattr(value, name)) for name in slots}


def _member(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
