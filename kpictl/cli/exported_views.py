"""The views for BI tools: made, or taken away."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from kpictl.catalog import Catalog, database_url
from kpictl.check import checked
from kpictl.compile import Relation
from kpictl.engine import Engine, open_engine, open_published
from kpictl.pipeline.sql_views import drop_views, publish_views
from kpictl.report import published_dates


def publish_sql(project: Path, env: str | None) -> None:
    """Make the views, and say which."""
    views = _changed(checked(project), env, publish_views)
    sys.stderr.write(f"made {_names(views)}; later runs keep them\n")


def drop_sql(project: Path, env: str | None) -> None:
    """Drop the views, and say which."""
    views = _changed(checked(project), env, drop_views)
    sys.stderr.write(f"dropped {_names(views)}\n" if views else "there are no such views\n")


def _changed(
    catalog: Catalog, env: str | None, change: Callable[[Catalog, Engine], Sequence[Relation]]
) -> Sequence[Relation]:
    url, folder = database_url(catalog, env), catalog.project.folder
    # Where nothing is published yet, opening it for writing would make an empty file.
    with closing(open_published(url, folder)) as reader, reader.transaction():
        published_dates(reader, catalog)
    with closing(open_engine(url, folder)) as engine:
        return change(catalog, engine)


def _names(views: Sequence[Relation]) -> str:
    return ", ".join(str(view.name) for view in views)
