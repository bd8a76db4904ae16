"""Tiny projects whose files mark where a diagnostic is expected: «here»."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from kpictl.diagnostics import Span

OPEN, CLOSE = "«", "»"

CORRECT: Mapping[str, str] = {
    "kpictl.yml": """\
        name: shop
        timezone: America/Los_Angeles
        currency: USD
        calendar:
          start: 2020-01-01
          end: 2030-12-31
          fiscal: {starts: january}
        windows: [mtd, qtd, ytd, last28, wtd, day]
        compare: same_date
        environments:
          local: {url: "duckdb:///shop.duckdb"}
        environment: local
        """,
    "kpis/formats.yml": """\
        formats:
          - {code: number, kind: number, decimals: 0}
        """,
    "kpis/sources.yml": """\
        sources:
          - code: orders
            description: One row for each order.
            relation: marts.fct_order
            time: paid_at
            key: order_id
            where: status = 'paid'
            expect:
              - {that: "amount >= 0", severity: warn, message: "negative amount"}
          - code: members
            description: One row for each membership.
            relation: marts.members
            valid_from: joined_on
            valid_to: left_on
        """,
    "kpis/models/fct_order.sql": """\
        -- Orders.
        SELECT order_id, paid_at, status, amount, channel FROM raw.orders
        """,
    "kpis/lookups/members.csv": "joined_on,left_on,fee\n2024-01-05,,10.50\n2024-02-01,2024-03-01,12.00\n",
    "kpis/shop.yml": """\
        kpis:
          - {id: 1, code: revenue, name: Revenue, description: "Sold.", format: number, source: orders,
             measure: sum(amount), where: channel = 'shop'}
          - {id: 2, code: orders, name: Orders, description: "Count.", format: number, source: orders,
             measure: count(*)}
          - {id: 3, code: average_order, name: Average Order, description: "Ratio.", format: number,
             formula: revenue / orders_all}
          - {code: orders_all, name: All Orders, description: "A helper.", source: orders, measure: count(*),
             is_active: false}
          - {id: 4, code: members, name: Members, description: "Level.", format: number, source: members,
             measure: count(*), over_time: last}
        """,
}


def write(folder: Path, files: Mapping[str, str]) -> list[Span]:
    """Writes a project without its marks; the marked places, sorted."""
    places = []
    for name, marked in {**CORRECT, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text, spans = unmarked(path, dedent(marked))
        path.write_text(text)
        places += spans
    return sorted(places)


def unmarked(path: Path, marked: str) -> tuple[str, list[Span]]:
    text = ""
    spans: list[Span] = []
    opened: list[tuple[int, int]] = []
    for character in marked:
        here = (text.count("\n") + 1, len(text) - (text.rfind("\n") + 1) + 1)
        if character == OPEN:
            opened.append(here)
        elif character == CLOSE:
            spans.append(Span(path, *opened.pop(), *here))
        else:
            text += character
    return text, spans


Tables = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Case:
    """Files that replace those of the correct project, and what is said at their marks, by place.

    `tables` is what the database has, by `schema.name`; `notes` says which of the marks are
    notes, by their position among them.
    """

    name: str
    files: Mapping[str, str]
    expected: tuple[tuple[str, str], ...]
    tables: Tables | None = None
    notes: tuple[int, ...] = ()
