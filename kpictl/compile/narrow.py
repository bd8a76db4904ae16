"""A part of a catalog: some KPIs, and only what they need."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from kpictl.catalog import Catalog
from kpictl.compile.models import needed_by
from kpictl.compile.plan import plan


def narrowed(catalog: Catalog, codes: Collection[str]) -> Catalog:
    """The catalog with those KPIs alone published, and without what nobody needs then.

    The other KPIs that their formulas use become helpers, which the SQL computes but does not publish.
    """
    published = tuple(
        replace(kpi, is_active=True) if kpi.code in codes else replace(kpi, id=None) for kpi in catalog.kpis
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
