"""Projects that ask for what is not computed yet."""

from __future__ import annotations

from tests.check.project import CORRECT, Case

SOURCES = CORRECT["kpis/sources.yml"]

CASES = (
    Case(
        "changes of a source",
        {"kpis/sources.yml": SOURCES.replace("time: paid_at\n", "time: paid_at\n            changed_at: «paid_at»\n")},
        (("KPI290", "days by `changed_at` are not"),),
    ),
)
