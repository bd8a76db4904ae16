"""Prints what there is to say of a name: a KPI's page, its SQL, or in short what else it is."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.text import Text

from kpictl.catalog import Catalog, Kpi, near
from kpictl.cli.explain_json import page_object, thing_object
from kpictl.cli.explain_page import draw as draw_page
from kpictl.cli.explain_page import draw_thing
from kpictl.cli.selection import of_kpi
from kpictl.cli.sql import dialect_of_environment, print_sql
from kpictl.cli.terminal import console
from kpictl.diagnostics import UsageError
from kpictl.report import explained, thing
from kpictl.report.json_text import json_text


def print_page(catalog: Catalog, name: str, *, json: bool) -> None:
    """A KPI's page; of another name what it is, in short."""
    kpi = _kpi(catalog, name)
    if kpi is None:
        other = thing(catalog, name)
        assert other is not None
        print_lines([json_text(thing_object(other))] if json else draw_thing(other, columns()))
        return
    page = explained(catalog, kpi)
    print_lines([json_text(page_object(page))] if json else draw_page(page, catalog, columns()))


def print_sql_of(catalog: Catalog, name: str, env: str | None) -> None:
    kpi = only_kpi(catalog, name, "--sql")
    print_sql(of_kpi(catalog, kpi), dialect_of_environment(catalog, env))


def columns() -> int:
    return console(sys.stdout).width


def print_lines(lines: Iterable[Text | str]) -> None:
    out = console(sys.stdout)
    for line in lines:
        out.print(line)


def only_kpi(catalog: Catalog, name: str, option: str) -> Kpi:
    kpi = _kpi(catalog, name)
    if kpi is None:
        raise UsageError(f"{option} is for KPIs, and `{name}` is none", help=f"`kpictl explain {name}` says what it is")
    return kpi


def _kpi(catalog: Catalog, name: str) -> Kpi | None:
    """The KPI of that code; None where something else has the name, and UsageError where nothing has."""
    codes = [kpi.code for kpi in catalog.kpis]
    if name in codes:
        return catalog.kpi(name)
    if thing(catalog, name) is not None:
        return None
    close = near(name, codes)
    raise UsageError(
        f"no KPI has the code `{name}`", help=f"`{close}` is near" if close else "`kpictl list kpis` shows all of them"
    )
