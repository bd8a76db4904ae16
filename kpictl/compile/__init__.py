"""From a Catalog to Relations to SQL; a stranger to every database."""

from kpictl.compile.compile import compile, in_order, needed  # noqa: A004 -- the field's own word for it
from kpictl.compile.dialects import DIALECTS, Dialect, dialect, dialect_of_url
from kpictl.compile.dimensions import calendar_of
from kpictl.compile.facts import THINNED
from kpictl.compile.findings import (
    counters,
    days,
    duplicates,
    examples,
    keyed,
    repeated_days,
    some_row,
    unknown_codes,
    unusable_values,
)
from kpictl.compile.flat import SQL_VIEWS, Flat, flat, flat_views
from kpictl.compile.inputs import (
    RUN_DATE,
    RUN_DAY,
    RUN_FACTS,
    RUN_PERIOD,
    RUN_SPAN,
    RUN_SYNC,
    RUN_TREND,
    RUN_WINDOW,
    TREND_DAYS,
)
from kpictl.compile.models import needed_by
from kpictl.compile.narrow import laid_bare, narrowed, with_id, with_ids
from kpictl.compile.plan import Plan, Tables, plan
from kpictl.compile.relation import Relation, RelationKind
from kpictl.compile.unmade import models_in_order, on_files
from kpictl.compile.write import create, create_as, create_table, preview, query, text

__all__ = [
    "DIALECTS",
    "RUN_DATE",
    "RUN_DAY",
    "RUN_FACTS",
    "RUN_PERIOD",
    "RUN_SPAN",
    "RUN_SYNC",
    "RUN_TREND",
    "RUN_WINDOW",
    "SQL_VIEWS",
    "THINNED",
    "TREND_DAYS",
    "Dialect",
    "Flat",
    "Plan",
    "Relation",
    "RelationKind",
    "Tables",
    "calendar_of",
    "compile",
    "counters",
    "create",
    "create_as",
    "create_table",
    "days",
    "dialect",
    "dialect_of_url",
    "duplicates",
    "examples",
    "flat",
    "flat_views",
    "in_order",
    "keyed",
    "laid_bare",
    "models_in_order",
    "narrowed",
    "needed",
    "needed_by",
    "on_files",
    "plan",
    "preview",
    "query",
    "repeated_days",
    "some_row",
    "text",
    "unknown_codes",
    "unusable_values",
    "with_id",
    "with_ids",
]
