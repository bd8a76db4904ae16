"""What has been published: by which run, for which as-of dates, of which KPIs and entities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol, cast

from sqlglot import exp

from kpictl.catalog import Catalog, TableName, near
from kpictl.compile import Dialect
from kpictl.compile.tree import col, lit, select, table
from kpictl.diagnostics import NotFoundError, UnpublishedError
from kpictl.report.shape import Direction, Shape

Row = tuple[object, ...]

ROOT = "ALL"
"""The code of the entity that stands for every row."""

_KPI = (
    "kpi_id",
    "kpi_code",
    "kpi_name",
    "description",
    "category",
    "format_kind",
    "decimals",
    "currency",
    "unit",
    "is_compact",
    "stored_as",
    "target_direction",
    "kind",
    "over_time",
    "owner",
    "sort_order",
    "is_active",
    "definition",
    "source_code",
    "definition_hash",
)


class Reader(Protocol):
    """What a report asks of a database."""

    dialect: Dialect

    def query(self, tree: exp.Query) -> list[Row]:
        """All rows of a query."""

    def columns_of(self, name: TableName) -> tuple[str, ...]:
        """A table's columns; none where there is no such table, or the role may not read it."""


@dataclass(frozen=True, slots=True)
class PublishedKpi:
    """A row of `dim_kpi`: a KPI as it was when it was last published; `definition` is what it is computed from."""

    id: int
    code: str
    name: str
    description: str
    category: str
    shape: Shape
    direction: Direction
    kind: str
    over_time: str | None
    owner: str
    sort_order: int
    is_active: bool
    definition: str
    source: str | None
    definition_hash: str


@dataclass(frozen=True, slots=True)
class PublishedEntity:
    """A row of `dim_entity`; `level` is 0 for `ALL`."""

    id: int
    code: str
    name: str
    parent_id: int | None
    level: int


def published_table(catalog: Catalog, name: str) -> TableName:
    """A table of the schema of the KPIs."""
    return TableName(catalog.project.schemas.kpi, name)


def edition(reader: Reader, catalog: Catalog) -> str:
    """The id of the run whose tables readers see; UnpublishedError where none has published."""
    name = published_table(catalog, "kpictl_state")
    if reader.columns_of(name):
        query = select([col("value")]).from_(table(name), copy=False)
        for (run_id,) in reader.query(query.where(exp.EQ(this=col("name"), expression=lit("published")), copy=False)):
            return str(run_id)
    raise UnpublishedError(f"nothing has been published: {name} names no run", help=_publishes(reader, name))


def published_dates(reader: Reader, catalog: Catalog) -> tuple[date, ...]:
    """The as-of dates that have been published, the latest last; UnpublishedError where there are none."""
    name = published_table(catalog, "agg_kpi_dashboard")
    rows: list[Row] = []
    if reader.columns_of(name):
        query = select([col("as_of_date")]).distinct(copy=False).from_(table(name), copy=False)
        rows = reader.query(query.order_by(col("as_of_date"), copy=False))
    if not rows:
        raise UnpublishedError(f"nothing has been published: {name} has no rows", help=_publishes(reader, name))
    return tuple(day for (day,) in rows if isinstance(day, date))


def _publishes(reader: Reader, name: TableName) -> str:
    """What to do where a table is empty, or not there as far as one can see."""
    advice = "`kpictl run` publishes"
    if reader.dialect.name != "postgres" or reader.columns_of(name):
        return advice
    return f"{advice}; where one has, this role lacks a GRANT to read the schema {name.schema}"


def published_kpis(reader: Reader, catalog: Catalog) -> tuple[PublishedKpi, ...]:
    """The published KPIs by sort order, those that are switched off too."""
    query = _all(reader, published_table(catalog, "dim_kpi"), _KPI)
    rows = reader.query(query.order_by(col("sort_order"), col("kpi_id"), copy=False))
    return tuple(_kpi(row, catalog) for row in rows)


