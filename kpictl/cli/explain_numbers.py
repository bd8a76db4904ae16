"""Draws the numbers behind a KPI: a table of its windows, then how each value comes about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import assert_never

from rich.cells import cell_len
from rich.text import Text

from kpictl.catalog import Catalog, Kpi
from kpictl.cli.board import STYLES
from kpictl.cli.layout import fitted, right, wrapped
from kpictl.pipeline import Numbers, SideNumbers, WindowNumbers
from kpictl.pipeline.publication import Difference
from kpictl.pipeline.workings import (
    Arithmetic,
    Distinct,
    OnDay,
    Part,
    Quotient,
    Reached,
    Report,
    Reports,
    Sum,
    Working,
)
from kpictl.report import written_out
from kpictl.report.format import MISSING, change
from kpictl.report.json_text import plain
from kpictl.report.shape import Shape

LABELS = 17
DAYS = 25
PRIOR = "a year before"
INDENT = "  "


def draw(found: Numbers, catalog: Catalog, columns: int) -> Iterator[Text]:
    """The lines."""
    entity = (
        found.entity.code if found.entity.name == found.entity.code else f"{found.entity.name} ({found.entity.code})"
    )
    yield Text()
    yield Text(fitted(f"As of {found.as_of}, {entity}", columns), style="bold")
    yield Text()
    yield from _windows(found, catalog)
    yield Text()
    yield from _publication(found, columns)
    for names, side, working in _workings(found):
        yield Text()
        title = f"{names}: {_what(side, working)}"
        yield from (Text(line, style="bold") for line in wrapped(title, columns))
        yield from _side(side, working, found.kpi, columns)


def _workings(found: Numbers) -> Iterator[tuple[str, SideNumbers, Working]]:
    """How each value comes about, once for all windows that are worked out in the same way."""
    told: list[tuple[dict[str, list[str]], SideNumbers, Working]] = []
    for window in found.windows:
        for side, when in ((window.current, ""), (window.prior, PRIOR)):
            if side.working is None:
                continue
            for names, other, working in told:
                if working == side.working and _what(other, working) == _what(side, side.working):
                    names.setdefault(when, []).append(window.name)
                    break
            else:
                told.append(({when: [window.name]}, side, side.working))
    for names, side, working in told:
        yield "; ".join(f"{', '.join(those)} {when}".rstrip() for when, those in names.items()), side, working


def number(value: Decimal | None) -> str:
    """A number with all its digits."""
    return MISSING if value is None else plain(value, ",")


def column(values: Sequence[Decimal | None]) -> list[str]:
    """Numbers with as many decimals as the longest of them, so that they can be added up.

    >>> column([Decimal("1234.50"), Decimal("0.25")])
    ['1,234.50', '0.25']
    """
    texts = [number(value) for value in values]
    decimals = max((len(text.partition(".")[2]) for text in texts), default=0)
    return [text if text == MISSING else _with_decimals(text, decimals) for text in texts]


def _with_decimals(text: str, decimals: int) -> str:
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction:0<{decimals}}" if decimals else whole


def _windows(found: Numbers, catalog: Catalog) -> Iterator[Text]:
    """A row for each window, one for its prior, one for the change."""
    values = [each for window in found.windows for each in (window.current.value, window.prior.value, window.delta)]
    written = column(values)
    width = max(cell_len(text) for text in (*written, "value")) + 1  # the sign of a change
    sides = [side for window in found.windows for side in (window.current, window.prior)]
    days = max(len(_covered(side)) for side in sides)
    yield Text(f"{'':<{LABELS}}{'days':<{DAYS}}{'covered':<{days}}  {'value':>{width}}  status", style="dim")
    for at, window in enumerate(found.windows):
        value, prior, delta = (right(text, width) for text in written[3 * at : 3 * at + 3])
        for label, side, text in ((window.name, window.current, value), (f"  {PRIOR}", window.prior, prior)):
            yield Text(f"{label:<{LABELS}}{_range(side):<{DAYS}}{_covered(side):<{days}}  {text}  {side.status}")
        signed = right(f"+{delta.strip()}", width) if window.delta is not None and window.delta > 0 else delta
        yield _change(f"{'  change':<{LABELS + DAYS + days}}  {signed}  ", window, found.kpi, catalog)


def _covered(side: SideNumbers) -> str:
    return f"{side.covered_days:,} of {side.days:,}"


def _range(side: SideNumbers) -> str:
    first = side.first_day or side.covered_from
    return f"{first or '…'} – {side.last_day}"  # noqa: RUF001 -- an en dash is what ranges have


def _change(start: str, window: WindowNumbers, kpi: Kpi, catalog: Catalog) -> Text:
    against = change(window.delta, window.delta_pct, shape_of(kpi, catalog), kpi.target_direction)
    line = Text(start)
    line.append("" if against.text == MISSING else against.text, style=STYLES[against.goodness])
    line.rstrip()
    return line


def shape_of(kpi: Kpi, catalog: Catalog) -> Shape:
    if kpi.format is None:
        return Shape("number", locale=catalog.project.locale)
    form = catalog.format(kpi.format)
    locale = catalog.project.locale
    return Shape(form.kind, form.decimals, form.currency, form.unit, form.compact, form.stored_as, locale)


def _publication(found: Numbers, columns: int) -> Iterator[Text]:
    """Whether readers see the same."""
    told = found.publication
    kpi = found.kpi
    if kpi.id is None:
        said = "A helper: these numbers are published nowhere."
    elif not told.is_published:
        said = f"Not published as of {found.as_of}; the latest as-of date is {told.latest}."
    elif not told.differences:
        said = "Published: the same."
    else:
        others = "; ".join(_difference(each) for each in told.differences)
        said = f"Published were other values: {others}. {_why(found)}"
    style = "yellow" if told.differences else "dim"
    yield from (Text(line, style=style) for line in wrapped(said, columns))
    if told.changed and not told.differences:
        said = f"Changed since the last run: {', '.join(told.changed)}."
        yield from (Text(line, style="yellow") for line in wrapped(said, columns))


def _difference(found: Difference) -> str:
    side = f" {PRIOR}" if found.side == "prior" else ""
    return f"{found.window}{side} {number(found.published)} ({found.published_status})"


def _why(found: Numbers) -> str:
    told = found.publication
    if told.changed:
        return f"Since then {', '.join(told.changed)} changed; `kpictl run` publishes anew."
    if found.as_of < told.latest:
        return (
            "Rows have come or changed since then, and dates before the latest stay as they were reported: "
            f"`kpictl run --as-of {found.as_of}` would restate this one."
        )
    return "Rows have come or changed since then; `kpictl run` publishes anew."


def _side(side: SideNumbers, working: Working, kpi: Kpi, columns: int) -> Iterator[Text]:
    """What one value is made of."""
    match working:
        case Sum():
            yield from _parts(working, columns)
            yield from _ends(f"= {number(side.value)}")
        case Quotient():
            yield from _ends(f"{number(working.total)} / {working.number:,} = {number(side.value)}")
        case Distinct():
            yield from _ends(f"{number(side.value)}, where the days' own counts come to {number(working.daily_total)}")
        case Reached() | OnDay():
            yield from _ends(f"= {number(side.value)}")
        case Reports():
            yield from _reports(working, kpi)
            yield from _ends(f"= {number(side.value)}" + (f" ({side.status})" if side.value is None else ""))
        case Arithmetic():
            yield from _arithmetic(working, side.value, side.status, columns, 1)
        case _:
            assert_never(working)


def _what(side: SideNumbers, working: Working) -> str:
    covered = _days(side.covered_days)
    match working:
        case Sum(by="day"):
            return f"the sum of {covered}"
        case Sum():
            return f"the sum of {covered}, by {working.by}"
        case Quotient(of="rows"):
            return f"the sum of all rows of {covered} by their number"
        case Quotient():
            return f"the sum of the daily values by the number of days that have one, of {covered}"
        case Distinct():
            return f"each value of {covered} once"
        case Reached():
            return f"reached first on {working.day}"
        case OnDay():
            return f"that of {working.day}, its last covered day"
        case Reports():
            return f"what was last reported on {working.day}, its last covered day"
        case Arithmetic():
            return _formula(working)
        case _:
            assert_never(working)


def _formula(working: Arithmetic) -> str:
    assert working.kpi.formula is not None
    return " ".join(working.kpi.formula.text.split())


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count:,} days"


def _parts(working: Sum, columns: int) -> Iterator[Text]:
    """The parts in as many columns as the screen has room for, down and then across."""
    labels = [_label(part, working) for part in working.parts]
    values = column([part.value for part in working.parts])
    if not values:
        return
    widest, label_width = max(len(value) for value in values), max(len(label) for label in labels)
    cells = [f"{label:<{label_width}}  {value:>{widest}}" for label, value in zip(labels, values, strict=True)]
    gap = " " * 4
    across = max((min(columns, 100) - len(INDENT) + len(gap)) // (len(cells[0]) + len(gap)), 1)
    down = -(-len(cells) // across)
    for row in range(down):
        yield Text(INDENT + gap.join(cells[row::down]))


def _label(part: Part, working: Sum) -> str:
    match working.by:
        case "day":
            return part.first_day.isoformat()
        case "month":
            return f"{part.first_day:%Y-%m}"
        case "year":
            return f"{part.first_day:%Y}"


def _reports(working: Reports, kpi: Kpi) -> Iterator[Text]:
    values = column([report.value for report in working.reports])
    width = max((len(value) for value in values), default=0)
    names = max((cell_len(report.entity) for report in working.reports), default=0)
    for report, value in zip(working.reports, values, strict=True):
        of = "" if report.number is None else f" of {report.number:,}"
        stale = _stale(report, working, kpi)
        yield Text(f"{INDENT}{report.entity:<{names}}  {value:>{width}}{of}  reported {report.day}{stale}")


def _stale(report: Report, working: Reports, kpi: Kpi) -> str:
    if not report.is_stale:
        return ""
    return f", {(working.day - report.day).days} days before: stale after {kpi.max_staleness}"


def _arithmetic(working: Arithmetic, value: Decimal | None, status: str, columns: int, depth: int) -> Iterator[Text]:
    """The formula in numbers and what it comes to; then the formulas among its inputs."""
    assert working.kpi.formula is not None
    indent = INDENT * depth
    by_code: Mapping[str, str] = {term.code: number(term.value) for term in working.terms}
    result = number(value) if value is not None else f"{MISSING} ({status})"
    lines = [f"= {written_out(working.kpi.formula, by_code)}", f"= {result}"]
    for line in lines:
        yield from (Text(indent + each) for each in wrapped(line, columns - len(indent)))
    for term in working.terms:
        if term.value is None:
            yield Text(fitted(f"{indent}{term.code}: {term.status.replace('_', ' ')}", columns), style="dim")
    for term in working.terms:
        if term.working is not None:
            title = f"{indent}{term.code}: {_formula(term.working)}"
            yield from (Text(f"{indent}{line}", style="dim") for line in wrapped(title, columns - len(indent)))
            yield from _arithmetic(term.working, term.value, term.status, columns, depth + 1)


def _ends(text: str) -> Iterator[Text]:
    yield Text(INDENT + text)
