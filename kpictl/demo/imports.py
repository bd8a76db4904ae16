"""The Tock reservations that Commerce7 shows a second time, as orders."""

from collections.abc import Iterable, Iterator
from datetime import date

from kpictl.demo.orders import Line, Sale
from kpictl.demo.rng import Record, stream
from kpictl.demo.visits import Visit

_IMPORTED_SHARE = 0.08


def imported(seed: int, visits: Iterable[Visit], day: date) -> Iterator[Sale]:
    """The day's first paid visit, and some of the others; made when the guests sit down."""
    rng, is_first = stream(seed, day, "imported"), True
    for visit in visits:
        drawn, channel = rng.random(), rng.choice(("POS", "Web"))
        if visit.cancelled or visit.patron is None or visit.experience is None or not visit.bill.net_paid > 0:
            continue
        if (is_first and day.day % 5 == 0) or drawn < _IMPORTED_SHARE:
            is_first = False
            yield Sale(
                visit.service,
                channel,
                [
                    Line(
                        _fee(visit.experience.name, visit.experience.sku, visit.bill.net_paid),
                        1,
                        visit.bill.net_paid,
                        0,
                    )
                ],
                visit.patron.id if visit.patron.is_linked else None,
                changes={"externalOrderVendor": "Tock", "externalOrderNumber": visit.code},
            )


def _fee(name: str, sku: str, amount: int) -> Record:
    return {
        "productTitle": name,
        "type": "Reservation",
        "productId": None,
        "productVariantId": None,
        "sku": sku,
        "originalPrice": amount,
        "taxType": "Not Taxable",
        "volumeInML": None,
        "departmentCode": None,
    }
