"""A project with a KPI of every kind, in all the variants that a catalog's author may bring about between two runs."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Literal

import yaml

Presence = Literal["there", "switched off", "gone"]

LATE_FORMULA, LATE_MEASURE = "net_per_member", "largest"
"""The KPIs that come and go; no other one needs them."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What the catalog says now. Each field is something that can change, its default what is there at first."""

    ratio: str = "revenue / order_count"
    counted: str = "amount > 0"
    late_measure: Presence = "there"
    late_formula: Presence = "there"
    helper_where: str = "amount < 0"
    windows: tuple[str, ...] = ("day", "mtd", "ytd")
    north: str = "ALL"
    pier: str = "north"
    pop_up: str = ""
    pop_up_alias: str = ""
    pier_timezone: str = ""
    rates: str = "2"
    line_amount: str = "amount"
    lines_materialized: str = "table"
    source_where: str = "status = 'paid'"
    max_staleness: int = 3
    visits_to: str = "last_row"
    covers_from: str = ""
    facts: str = "dense"
    day_starts_at: str = "00:00"
    week_starts_on: str = "monday"
    project_timezone: str = "America/Los_Angeles"

    def changed(self, name: str, value: Any) -> Definition:
        return replace(self, **{name: value})

    def files(self, schemas: Schemas, opted_in: frozenset[str]) -> dict[str, str]:
        """The project's files, by name."""
        return {
            "kpictl.yml": _text(self._project(schemas)),
            "kpis/kpis.yml": _text(
                {
                    "formats": [{"code": "number", "kind": "number", "decimals": 2}],
                    "entities": self._entities(),
                    "sources": [_opted(source, opted_in) for source in self._sources(schemas)],
                    "kpis": [*self._measures(), *self._formulas()],
                }
            ),
            "kpis/lookups/rates.csv": f"channel,rate\nweb,{self.rates}\ntill,1\n",
            "kpis/models/fct_order.sql": PRICED.format(raw=schemas.raw, models=schemas.models),
            "kpis/models/fct_line.sql": LINES.format(
                raw=schemas.raw, amount=self.line_amount, materialized=self.lines_materialized
            ),
        }

    def _project(self, schemas: Schemas) -> dict[str, Any]:
        return {
            "name": "trust",
            "timezone": self.project_timezone,
            "day_starts_at": self.day_starts_at,
            "calendar": {"start": "2024-01-01", "end": "2025-12-31", "week_starts_on": self.week_starts_on},
            "windows": list(self.windows),
            "facts": self.facts,
            "schemas": {"raw": schemas.raw, "models": schemas.models, "kpi": schemas.kpi},
            "environments": {"local": {"url": "${KPICTL_TEST_URL}"}},
            **({"covers_from": self.covers_from} if self.covers_from else {}),
        }

    def _entities(self) -> list[dict[str, Any]]:
        zone = {"timezone": self.pier_timezone} if self.pier_timezone else {}
        found: list[dict[str, Any]] = [
            {"id": 0, "code": "ALL", "name": "All"},
            {"id": 1, "code": "north", "name": "North", **({"parent": self.north} if self.north else {})},
            {"id": 2, "code": "south", "name": "South", "parent": "ALL"},
            {"id": 3, "code": "mill", "name": "Mill", "parent": "north", "aliases": ["M-1"]},
            {"id": 4, "code": "pier", "name": "Pier", "parent": self.pier, **zone},
        ]
        if self.pop_up:
            alias = {"aliases": [self.pop_up_alias]} if self.pop_up_alias else {}
            found.append({"id": 5, "code": "pop_up", "name": "Pop-up", "parent": self.pop_up, **alias})
        return found

    def _sources(self, schemas: Schemas) -> list[dict[str, Any]]:
        raw, models = schemas.raw, schemas.models
        to = {"covers_to": self.visits_to} if self.visits_to else {}
        valid = {"valid_from": "joined", "valid_to": "left_on"}
        paid = {"where": self.source_where}
        return [
            {"code": "orders", "relation": f"{raw}.orders", "time": "at", "entity": "place", **paid},
            {"code": "priced", "relation": f"{models}.fct_order", "time": "at", "entity": "place"},
            {"code": "lines", "relation": f"{models}.fct_line", "time": "at"},
            {"code": "counts", "relation": f"{raw}.counts", "time": "day", "entity": "place"},
            {"code": "members", "relation": f"{raw}.members", **valid, "entity": "place"},
            {"code": "visits", "relation": f"{raw}.visits", "time": "at", "timezone": "Europe/Berlin", **to},
            {"code": "wide", "relation": f"{raw}.wide", "time": "day"},
        ]  # fmt: skip

    def _measures(self) -> list[dict[str, Any]]:
        stock = {"max_staleness": self.max_staleness}
        return [
            _kpi(1, "revenue", source="orders", measure="sum(amount)"),
            _kpi(2, "order_count", source="orders", measure="count(*)", where=self.counted),
            _kpi(3, "buyers", source="orders", measure="count(distinct customer)"),
            _kpi(4, "average_order", source="orders", measure="avg(amount)"),
            _kpi(5, "smallest", source="orders", measure="min(amount)"),
            *_present(self.late_measure, _kpi(6, LATE_MEASURE, source="orders", measure="max(amount)")),
            _kpi(7, "priced", source="priced", measure="sum(amount)", where="status = 'paid'"),
            _kpi(8, "lines", source="lines", measure="sum(amount)"),
            _kpi(9, "on_hand", source="counts", measure="sum(level)", over_time="last", **stock),
            _kpi(10, "usual_stock", source="counts", measure="sum(level)", over_time="average"),
            _kpi(11, "members", source="members", measure="count(*)"),
            _kpi(12, "usual_fees", source="members", measure="sum(fee)", over_time="average"),
            _kpi(13, "visits", source="visits", measure="count(*)"),
            _kpi(14, "visitors", source="visits", measure="count(distinct who)"),
            _kpi(15, "guests", source="wide", measure="sum(guests)"),
            {"code": "refunds", "source": "orders", "measure": "sum(amount)", "where": self.helper_where},
        ]

    def _formulas(self) -> list[dict[str, Any]]:
        late = _kpi(19, LATE_FORMULA, formula="(revenue - refunds) / members")
        return [
            _kpi(16, "ratio", formula=self.ratio),
            _kpi(17, "revenue_per_member", formula="revenue / members", over_time="average"),
            _kpi(18, "everybody", formula="visits + coalesce(guests, 0)"),
            *_present(self.late_formula, late),
        ]


