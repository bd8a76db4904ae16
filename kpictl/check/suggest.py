"""Help lines that say which known name is near, or which names there are."""

from __future__ import annotations

from collections.abc import Iterable

from kpictl.catalog.near import meant

LISTED = 8
"""A list of more names than these helps nobody."""


def suggest(name: str, candidates: Iterable[str], *, otherwise: str) -> str:
    """What to write in place of an unknown name: one that is near, else `otherwise` or one of a few."""
    known = sorted(set(candidates))
    found = meant(name, known)
    if found is not None:
        return found
    if not known or len(known) > LISTED:
        return otherwise
    return f"{otherwise}, or name one of {', '.join(f'`{each}`' for each in known)}"
