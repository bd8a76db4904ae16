"""What a page shows where no script runs, as in mails: the default board as a plain table."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from kpictl.report.page.document import Document

_JUDGED = {"good": " better", "bad": " worse"}


def fallback(head: Document, board: Document | None) -> str:
    """The board as a table, or a sentence where the page carries none."""
    if board is None:
        return "<p>This page needs JavaScript to show its numbers.</p>"
    through = f" · data through {board['through']}" if board["through"] else ""
    title = f"{head['project']} · {board['entity_name']} · as of {board['as_of_text']}{through}"
    rows = "\n".join(_rows(head, board))
    return (
        f"<h1>{escape(title)}</h1>\n"
        f'<div tabindex="0" role="group" aria-label="KPIs">\n<table>\n{rows}\n</table>\n</div>\n'
        "<p>Changes are against the same days a year before. Opened in a browser, this file shows more.</p>"
    )


def _rows(head: Document, board: Document) -> Iterator[str]:
    labels = {name: label for name, label, _ in head["windows"]}
    headings = "".join(
        f'<th scope="col">{escape(labels[name])}</th><th scope="col">change</th>' for name in board["windows"]
    )
    yield f'<thead><tr><th scope="col">KPI</th>{headings}</tr></thead>'
    for category in board["categories"]:
        yield "<tbody>"
        if category["name"]:
            columns = 1 + 2 * len(board["windows"])
            yield f'<tr><th colspan="{columns}" scope="rowgroup" dir="auto">{escape(category["name"])}</th></tr>'
        for card in category["cards"]:
            name = f"{card['name']} ({card['unit']})" if card["unit"] else card["name"]
            cells = "".join(map(_cells, card["windows"]))
            yield f'<tr><th scope="row" dir="auto">{escape(name)}</th>{cells}</tr>'
        yield "</tbody>"


def _cells(window: list[str] | None) -> str:
    if window is None:
        return "<td></td><td></td>"
    value, status, _, _, change, _, goodness, _ = window
    note = "" if status == "ok" else f" ({status.replace('_', ' ')})"
    judged = _JUDGED.get(goodness, "")
    return f"<td>{escape(value + note)}</td><td>{escape(change)}{judged}</td>"