def published_kpi(reader: Reader, catalog: Catalog, code: str) -> PublishedKpi:
    """The KPI of that code; NotFoundError where none has been published."""
    every = published_kpis(reader, catalog)
    for each in every:
        if each.code == code:
            return each
    raise NotFoundError(f"no KPI has been published as `{code}`", help=_advice(code, [each.code for each in every]))


def published_entities(reader: Reader, catalog: Catalog) -> tuple[PublishedEntity, ...]:
    """The published entities: each below its parent, those of one parent by id."""
    names = ("entity_id", "entity_code", "entity_name", "parent_entity_id", "level")
    query = _all(reader, published_table(catalog, "dim_entity"), names)
    below: dict[int | None, list[PublishedEntity]] = {}
    for row in reader.query(query.order_by(col("entity_id"), copy=False)):
        number, code, name, parent, level = cast("tuple[int, str, str, int | None, int]", row)
        below.setdefault(parent, []).append(PublishedEntity(number, code, name, parent, level))
    return tuple(_tree(below, None))


def published_entity(reader: Reader, catalog: Catalog, code: str) -> PublishedEntity:
    """The entity of that code; NotFoundError where there is none."""
    every = published_entities(reader, catalog)
    for each in every:
        if each.code == code:
            return each
    raise NotFoundError(f"no entity has the code `{code}`", help=_advice(code, [each.code for each in every]))


def _tree(below: dict[int | None, list[PublishedEntity]], parent: int | None) -> Iterator[PublishedEntity]:
    for each in below.get(parent, ()):
        yield each
        yield from _tree(below, each.id)


def _all(reader: Reader, name: TableName, names: Sequence[str]) -> exp.Select:
    """All rows; UnpublishedError where the table lacks columns, as an older kpictl has made it."""
    there = reader.columns_of(name)
    if not there:
        raise UnpublishedError(f"nothing has been published: there is no {name}", help=_publishes(reader, name))
    if set(names) - set(there):
        raise UnpublishedError(f"{name} was published by an older kpictl", help="`kpictl run` publishes it anew")
    return select([col(each) for each in names]).from_(table(name), copy=False)


def _kpi(row: Row, catalog: Catalog) -> PublishedKpi:
    of = dict(zip(_KPI, row, strict=True))
    kind = cast('Literal["currency", "percent", "number", "duration"]', of["format_kind"])
    return PublishedKpi(
        id=int(str(of["kpi_id"])),
        code=str(of["kpi_code"]),
        name=str(of["kpi_name"]),
        description=_text(of["description"]),
        category=_text(of["category"]),
        shape=Shape(
            kind=kind,
            decimals=int(str(of["decimals"])),
            currency=_text(of["currency"]) or None,
            unit=_own_unit(kind, of),
            compact=of["is_compact"] is True,
            stored_as="fraction" if of["stored_as"] == "fraction" else "percent",
            locale=catalog.project.locale,
        ),
        direction=cast("Direction", of["target_direction"]),
        kind=str(of["kind"]),
        over_time=_text(of["over_time"]) or None,
        owner=_text(of["owner"]),
        sort_order=int(str(of["sort_order"])),
        is_active=of["is_active"] is True,
        definition=_text(of["definition"]),
        source=_text(of["source_code"]) or None,
        definition_hash=str(of["definition_hash"]),
    )


def _own_unit(kind: str, of: Mapping[str, object]) -> str | None:
    """The unit that the format names itself: `unit` has the currency, the percent sign or seconds where it does not."""
    implied = {"currency": of["currency"], "percent": "%", "duration": "s"}.get(kind)
    unit = of["unit"]
    return None if unit is None or unit == implied else str(unit)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _advice(code: str, codes: Sequence[str]) -> str:
    close = near(code, codes)
    if close is None and len(codes) == 1:
        return f"the only one is {next(iter(codes))}"
    return f"`{close}` is near" if close else f"there are {', '.join(sorted(codes)[:10])}"
