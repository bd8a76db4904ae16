"""The name that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def near(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that is most like `name`, if any is like it at all.

    >>> near("net_revenu", ["net_revenue", "orders"])
    'net_revenue'
    """
    folded = {candidate.casefold(): candidate for candidate in sorted(candidates, reverse=True)}
    found = get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.7)
    return folded[found[0]] if found else None


def meant(name: str, candidates: Iterable[str]) -> str | None:
    """What to say of the candidate that is most like `name`, if any is like it at all.

    >>> meant("net_revenu", ["net_revenue", "orders"]), meant("Up", ["up", "down"])
    ('`net_revenue` is near', 'it is written `up`')
    """
    found = near(name, candidates)
    if found is None:
        return None
    return f"it is written `{found}`" if found.casefold() == name.casefold() else f"`{found}` is near"
