"""How the values of a KPI are to be written: what its format says, known without the writing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Direction = Literal["up", "down", "none"]
"""Where a KPI is meant to go."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How the values of a KPI are written: the `format` of a payload."""

    kind: Literal["currency", "percent", "number", "duration"]
    decimals: int = 0
    currency: str | None = None
    unit: str | None = None
    compact: bool = False
    stored_as: Literal["percent", "fraction"] = "percent"
    locale: str = "en"


def shape(card: Mapping[str, object], locale: str = "en") -> Shape:
    """The shape of a payload's `format`, written as the locale does."""
    kind = card["kind"]
    assert kind in {"currency", "percent", "number", "duration"}, f"no format is of kind {kind!r}"
    currency, unit = card.get("currency"), card.get("unit")
    return Shape(
        kind=kind,
        decimals=int(str(card["decimals"])),
        currency=None if currency is None else str(currency),
        unit=None if unit is None else str(unit),
        compact=card.get("compact") is True,
        stored_as="fraction" if card.get("stored_as") == "fraction" else "percent",
        locale=locale,
    )
