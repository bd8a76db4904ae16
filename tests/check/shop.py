"""A small shop without faults, to which tests add theirs."""

from __future__ import annotations

import subprocess
from pathlib import Path

from kpictl.diagnostics import Span
from tests.check.project import unmarked

BASE = {
    "kpictl.yml": "name: shop\n",
    "kpis/formats.yml": """\
        formats:
          - {code: currency, kind: currency}
          - {code: number, kind: number}
          - {code: percent, kind: percent, decimals: 1}
        """,
    "kpis/sources.yml": """\
        sources:
          - {code: orders, relation: marts.orders, time: ordered_on, key: order_id}
          - {code: stock, relation: marts.stock, time: counted_on}
          - {code: members, relation: marts.members, valid_from: joined_on, valid_to: left_on}
        """,
    "kpis/base.yml": """\
        kpis:
          - {id: 1, code: revenue, name: Revenue, description: "Sold.", owner: finance, format: currency,
             source: orders, measure: sum(amount)}
          - {id: 2, code: orders, name: Orders, description: "Orders.", owner: finance, format: number,
             source: orders, measure: count(*)}
          - {id: 3, code: web_revenue, name: Web Revenue, description: "Sold.", owner: finance, format: currency,
             source: orders, measure: sum(amount), where: channel = 'Web'}
        """,
    "kpis/lookups/orders.csv": """\
        order_id,ordered_on,amount,channel,fee,tip,average_size,email
        1,2025-01-05,10.50,Web,1.00,0.00,2.5,a@example.com
        """,
    "kpis/lookups/stock.csv": "counted_on,on_hand\n2025-01-05,12\n",
    "kpis/lookups/members.csv": "joined_on,left_on,fee\n2024-01-05,2024-03-01,10.50\n",
}
"""What every example is added to; a file that it names is replaced."""


def put(folder: Path, name: str, marked: str) -> list[Span]:
    """Write one part of an example; the places that it marks. Words behind the name say what is odd about the file."""
    file, _, odd = name.partition(", ")
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    text, places = unmarked(path, marked)
    match odd:
        case "missing":
            path.unlink()
        case "a folder":
            path.mkdir()
        case "saved as latin-1":
            path.write_bytes(text.encode("latin-1"))
        case _:
            path.write_text(text)
    return [Span.whole_file(path)] if odd in {"missing", "a folder", "whole file"} else places


def commit(folder: Path) -> None:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false")
    for arguments in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "x")):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
