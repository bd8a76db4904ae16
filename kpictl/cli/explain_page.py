"""Draws the page of one KPI: its definition, what that means, what it uses and where its columns come from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.text import Text

from kpictl.catalog import Catalog, Expression, Format, Kpi, Source
from kpictl.cli.layout import Branch, fitted, tree, wrapped
from kpictl.cli.terminal import printable
from kpictl.compile.lineage import Origin
from kpictl.report import DIRECTIONS, Explained, Thing, Use
from kpictl.report.numerals import currency_symbol

LABELS = 12
ENDS = {"lookup": " (a lookup)", "published": " (published)", "table": " (made elsewhere)"}


def draw(page: Explained, catalog: Catalog, columns: int) -> Iterator[Text]:
    """The lines of the page."""
    yield from heading(page, catalog, columns)
    yield from definition(page, catalog, columns)
    yield from _users(page, columns)
    yield from _columns(page, columns)
    yield Text()
    yield Text(fitted("--sql prints its SQL, --as-of DATE how its numbers come about", columns), style="dim")


def draw_thing(found: Thing, columns: int) -> Iterator[Text]:
    """What a name is that is no KPI's."""
    yield Text(fitted(f"{found.name} is {found.what}", columns), style="bold")
    if found.description:
        yield from (Text(line) for line in wrapped(found.description, columns))
    yield Text()
    yield from _labelled("defined in", f"{shown_path(found.at.path)}:{found.at.line}", columns)
    yield from _labelled("used by", ", ".join(found.kpis) or "no KPI", columns)


def heading(page: Explained, catalog: Catalog, columns: int, *, brief: bool = False) -> Iterator[Text]:
    """What a KPI is called, and what the files say of it beside its definition."""
    kpi = page.kpi
    yield Text(fitted(kpi.name, columns), style="bold")
    if kpi.description:
        yield from (Text(line) for line in wrapped(kpi.description, columns))
    yield Text()
    facts = {
        "code": f"{kpi.code}, {'a helper: in no table' if kpi.id is None else f'id {kpi.id}'}",
        "category": kpi.category,
        "format": "" if kpi.format is None else _format(catalog.format(kpi.format), catalog.project.locale),
        "direction": "" if kpi.id is None else DIRECTIONS[kpi.target_direction],
        "owner": kpi.owner or "",
        "tags": ", ".join(kpi.tags),
        "active": "" if kpi.is_active else "no: it keeps its history, and is on no dashboard",
        "defined in": _place(kpi),
    }
    for label, fact in facts.items():
        if fact and (label == "code" or not brief):
            yield from _labelled(label, fact, columns)


def definition(page: Explained, catalog: Catalog, columns: int) -> Iterator[Text]:
    kpi = page.kpi
    yield from _section("Definition")
    if kpi.formula is not None:
        yield from _labelled("formula", kpi.formula.text, columns)
        branches = [_branch(use, set()) for use in page.uses.inputs]
        yield from (Text(" " * LABELS + line) for line in tree(branches, columns - LABELS, whole=True))
    elif kpi.source is not None:
        source = catalog.source(kpi.source)
        yield from _labelled("measure", _measure(kpi), columns)
        yield from _condition("where", kpi.where, columns)
        yield from _labelled("source", f"{source.code}: {_source(source)}", columns)
        yield from _condition("  where", source.where, columns)
    if kpi.over_time is not None:
        yield from _labelled("over_time", kpi.over_time, columns)
    yield from _labelled("kind", f"{page.kind}. {page.meaning}", columns)


def _format(form: Format, locale: str) -> str:
    parts: list[str] = [form.kind]
    if form.currency is not None:
        parts.append(f"in {currency_symbol(form.currency, locale)}")
    if form.unit is not None:
        parts.append(f"in {form.unit}")
    if form.kind != "duration":
        parts.append(f"with {form.decimals} {'decimal' if form.decimals == 1 else 'decimals'}")
    return f"{form.code}: {' '.join(parts)}" if form.code != form.kind else " ".join(parts)


def _place(kpi: Kpi) -> str:
    at = kpi.places.at("code")
    return f"{shown_path(at.path)}:{at.line}"


