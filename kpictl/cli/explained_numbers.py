"""Prints the numbers behind a KPI."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime

from kpictl.catalog import Catalog, Entity, database_url, near
from kpictl.cli.dates import as_of_date
from kpictl.cli.explain_json import page_object
from kpictl.cli.explain_numbers import draw as draw_numbers
from kpictl.cli.explain_numbers_json import numbers_object
from kpictl.cli.explain_page import definition, heading
from kpictl.cli.explained import columns, only_kpi, print_lines
from kpictl.diagnostics import UsageError
from kpictl.engine import open_for_reading, open_published
from kpictl.pipeline import Question, numbers
from kpictl.report import ROOT, explained
from kpictl.report.json_text import json_text


def print_numbers(catalog: Catalog, name: str, as_of: date, env: str | None, entity: str | None, *, json: bool) -> None:
    kpi = only_kpi(catalog, name, "--as-of")
    now = datetime.now(UTC)
    question = Question(kpi, as_of_date(catalog, as_of, now), _entity(catalog, entity or ROOT), now)
    url, folder = database_url(catalog, env), catalog.project.folder
    with closing(open_published(url, folder)) as reader, closing(open_for_reading(url, folder)) as engine:
        found = numbers(catalog, engine, reader, question)
    page = explained(catalog, kpi)
    if json:
        print_lines([json_text({**page_object(page), "numbers": numbers_object(found)})])
        return
    print_lines(heading(page, catalog, columns(), brief=True))
    print_lines(definition(page, catalog, columns()))
    print_lines(draw_numbers(found, catalog, columns()))


def _entity(catalog: Catalog, code: str) -> Entity:
    for entity in catalog.entities:
        if entity.code == code:
            return entity
    close = near(code, [entity.code for entity in catalog.entities])
    raise UsageError(
        f"no entity has the code `{code}`",
        help=f"`{close}` is near" if close else "`kpictl list entities` shows all of them",
    )
