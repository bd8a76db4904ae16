"""What `kpictl explain` says from the files alone, as objects for JSON: keys are the catalog's own words."""

from __future__ import annotations

from collections.abc import Mapping

from kpictl.catalog import Kpi
from kpictl.cli.explain_page import shown_path
from kpictl.compile.lineage import Origin
from kpictl.diagnostics import Span
from kpictl.report import Explained, Thing, Use, used

Object = dict[str, object]


def page_object(page: Explained) -> Object:
    return {
        **kpi_object(page.kpi),
        "kind": page.kind,
        "meaning": page.meaning,
        "uses": [_use(use) for use in used(page.uses)],
        "used_by": list(page.used_by),
        "used_through": list(page.used_through),
        "sources": [
            {
                "code": used.source.code,
                "relation": str(used.source.relation),
                "columns": [
                    {"name": column.name, "keys": list(column.keys), "origin": _origin(column.origin)}
                    for column in used.columns
                ],
            }
            for used in page.sources
        ],
    }


def kpi_object(kpi: Kpi) -> Object:
    """The keys that the YAML has, but for those that have no value."""
    expressions = {
        "measure": None if kpi.measure is None else kpi.measure.expression,
        "where": kpi.where,
        "formula": kpi.formula,
    }
    found: Object = {
        "id": kpi.id,
        "code": kpi.code,
        "name": kpi.name,
        "description": kpi.description,
        "category": kpi.category,
        "format": kpi.format,
        "target_direction": kpi.target_direction,
        "owner": kpi.owner,
        "tags": list(kpi.tags),
        "is_active": kpi.is_active,
        "source": kpi.source,
        **{key: None if each is None else each.text for key, each in expressions.items()},
        "over_time": kpi.over_time,
        "max_staleness": kpi.max_staleness,
        "defined_in": _place(kpi.places.at("code")),
    }
    return {key: value for key, value in found.items() if value is not None or key == "id"}


def thing_object(found: Thing) -> Object:
    return {
        "name": found.name,
        "what": found.what,
        "description": found.description,
        "defined_in": _place(found.at),
        "used_by": list(found.kpis),
    }


def _use(use: Use) -> Object:
    found: Object = {"code": use.kpi.code, "kind": use.kind}
    expressions: Mapping[str, str | None] = {
        "source": use.kpi.source,
        "measure": None if use.kpi.measure is None else use.kpi.measure.expression.text,
        "where": None if use.kpi.where is None else use.kpi.where.text,
        "formula": None if use.kpi.formula is None else use.kpi.formula.text,
    }
    return found | {key: text for key, text in expressions.items() if text is not None}


def _origin(origin: Origin) -> Object:
    found: Object = {"kind": origin.kind, "name": origin.name}
    if origin.field:
        found["field"] = origin.field
    if origin.expression:
        found["expression"] = origin.expression
    if origin.inputs:
        found["inputs"] = [_origin(each) for each in origin.inputs]
    return found


def _place(at: Span) -> str:
    return f"{shown_path(at.path)}:{at.line}"
