"""A part of a catalog: some KPIs, and only what they need."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import count

from kpictl.catalog import Catalog, Format
from kpictl.compile.models import needed_by
from kpictl.compile.plan import plan


def narrowed(catalog: Catalog, codes: Collection[str]) -> Catalog:
    """The catalog with those KPIs alone published, and without what nobody needs then.

    The other KPIs that their formulas use become helpers, which the SQL computes but does not publish. None has
    checks: those are of what the whole project publishes.
    """
    published = tuple(
        replace(kpi, is_active=True, checks=()) if kpi.code in codes else replace(kpi, id=None, checks=())
        for kpi in catalog.kpis
    )
    made = plan(replace(catalog, kpis=published))
    used = {code for kpi in made.published for code in made.all_inputs(kpi)}
    tables = needed_by(catalog, {source.relation for source in made.sources})
    return replace(
        catalog,
        kpis=tuple(kpi for kpi in published if kpi.code in used),
        sources=made.sources,
        models=tuple(model for model in catalog.models if model.name in tables),
        lookups=tuple(lookup for lookup in catalog.lookups if lookup.name in tables),
    )


_PLAIN = "$plain"
"""The format of helpers that have none: `$` cannot stand in a code."""


def laid_bare(catalog: Catalog, code: str) -> Catalog:
    """The catalog of one KPI in which all that it is made of is published, helpers too: for looking at, not for a run.

    Its ids are not those of the project.
    """
    kpis = tuple(
        replace(kpi, id=number, is_active=True, format=kpi.format or _PLAIN)
        for number, kpi in enumerate(catalog.kpis, start=1)
    )
    everything = replace(catalog, kpis=kpis, formats=(*catalog.formats, _plain(catalog)))
    return narrowed(everything, plan(everything).all_inputs(everything.kpi(code)))


def with_id(catalog: Catalog, code: str) -> Catalog:
    """The catalog of one KPI alone, as if it were published if it is a helper."""
    return with_ids(catalog, [code])


def with_ids(catalog: Catalog, codes: Collection[str]) -> Catalog:
    """The catalog of some KPIs, the helpers among them published too."""
    free = count(max((kpi.id for kpi in catalog.kpis if kpi.id is not None), default=0) + 1)
    kpis = tuple(
        replace(kpi, id=next(free), format=kpi.format or _PLAIN) if kpi.id is None and kpi.code in codes else kpi
        for kpi in catalog.kpis
    )
    return narrowed(replace(catalog, kpis=kpis, formats=(*catalog.formats, _plain(catalog))), codes)


def _plain(catalog: Catalog) -> Format:
    return Format(_PLAIN, "number", 0, None, None, compact=False, stored_as="percent", places=catalog.project.places)
