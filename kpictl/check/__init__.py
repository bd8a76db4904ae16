"""Judges a catalog: every rule over it, and what they found sorted by place."""

from kpictl.check.judge import checked, judge
from kpictl.check.run import RULES, check

__all__ = ["RULES", "check", "checked", "judge"]
