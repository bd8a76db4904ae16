"""Judges a catalog: every rule over it, and what they found sorted by place."""

from kpictl.check.run import RULES, check

__all__ = ["RULES", "check"]
