"""When a published number is the one that is expected: digit for digit, or as near as double precision comes."""

from __future__ import annotations

from decimal import Decimal

from tests.soundness.generated import Kpi
from tests.soundness.oracle import error_of

CLOSE = Decimal("1e-10")
RELATIVE = Decimal("1e-12")


def is_known(value: Decimal | None) -> bool:
    """Whether an answer is expected at all."""
    return error_of(value).is_finite()


def same(kpi: Kpi, value: Decimal | None, found: object) -> bool:
    if kpi.is_exact or value is None:
        return value == found
    return close(value, found, 2 * error_of(value))


def close(value: Decimal | None, found: object, error: Decimal = Decimal(0)) -> bool:
    if value is None or not isinstance(found, Decimal):
        return value is found
    return abs(value - found) <= max(CLOSE, RELATIVE * abs(value), error)


def changes(value: object, prior: object) -> tuple[Decimal | None, Decimal | None]:
    if not isinstance(value, Decimal) or not isinstance(prior, Decimal):
        return None, None
    delta = value - prior
    return delta, None if prior == 0 else 100 * delta / abs(prior)
