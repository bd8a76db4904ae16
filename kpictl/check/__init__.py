"""Judges a catalog: every rule over it, and what they found sorted by place."""

from kpictl.check.judge import Seen, checked, judge
from kpictl.check.pages import RulePage, page
from kpictl.check.run import PAGES, RULES, check, check_tests, errors, errors_of_types

__all__ = [
    "PAGES",
    "RULES",
    "RulePage",
    "Seen",
    "check",
    "check_tests",
    "checked",
    "errors",
    "errors_of_types",
    "judge",
    "page",
]
