"""Names that kpictl uses itself: the columns beside the KPIs' own, and what a run publishes."""

from __future__ import annotations

from collections.abc import Iterator

from kpictl.catalog.model import Catalog, Lookup, Model
from kpictl.catalog.table import TableName
from kpictl.check.rule import Known, Rule
from kpictl.diagnostics import Diagnostic, Span

PUBLISHED = (
    "dim_date",
    "dim_kpi",
    "dim_entity",
    "fact_kpi_daily",
    "agg_kpi_dashboard",
    "agg_kpi_period",
    "kpictl_relation",
)

FLAT = ("kpi_dashboard", "kpi_daily", "kpi_period")
"""The views for BI tools, which a run keeps where somebody has asked for them."""

COLUMNS = frozenset(
    {
        "as_of_date",
        "date_key",
        "entity_code",
        "entity_id",
        "first_day",
        "kpi_id",
        "last_day",
        "sign",
        "span_id",
        "status_rank",
        "valid_from",
        "valid_to",
        "value",
    }
)
"""The columns that stand beside those of the KPIs somewhere between a source and the published tables."""


ENGINES_OWN = frozenset({"main", "temp", "system", "information_schema"})
"""Schemas of the engines themselves."""


def published(catalog: Catalog) -> Iterator[TableName]:
    """The tables and views that a run publishes: models may read them before the first run."""
    schemas = catalog.project.schemas
    for name in PUBLISHED:
        yield TableName(schemas.kpi, name)
    for source in catalog.sources:
        yield TableName(schemas.models, f"agg_daily_{source.code}")


class TakenCode(Rule):
    """A KPI's code is the name of a column that stands beside those of the KPIs.

    The code becomes a column beside those.

    Wrong:

        kpis:
          - {id: 9, code: «value», name: X, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee)}

    Right:

        kpis:
          - {id: 9, code: x, name: X, description: "X.", owner: us, format: currency,
             source: orders,
             measure: sum(fee)}
    """

    code = "KPI116"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        for kpi in known.catalog.kpis:
            if kpi.code in COLUMNS:
                message = f"`{kpi.code}` is a column of kpictl's own tables"
                yield self.found(message, kpi.places.at("code"), help="give the KPI another code")


class TakenRelation(Rule):
    """A model or lookup has the name of a table or view that a run publishes.

    The run would replace one by the other.

    Wrong:

        -- kpis/models/agg_daily_orders.sql, whole file
        select 1 as order_id

    Right:

        -- kpis/models/daily.sql
        select 1 as order_id
    """

    code = "KPI117"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        schema = known.catalog.project.schemas.kpi
        taken = {*published(known.catalog), *(TableName(schema, name) for name in FLAT)}
        mine: list[Model | Lookup] = [*known.catalog.models, *known.catalog.lookups]
        for made in mine:
            if made.name in taken:
                message = f"a run publishes `{made.name}` itself"
                yield self.found(message, Span.whole_file(made.path), help="rename the file")


class DatabaseNamedAsSchema(Rule):
    """A DuckDB file has the name of one of the project's schemas: a table's name could mean either.

    DuckDB takes the file's name for that of a database: in `kpi.orders`, `kpi` could be the file or the schema.

    Wrong:

        # kpictl.yml
        name: shop
        environments:
          local: {url: «"duckdb:///kpi.duckdb"»}

    Right:

        # kpictl.yml
        name: shop
        environments:
          local: {url: "duckdb:///shop.duckdb"}
    """

    code = "KPI118"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        project = known.catalog.project
        schemas = {project.schemas.raw, project.schemas.models, project.schemas.kpi}
        for environment in project.environments:
            url = environment.url
            name = url.rpartition("/")[2].partition(".")[0] if url.startswith("duckdb:") else ""
            if name.lower() in schemas:
                message = f"the DuckDB file `{name}` has the name of the schema `{name.lower()}`"
                at = environment.places.at("url") if environment.places.has("url") else project.places.at("name")
                yield self.found(message, at, help=f"name another file, such as duckdb:///{name}_data.duckdb")


class TakenSchema(Rule):
    """A schema has a name that belongs to the engines.

    Nobody may make tables there.

    Wrong:

        # kpictl.yml
        name: shop
        schemas: {models: «pg_models»}

    Right:

        # kpictl.yml
        name: shop
        schemas: {models: marts}
    """

    code = "KPI119"

    def check(self, known: Known) -> Iterator[Diagnostic]:
        project = known.catalog.project
        for key in ("raw", "models", "kpi"):
            name = getattr(project.schemas, key)
            if name in ENGINES_OWN or name.startswith("pg_"):
                advice = f"name another, such as `{key}_data`"
                at = project.places.at("schemas", key)
                yield self.found(f"the schema `{name}` is the engine's own", at, help=advice)


RULES: tuple[Rule, ...] = (TakenCode(), TakenRelation(), DatabaseNamedAsSchema(), TakenSchema())
