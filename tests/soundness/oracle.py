"""The naive second implementation of what the numbers mean: plain loops over raw rows, to judge the compiler by.

Slow and obvious on purpose; it imports nothing of the package. This is its front door.
"""

from __future__ import annotations

from tests.soundness.oracle_days import (
    PERIODS,
    Calendar,
    PeriodName,
    Retail,
    period,
    prior_day,
    prior_window,
    retail_months,
    retail_week,
    retail_year,
    whole_prior,
    window,
)
from tests.soundness.oracle_model import (
    Answer,
    Cell,
    Condition,
    Entity,
    Formula,
    Measure,
    Period,
    Source,
    add,
    divide,
    error_of,
    multiply,
    rounded,
    subtract,
)
from tests.soundness.oracle_rows import (
    Project,
    business_day,
    covered,
    data_through,
    defined,
    undated_rows,
    unknown_codes,
)
from tests.soundness.oracle_tables import dashboard, facts, periods, published, trend
from tests.soundness.oracle_values import fact, value

__all__ = [
    "PERIODS",
    "Answer",
    "Calendar",
    "Cell",
    "Condition",
    "Entity",
    "Formula",
    "Measure",
    "Period",
    "PeriodName",
    "Project",
    "Retail",
    "Source",
    "add",
    "business_day",
    "covered",
    "dashboard",
    "data_through",
    "defined",
    "divide",
    "error_of",
    "fact",
    "facts",
    "multiply",
    "period",
    "periods",
    "prior_day",
    "prior_window",
    "published",
    "retail_months",
    "retail_week",
    "retail_year",
    "rounded",
    "subtract",
    "trend",
    "undated_rows",
    "unknown_codes",
    "value",
    "whole_prior",
    "window",
]