def shown_path(path: Path) -> str:
    """A file as seen from the current folder, if it lies below it."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return os.fspath(path)


def _measure(kpi: Kpi) -> str:
    return "" if kpi.measure is None else kpi.measure.expression.text


def _source(source: Source) -> str:
    if source.time is not None:
        return f"{source.relation} by {source.time}"
    ends = "for ever" if source.valid_to is None else f"until {source.valid_to}"
    return f"{source.relation}, valid from {source.valid_from} {ends}"


def _branch(use: Use, seen: set[str]) -> Branch:
    """A KPI that a formula uses, with what it is; what hangs below one that stands twice is shown once."""
    kpi = use.kpi
    over_time = f", over time {kpi.over_time}" if kpi.over_time else ""
    if kpi.formula is None:
        where = "" if kpi.where is None else f" where {kpi.where.text}"
        return Branch(f"{kpi.code} = {_measure(kpi)} of {kpi.source}{where}{over_time}")
    if kpi.code in seen:
        return Branch(f"{kpi.code}: see above")
    seen.add(kpi.code)
    below = tuple(_branch(each, seen) for each in use.inputs)
    return Branch(f"{kpi.code} = {kpi.formula.text}{over_time}", below)


def _users(page: Explained, columns: int) -> Iterator[Text]:
    if not page.used_by:
        return
    yield from _section("Used by")
    yield from _labelled("directly", ", ".join(page.used_by), columns)
    if page.used_through:
        yield from _labelled("through it", ", ".join(page.used_through), columns)


def _columns(page: Explained, columns: int) -> Iterator[Text]:
    seen: set[str] = set()
    for used in page.sources:
        yield from _section(f"Columns of {used.source.code}, and where they come from")
        if not used.columns:
            yield Text(f"none but the rows of {used.source.relation}")
        told = ""
        for column in used.columns:
            label = column.keys[0]
            yield from _beside("" if label == told else label, list(_origin(column.origin, columns - LABELS, seen)))
            told = label


def _origin(origin: Origin, columns: int, seen: set[str]) -> Iterator[str]:
    """A column on a line with what it is passed on from, and below it what it is made of."""
    branch = _origin_branch(origin, columns, seen)
    yield fitted(branch.text, columns)
    yield from tree(branch.below, columns)


def _origin_branch(origin: Origin, columns: int, seen: set[str]) -> Branch:
    """What hangs below a column that stands twice on the page is shown once."""
    text, last = _chain(origin, columns)
    if not last.inputs:
        return Branch(text)
    if f"{origin.name}{origin.field}" in seen:
        return Branch(f"{origin.name}: see above")
    seen.add(f"{origin.name}{origin.field}")
    return Branch(text, tuple(_origin_branch(each, columns - 2, seen) for each in last.inputs))


def _chain(origin: Origin, columns: int) -> tuple[str, Origin]:
    """As many of the columns that only pass a value on as fit on a line; and the last of them."""
    text = _origin_text(origin)
    while not origin.expression and len(origin.inputs) == 1:
        longer = f"{text} ← {_origin_text(origin.inputs[0])}"
        if cell_len(longer) > columns:
            break
        text, origin = longer, origin.inputs[0]
    return text, origin


def _origin_text(origin: Origin) -> str:
    if origin.kind == "hidden":
        return f"{origin.name}: a star hides where it comes from"
    field = f" {origin.field}" if origin.field else ENDS.get(origin.kind, "")
    return f"{origin.name}{field} = {origin.expression}" if origin.expression else f"{origin.name}{field}"


def _section(title: str) -> Iterator[Text]:
    yield Text()
    yield Text(printable(title), style="bold")


def _condition(label: str, condition: Expression | None, columns: int) -> Iterator[Text]:
    if condition is not None:
        yield from _labelled(label, condition.text, columns)


def _labelled(label: str, text: str, columns: int) -> Iterator[Text]:
    yield from _beside(label, wrapped(text, columns - LABELS))


def _beside(label: str, lines: Sequence[str]) -> Iterator[Text]:
    for number, line in enumerate(lines):
        yield Text.assemble((f"{label if number == 0 else '':<{LABELS}}", "dim"), line)
