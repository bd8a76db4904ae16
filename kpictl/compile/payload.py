"""The payload of a dashboard row: the JSON that a frontend draws a KPI's card from."""

from __future__ import annotations

import json

from sqlglot import exp

from kpictl.catalog import Catalog, Column, Format, TableName
from kpictl.compile.relation import Relation
from kpictl.compile.tree import all_of, case, cast, col, lit

KPI_CARD = TableName(None, "kpi_card")


def kpi_card(catalog: Catalog) -> Relation:
    """What the payload says of a KPI itself, which is the same at every as-of date."""
    rows = []
    for kpi in catalog.kpis:
        if kpi.id is not None and kpi.format is not None:
            card = {
                "id": kpi.id,
                "code": kpi.code,
                "name": kpi.name,
                "target_direction": kpi.target_direction,
            }
            shape = format_card(catalog.format(kpi.format))
            rows.append((kpi.id, json.dumps(card, ensure_ascii=False), json.dumps(shape, ensure_ascii=False)))
    columns = (Column("kpi_id", "bigint"), Column("card", "json"), Column("format", "json"))
    comment = "what a payload says of a KPI itself"
    return Relation(KPI_CARD, "data", comment, columns, ("kpi_id",), rows=tuple(sorted(rows)))


def format_card(fmt: Format) -> dict[str, object]:
    """A format as the payload gives it; keys that say nothing are left out."""
    card: dict[str, object] = {"kind": fmt.kind}
    if fmt.currency is not None:
        card["currency"] = fmt.currency
    card["decimals"] = fmt.decimals
    if fmt.unit is not None:
        card["unit"] = fmt.unit
    if fmt.compact:
        card["compact"] = True
    if fmt.kind == "percent":
        card["stored_as"] = fmt.stored_as
    return card


def payload(windows: tuple[str, ...]) -> exp.Expr:
    """The payload of one row, from the columns of the steps `change`, `range` and `trend`."""
    entity = json_object(
        ("id", col("entity_id", "dim_entity")),
        ("code", col("entity_code", "dim_entity")),
        ("name", col("entity_name", "dim_entity")),
    )
    return json_object(
        ("kpi", cast(col("card", KPI_CARD.name), "json")),
        ("entity", entity),
        ("as_of", col("as_of_date", "change")),
        ("data_through", col("data_through", "change")),
        ("format", cast(col("format", KPI_CARD.name), "json")),
        ("windows", json_object(*((window, _window(window)) for window in windows))),
        ("trend", cast(col("trend", "trend"), "json")),
    )


def _window(window: str) -> exp.Expr:
    prior = json_object(
        *_range(window, "prior_"),
        ("value", col(f"{window}_prior", "change")),
        ("status", col(f"{window}_prior_status", "change")),
    )
    return json_object(
        *_range(window, ""),
        ("value", col(f"{window}_value", "change")),
        ("status", col(f"{window}_status", "change")),
        ("prior", prior),
        ("delta", col(f"{window}_delta", "change")),
        ("delta_pct", col(f"{window}_delta_pct", "change")),
    )


def _range(window: str, prefix: str) -> tuple[tuple[str, exp.Expr], ...]:
    """A window's days; since inception they begin with the first day that is covered, if one is."""
    first: exp.Expr = col(f"{window}_{prefix}from", "range")
    last = col(f"{window}_{prefix}to", "range")
    if window == "itd":
        covered = col("covered_from", "change")
        begun = [exp.LTE(this=covered, expression=end) for end in (last.copy(), col("covered_until", "change"))]
        first = case((all_of(begun), covered.copy()))
    days = exp.Add(this=exp.paren(exp.Sub(this=last, expression=first)), expression=lit(1))
    return ("from", first.copy()), ("to", last.copy()), ("days", days)


def json_object(*pairs: tuple[str, exp.Expr]) -> exp.JSONObject:
    return exp.JSONObject(expressions=[exp.JSONKeyValue(this=lit(key), expression=value) for key, value in pairs])
