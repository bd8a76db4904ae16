"""The sales out of the ordinary: one for each trap of the calendar."""

from datetime import date
from random import Random

from kpictl.demo.cellar import Shelf
from kpictl.demo.orders import Sale, line
from kpictl.demo.people import Person
from kpictl.demo.returns import Return
from kpictl.demo.rng import uuid
from kpictl.demo.season import during
from kpictl.demo.traps import OrderTrap

# From day 21 at the latest, 33 days lie in a later month and at most in the one after.
_A_MONTH_LATER = 33

Special = tuple[Sale] | tuple[Sale, Return, int]


def trapped(trap: OrderTrap, rng: Random, shelf: Shelf, person: Person, day: date) -> Special:
    """The sale that makes the trap, and what comes back of it and when."""
    at, wine, other = during(rng, day, 11, 16), shelf.wines[0], shelf.wines[4]
    shipped = Sale(at, "Web", [line(wine, 3), line(other, 2)], person.id, shipping=2000)
    tipped = Sale(at, "POS", [line(other, 4), line(shelf.other["GLASS"], 2)], person.id, tip=1500)
    match trap:
        case OrderTrap.FULL_REFUND:
            return shipped, Return.FULL, _A_MONTH_LATER
        case OrderTrap.PARTIAL_REFUND:
            return tipped, Return.PARTIAL, _A_MONTH_LATER
        case OrderTrap.SHIPPING_REFUND:
            return shipped, Return.SHIPPING, _A_MONTH_LATER
        case OrderTrap.AMOUNT_REFUND:
            return tipped, Return.AMOUNT, _A_MONTH_LATER
        case OrderTrap.TIP_REFUND:
            return tipped, Return.TIP, _A_MONTH_LATER
        case OrderTrap.EXCHANGE:
            return shipped if day.month % 2 else tipped, Return.EXCHANGE, 9
        case OrderTrap.EXCHANGE_CHAIN:
            return tipped, Return.EXCHANGE_AGAIN, 12
        case _:
            return (_plain(trap, rng, shelf, person, day),)


def _plain(trap: OrderTrap, rng: Random, shelf: Shelf, person: Person, day: date) -> Sale:
    at, wine = during(rng, day, 11, 16), shelf.wines[0]
    lines = [line(wine, 2)]
    match trap:
        case OrderTrap.CANCELLED:
            return Sale(at, "Web", lines, person.id, shipping=2000, status="Cancelled")
        case OrderTrap.AUTHORIZED:
            return Sale(at, "Web", lines, person.id, shipping=2000, status="Authorized")
        case OrderTrap.ZERO_TOTAL:
            return Sale(at, "POS", [line(wine, 1, percent_off=100)], person.id)
        case OrderTrap.MARKETPLACE:
            return Sale(at, "Marketplace", lines, person.id, shipping=0)
        case OrderTrap.CAPTURE:
            return Sale(at, "Web", lines, person.id, shipping=1500, charge_type="Capture")
        case OrderTrap.NO_COMPLIANCE:
            return Sale(at, "Inbound", lines, person.id, shipping=1500, changes={"complianceStatus": "No Compliance"})
        case OrderTrap.BUNDLE:
            return Sale(at, "Web", [line(shelf.bundle, 2)], person.id, shipping=2900)
        case OrderTrap.GIFT_CARD_SALE:
            return Sale(at, "POS", [line(shelf.other["GIFT"], 1)], person.id)
        case OrderTrap.GIFT_CARD_TENDER:
            return Sale(at, "POS", lines, person.id, gift_card=10_000)
        case OrderTrap.MAGNUM:
            return Sale(at, "POS", [line(shelf.magnum, 1)], person.id)
        case OrderTrap.NO_VOLUME:
            return Sale(at, "POS", [line(shelf.rose, 6)], person.id)
        case OrderTrap.NO_CUSTOMER:
            return Sale(at, "POS", lines, None)
        case OrderTrap.DANGLING_CUSTOMER:
            return Sale(at, "POS", lines, uuid(rng))
        case OrderTrap.CORPORATE:
            return Sale(at, "Inbound", [line(wine, 24)], person.id, shipping=9000, purchase_type="Corporate Order")
        case OrderTrap.PICKUP_TO_SHIP:
            return Sale(at, "Inbound", [], person.id, shipping=2500, purchase_type="Pickup To Ship")
        case OrderTrap.EVENING:
            return Sale(during(rng, day, 17, 22), "POS", lines, person.id)
        case _:
            message = f"{trap} comes with a return"
            raise AssertionError(message)