@dataclass(frozen=True, slots=True)
class Schemas:
    """The schemas that a history has to itself."""

    raw: str = "raw"
    models: str = "marts"
    kpi: str = "kpi"

    def __iter__(self) -> Any:
        return iter((self.kpi, self.models, self.raw))


INEXACT = frozenset({4, 10, 12, 16, 17, 19})
"""The ids of the KPIs that are computed in double precision, whose last digit is nobody's promise."""

PRICED = """\
-- dialect: postgres
-- Orders at the rate of their channel.
select o.id, o.at, o.place, o.status, o.amount * r.rate as amount, o.is_deleted, o.loaded_at
from {raw}.orders as o left join rates as r on r.channel = o.channel
"""
LINES = """\
-- dialect: postgres
-- materialize: {materialized}
-- Lines of orders, without regard to where.
select id, at, {amount} as amount, is_deleted, loaded_at from {raw}.orders
"""

WAYS = MappingProxyType(
    {
        "whole": frozenset[str](),
        "opted in": frozenset({"orders", "priced", "lines", "counts", "members", "visits", "wide"}),
        "mixed": frozenset({"orders", "lines", "counts", "members"}),
    }
)
"""Which sources tell by `changed_at` which rows have changed; the others are computed whole."""

VARIANTS = MappingProxyType(
    {
        "ratio": ("revenue / order_count", "100 * refunds / revenue", "revenue + priced"),
        "counted": ("amount > 0", "amount > 20"),
        "late_measure": ("there", "switched off", "gone"),
        "late_formula": ("there", "switched off", "gone"),
        "helper_where": ("amount < 0", "status = 'paid' and channel = 'web'"),
        "windows": (("day", "mtd", "ytd"), ("day", "mtd", "ytd", "wtd"), ("mtd", "ytd", "last3", "itd")),
        "north": ("ALL", "south"),
        "pier": ("north", "south", "ALL"),
        "pop_up": ("", "south", "mill", "ALL"),
        "pop_up_alias": ("", "P-9"),
        "pier_timezone": ("", "Asia/Tokyo"),
        "rates": ("2", "1.5", "-3"),
        "line_amount": ("amount", "amount * 2", "case when channel = 'web' then amount end"),
        "lines_materialized": ("table", "view"),
        "source_where": ("status = 'paid'", "status in ('paid', 'open')"),
        "max_staleness": (3, 1, 30),
        "visits_to": ("last_row", ""),
        "covers_from": ("", "2025-02-20"),
        "facts": ("dense", "sparse"),
        "day_starts_at": ("00:00", "04:00"),
        "week_starts_on": ("monday", "sunday"),
        "project_timezone": ("America/Los_Angeles", "UTC"),
    }
)
assert list(VARIANTS) == [field.name for field in fields(Definition)]


def _kpi(kpi_id: int, code: str, **others: Any) -> dict[str, Any]:
    return {"id": kpi_id, "code": code, "name": code.title(), "format": "number", **others}


def _present(presence: Presence, kpi: dict[str, Any]) -> list[dict[str, Any]]:
    match presence:
        case "there":
            return [kpi]
        case "switched off":
            return [{**kpi, "is_active": False}]
        case "gone":
            return []


def _opted(source: dict[str, Any], opted_in: frozenset[str]) -> dict[str, Any]:
    """The source as it is, or so that it tells which rows have changed."""
    if source["code"] not in opted_in:
        return source
    living = "not is_deleted"
    where = f"{living} and ({source['where']})" if "where" in source else living
    return {**source, "key": "id", "changed_at": "loaded_at", "where": where}


def _text(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, width=200)
