"""Draws the page of one KPI's numbers: its windows, its days as a chart, its months, and what it is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import assert_never, cast

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from kpictl.catalog import Kind
from kpictl.cli import compared
from kpictl.cli.compared import Compared, Style
from kpictl.cli.ink import INKS, inked
from kpictl.cli.layout import TEXT_COLUMNS, fitted, joined
from kpictl.cli.terminal import UNLIMITED, printable
from kpictl.report import DIRECTIONS, Day, Days, KpiPage, meaning_of
from kpictl.report.chart import PRIOR, Chart, chart
from kpictl.report.format import compact, value
from kpictl.report.shape import Shape
from kpictl.report.words import behind_words, day_of_year_text, day_text, days_text, period_text, window_title

CHART_COLUMNS = 100
"""So wide is a chart where nobody says how much room there is."""
LABELS = 12
WEEK = 7
MINUTE_SECONDS, HOUR_SECONDS = Decimal(60), Decimal(3600)


def draw(page: KpiPage, columns: int) -> Iterator[Text]:
    """The lines of the page."""
    yield from _title(page, columns)
    yield Text()
    yield from _windows(page, columns)
    yield Text()
    yield from _days(page, columns if columns < UNLIMITED else CHART_COLUMNS)
    yield Text()
    yield from _months(page, columns)
    yield Text()
    yield from _definition(page, columns)


def _title(page: KpiPage, columns: int) -> Iterator[Text]:
    unit, locale = page.kpi.shape.unit, page.kpi.shape.locale
    yield Text(fitted(f"{page.kpi.name} ({unit})" if unit else page.kpi.name, columns), style="bold")
    parts = [page.project, page.entity.name, f"as of {day_text(page.as_of, locale)}"]
    if page.card is not None:
        through = None if page.card.data_through is None else day_text(page.card.data_through, locale)
        is_behind = page.card.data_through is None or page.card.data_through < page.as_of
        words = behind_words(through, is_formula=page.card.is_formula)
        parts.append(words if is_behind else f"data through {through}")
    yield from (Text(fitted(line, columns), style="dim") for line in joined(parts, columns))


def _windows(page: KpiPage, columns: int) -> Iterator[Text]:
    if page.card is None:
        why = f"is not measured for {page.entity.name}" if page.kpi.is_active else "is switched off"
        yield Text(fitted(f"On no dashboard as of this date: the KPI {why}.", columns))
        return
    locale = page.kpi.shape.locale
    rows = [
        Compared(
            name=window_title(each.name),
            value=each.value,
            status=each.status,
            prior=each.prior,
            prior_status=each.prior_status,
            delta=each.delta,
            delta_pct=each.delta_pct,
            days=_range(each.days, locale),
            prior_days=_range(each.prior_days, locale),
        )
        for each in page.card.windows
    ]
    yield from compared.draw(rows, Style(page.kpi.shape, page.kpi.direction), columns)


def _range(days: Days | None, locale: str) -> str:
    return "" if days is None else _plain(days_text(days.first, days.last, locale))


def _plain(text: str) -> str:
    """Not every terminal has thin spaces."""
    return " ".join(text.split())


def _days(page: KpiPage, columns: int) -> Iterator[Text]:
    """As many weeks as the screen is wide, a column for each day."""
    yield Text("Day by day", style="bold")
    days, picture = _fitting(page, columns)
    if all(day.value is None and day.prior is None for day in days):
        yield Text(fitted(f"no data in the last {len(days)} days", columns), style="dim")
        return
    locale = page.kpi.shape.locale
    legend = Text.assemble(
        (f"{picture.mark} ", INKS["this"]),
        _plain(days_text(days[0].day, days[-1].day, locale)),
        (f"   {PRIOR} ", INKS["prior"]),
        _plain(days_text(days[0].prior_day, days[-1].prior_day, locale)),
    )
    legend.truncate(columns, overflow="ellipsis")
    yield legend
    for line in picture.lines:
        drawn = inked(line)
        drawn.rstrip()
        drawn.truncate(columns, overflow="ellipsis")
        yield drawn


def _fitting(page: KpiPage, columns: int) -> tuple[tuple[Day, ...], Chart]:
    weeks = max(min(columns, len(page.days)) // WEEK, 1)
    while True:
        days = page.days[-weeks * WEEK :]
        picture = _chart(days, page.kpi.shape)
        if weeks == 1 or picture.columns <= columns:
            return days, picture
        weeks -= 1


def _chart(days: Sequence[Day], shape: Shape) -> Chart:
    texts = [_date(day.day, shape.locale) for day in days]
    # On the weekday of the last day, and so far apart that the text at the edge runs into none.
    every = math.ceil((max(map(len, texts)) * 1.5 + 1) / WEEK) * WEEK
    last = len(days) - 1
    return chart(
        [day.value for day in days],
        [day.prior for day in days],
        {at: text for at, text in enumerate(texts) if (last - at) % every == 0},
        [lambda number: _label(number, shape), lambda number: value(number, shape, unit=False)],
        _least_step(days, shape),
    )


def _label(number: Decimal, shape: Shape) -> str:
    text = compact(number, shape, unit=False)
    return text if _is_narrow(text) else value(number, shape, unit=False)


def _date(day: date, locale: str) -> str:
    text = _plain(day_of_year_text(day, locale))
    return text if _is_narrow(text) else f"{day:%m-%d}"


def _is_narrow(text: str) -> bool:
    """A chart has a column for each character: those of some languages take two."""
    return cell_len(text) == len(text)


def _least_step(days: Sequence[Day], shape: Shape) -> Decimal:
    """The least that two labels can differ by and be told from each other."""
    match shape.kind:
        case "currency" | "number":
            return Decimal(1).scaleb(-shape.decimals)
        case "percent":
            return Decimal(1).scaleb(-shape.decimals - (2 if shape.stored_as == "fraction" else 0))
        case "duration":
            known = [abs(each) for day in days for each in (day.value, day.prior) if each is not None]
            most = max(known, default=Decimal(0))
            return next((unit for unit in (HOUR_SECONDS, MINUTE_SECONDS) if most > 2 * unit), Decimal(1))
        case never:
            assert_never(never)


def _months(page: KpiPage, columns: int) -> Iterator[Text]:
    yield Text("Month by month", style="bold")
    if not page.months:
        yield Text("no month has data", style="dim")
        return
    rows = [
        Compared(
            name=_plain(period_text(each.first, each.last, "month", page.kpi.shape.locale)),
            value=each.value,
            status=each.status,
            prior=each.prior,
            prior_status=each.prior_status,
            delta=each.delta,
            delta_pct=each.delta_pct,
            is_going_on=each.in_progress,
        )
        for each in page.months
    ]
    yield from compared.draw(rows, Style(page.kpi.shape, page.kpi.direction), columns, has_beams=True)


def _definition(page: KpiPage, columns: int) -> Iterator[Text]:
    kpi = page.kpi
    yield Text("What it is", style="bold")
    facts = {
        "code": kpi.code,
        "definition": kpi.definition,
        "kind": f"{kpi.kind}. {meaning_of(cast('Kind', kpi.kind), kpi.over_time)}",
        "direction": DIRECTIONS[kpi.direction],
        "description": kpi.description,
        "category": kpi.category,
        "owner": kpi.owner,
        "active": "" if kpi.is_active else "no: it keeps its history, and is on no dashboard",
    }
    for label, fact in facts.items():
        if fact:
            for number, line in enumerate(_folded(fact, columns - LABELS)):
                yield Text.assemble((f"{label if number == 0 else '':<{LABELS}}", "dim"), line)


def _folded(text: str, columns: int) -> list[Text]:
    """A paragraph as lines; a word that is too long for one goes on in the next."""
    width = max(min(columns, TEXT_COLUMNS), 20)
    lines = list(Text(printable(" ".join(text.split()))).wrap(Console(width=width), width, overflow="fold"))
    for line in lines:
        line.rstrip()
    return lines
