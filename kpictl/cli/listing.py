"""What `kpictl list` shows: objects with the catalog's own keys, and which of them stand in the table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from kpictl.calendar import Range, windows
from kpictl.catalog import Catalog
from kpictl.compile import calendar_of
from kpictl.diagnostics import UsageError

Object = Mapping[str, object]

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")

_TABLES: Mapping[str, tuple[str, ...]] = {
    "kpis": ("id", "code", "name", "category", "format", "kind", "active"),
    "sources": ("code", "relation", "time", "entity", "description"),
    "entities": ("id", "code", "name", "parent", "timezone"),
    "formats": ("code", "kind", "decimals", "currency", "unit", "stored_as"),
    "connectors": ("name", "settings", "variables"),
    "windows": ("name", "from", "to", "days", "prior from", "prior to", "prior days"),
}
"""The columns of each table; those that are empty throughout are left out."""
SPARE = ("description", "name", "category", "format", "timezone")
"""The columns that may be cut, and where there is still no room left out, in this order; people copy the others."""


def objects(catalog: Catalog, what: str, as_of: date | None) -> list[Object]:
    """The members of a list, in the catalog's order; windows at the as-of date, which nothing else needs."""
    return _OBJECTS[what](catalog, as_of)


def columns_of(what: str, found: Sequence[Object]) -> list[list[str]]:
    """The rows of a table, the heading first."""
    rows = [_flat(each) for each in found]
    names = [name for name in _TABLES[what] if any(_cell(row.get(name)) for row in rows)]
    return [names, *([_cell(row.get(name)) for name in names] for row in rows)]


def _flat(found: Object) -> Object:
    """An object as a row of a table: what is normal is not said, what is nested gets a name of its own."""
    row = dict(found)
    if isinstance(prior := row.pop("prior", None), Mapping):
        row |= {f"prior {key}": value for key, value in prior.items()}
    if row.get("is_active") is False:
        row["active"] = "no"
    if "valid_from" in row:
        row["time"] = f"{row['valid_from']} to {row['valid_to'] or '…'}"
    return row


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case list():
            return ", ".join(str(item) for item in value)
        case _:
            return str(value)


def _kpis(catalog: Catalog, as_of: date | None) -> list[Object]:
    del as_of
    return [
        {
            "id": kpi.id,
            "code": kpi.code,
            "name": kpi.name,
            "category": kpi.category,
            "format": kpi.format,
            "kind": catalog.kind(kpi),
            "is_active": kpi.is_active,
            "target_direction": kpi.target_direction,
            "owner": kpi.owner,
            "tags": list(kpi.tags),
            "description": kpi.description,
        }
        for kpi in sorted(catalog.kpis, key=lambda kpi: (kpi.id is None, kpi.id or 0))
    ]


def _sources(catalog: Catalog, as_of: date | None) -> list[Object]:
    del as_of
    return [
        {
            "code": source.code,
            "description": source.description,
            "relation": str(source.relation),
            **(
                {"time": source.time}
                if source.time is not None
                else {"valid_from": source.valid_from, "valid_to": source.valid_to}
            ),
            "entity": source.entity,
            "key": source.key,
            "where": None if source.where is None else source.where.text,
            "kpis": [kpi.code for kpi in catalog.kpis if kpi.source == source.code],
        }
        for source in catalog.sources
    ]


def _entities(catalog: Catalog, as_of: date | None) -> list[Object]:
    del as_of
    return [
        {
            "id": entity.id,
            "code": entity.code,
            "name": entity.name,
            "parent": entity.parent,
            "timezone": entity.timezone,
            "aliases": list(entity.aliases),
        }
        for entity in catalog.entities
    ]


def _formats(catalog: Catalog, as_of: date | None) -> list[Object]:
    del as_of
    return [
        {
            "code": form.code,
            "kind": form.kind,
            "decimals": form.decimals,
            "currency": form.currency,
            "unit": form.unit,
            "compact": form.compact,
            "stored_as": form.stored_as if form.kind == "percent" else None,
            "kpis": [kpi.code for kpi in catalog.kpis if kpi.format == form.code],
        }
        for form in catalog.formats
    ]


def _connectors(catalog: Catalog, as_of: date | None) -> list[Object]:
    """Names alone: a setting's value may be a secret, even where it should not be."""
    del as_of
    return [
        {
            "name": connector.name,
            "settings": list(connector.settings),
            "variables": [
                found.group(1)
                for value in connector.settings.values()
                if isinstance(value, str) and (found := _VARIABLE.fullmatch(value)) is not None
            ],
        }
        for connector in catalog.project.connectors
    ]


def _windows(catalog: Catalog, as_of: date | None) -> list[Object]:
    assert as_of is not None
    calendar = calendar_of(catalog.project)
    if not calendar.start <= as_of <= calendar.end:
        raise UsageError(
            f"the as-of date {as_of} lies outside the calendar",
            help=f"kpictl.yml's calendar goes from {calendar.start} to {calendar.end}",
        )
    return [
        {"name": each.name, "as_of": as_of, **_range(each.current), "prior": _range(each.prior)}
        for each in windows(catalog.project.windows, as_of, calendar)
    ]


def _range(days: Range) -> Object:
    """The payload's own keys; since inception the first day depends on the data."""
    first = days.first_day
    return {
        "from": first,
        "to": days.last_day,
        "days": None if first is None else (days.last_day - first).days + 1,
    }


_OBJECTS: Mapping[str, Callable[[Catalog, date | None], list[Object]]] = {
    "kpis": _kpis,
    "sources": _sources,
    "entities": _entities,
    "formats": _formats,
    "connectors": _connectors,
    "windows": _windows,
}
