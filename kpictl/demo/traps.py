"""The calendar of awkward things: each happens on its own day of the month, so that no year lacks one."""

from datetime import date
from enum import StrEnum, auto


class OrderTrap(StrEnum):
    FULL_REFUND = auto()
    PARTIAL_REFUND = auto()
    SHIPPING_REFUND = auto()
    AMOUNT_REFUND = auto()
    TIP_REFUND = auto()
    EXCHANGE = auto()
    EXCHANGE_CHAIN = auto()
    CANCELLED = auto()
    AUTHORIZED = auto()
    ZERO_TOTAL = auto()
    MARKETPLACE = auto()
    CAPTURE = auto()
    NO_COMPLIANCE = auto()
    BUNDLE = auto()
    GIFT_CARD_SALE = auto()
    GIFT_CARD_TENDER = auto()
    MAGNUM = auto()
    NO_VOLUME = auto()
    NO_CUSTOMER = auto()
    DANGLING_CUSTOMER = auto()
    CORPORATE = auto()
    PICKUP_TO_SHIP = auto()
    EVENING = auto()


class MemberTrap(StrEnum):
    LOST_CANCEL_DATE = auto()
    DOUBLE = auto()
    COMES_BACK = auto()
    SWITCHES = auto()
    SAME_DAY = auto()
    NOTICE = auto()
    HOLD = auto()


class VisitTrap(StrEnum):
    PICKUP = auto()
    DELIVERY = auto()
    TRANSFER = auto()
    OTHER_VENUE = auto()
    UNMAPPED = auto()
    STALE_DUPLICATE = auto()
    ZERO_KEPT = auto()
    PART_KEPT = auto()
    ALL_KEPT = auto()
    DEFERRED_REFUND = auto()
    FAILED_REFUND = auto()
    DISPUTE = auto()
    NO_SHOW = auto()
    GIFT_CARD = auto()
    BIG_ID = auto()
    STILL_EXPECTED = auto()


# (trap, every so many months, day of the month); days 2 to 21 are never closed
_ORDERS: tuple[tuple[OrderTrap, int, int], ...] = (
    (OrderTrap.FULL_REFUND, 1, 3),
    (OrderTrap.PARTIAL_REFUND, 1, 4),
    (OrderTrap.SHIPPING_REFUND, 2, 5),
    (OrderTrap.AMOUNT_REFUND, 2, 6),
    (OrderTrap.TIP_REFUND, 3, 7),
    (OrderTrap.EXCHANGE, 1, 8),
    (OrderTrap.EXCHANGE_CHAIN, 3, 9),
    (OrderTrap.CANCELLED, 1, 10),
    (OrderTrap.AUTHORIZED, 1, 11),
    (OrderTrap.ZERO_TOTAL, 1, 12),
    (OrderTrap.MARKETPLACE, 3, 13),
    (OrderTrap.CAPTURE, 3, 14),
    (OrderTrap.NO_COMPLIANCE, 3, 15),
    (OrderTrap.BUNDLE, 1, 16),
    (OrderTrap.GIFT_CARD_SALE, 1, 17),
    (OrderTrap.GIFT_CARD_TENDER, 1, 18),
    (OrderTrap.DANGLING_CUSTOMER, 3, 19),
    (OrderTrap.CORPORATE, 3, 20),
    (OrderTrap.PICKUP_TO_SHIP, 3, 21),
    (OrderTrap.MAGNUM, 1, 5),
    (OrderTrap.NO_VOLUME, 1, 6),
    (OrderTrap.NO_CUSTOMER, 1, 7),
    (OrderTrap.EVENING, 1, 9),
)
_MEMBERS: tuple[tuple[MemberTrap, int, int], ...] = (
    (MemberTrap.LOST_CANCEL_DATE, 2, 6),
    (MemberTrap.DOUBLE, 3, 9),
    (MemberTrap.COMES_BACK, 2, 11),
    (MemberTrap.SWITCHES, 2, 13),
    (MemberTrap.SAME_DAY, 3, 15),
    (MemberTrap.NOTICE, 1, 5),
    (MemberTrap.NOTICE, 1, 18),
    (MemberTrap.HOLD, 1, 20),
)
_VISITS: tuple[tuple[VisitTrap, int, int], ...] = (
    (VisitTrap.ZERO_KEPT, 1, 3),
    (VisitTrap.PART_KEPT, 1, 4),
    (VisitTrap.ALL_KEPT, 1, 5),
    (VisitTrap.DEFERRED_REFUND, 3, 6),
    (VisitTrap.STALE_DUPLICATE, 1, 7),
    (VisitTrap.FAILED_REFUND, 3, 8),
    (VisitTrap.DISPUTE, 3, 9),
    (VisitTrap.NO_SHOW, 1, 10),
    (VisitTrap.UNMAPPED, 3, 11),
    (VisitTrap.TRANSFER, 1, 12),
    (VisitTrap.PICKUP, 1, 13),
    (VisitTrap.OTHER_VENUE, 1, 14),
    (VisitTrap.DELIVERY, 1, 15),
    (VisitTrap.GIFT_CARD, 3, 16),
    (VisitTrap.BIG_ID, 3, 17),
    (VisitTrap.STILL_EXPECTED, 1, 18),
)


def order_traps(day: date) -> tuple[OrderTrap, ...]:
    return tuple(trap for trap, every, of_month in _ORDERS if of_month == day.day and day.month % every == 0)


def member_traps(day: date) -> tuple[MemberTrap, ...]:
    return tuple(trap for trap, every, of_month in _MEMBERS if of_month == day.day and day.month % every == 0)


def visit_traps(day: date) -> tuple[VisitTrap, ...]:
    return tuple(trap for trap, every, of_month in _VISITS if of_month == day.day and day.month % every == 0)
