"""What comes back: refunds and exchanges, each a new order on its own day that points to the one before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, auto
from typing import Any, assert_never

from kpictl.demo.cellar import Shelf
from kpictl.demo.orders import Line, Sale, line
from kpictl.demo.rng import Record


class Return(StrEnum):
    FULL = auto()
    PARTIAL = auto()
    SHIPPING = auto()
    AMOUNT = auto()
    TIP = auto()
    EXCHANGE = auto()
    EXCHANGE_AGAIN = auto()
    """An exchange that is itself exchanged later."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A return that is to come, of an order that is there."""

    kind: Return
    due: date
    origin: Record


_PRODUCT_FIELDS = (
    "productTitle",
    "type",
    "productId",
    "productVariantId",
    "sku",
    "originalPrice",
    "taxType",
    "volumeInML",
    "departmentCode",
    "bundleItems",
)


def is_possible(kind: Return, order: Mapping[str, Any]) -> bool:
    has_units = any(item["quantity"] > 0 for item in order["items"])
    match kind:
        case Return.SHIPPING:
            return bool(order["shipTotal"] > 0)
        case Return.TIP:
            return bool(order["tipTotal"] > 0)
        case Return.AMOUNT:
            return bool(order["subTotal"] > 1000)
        case Return.FULL | Return.PARTIAL | Return.EXCHANGE | Return.EXCHANGE_AGAIN:
            return has_units
        case _:
            assert_never(kind)


def returned(pending: Pending, at: datetime, shelf: Shelf) -> Sale:
    origin = pending.origin
    units = [unit for item in origin["items"] for unit in _units(item)]
    shipping, tip, amount = None, 0, 0
    match pending.kind:
        case Return.FULL:
            lines = units
            shipping, tip = -origin["shipTotal"] or None, -origin["tipTotal"]
        case Return.PARTIAL:
            lines = units[:1]
        case Return.SHIPPING:
            lines, shipping = [], -origin["shipTotal"]
        case Return.AMOUNT:
            lines, amount = [], -(origin["subTotal"] // 4)
        case Return.TIP:
            lines, tip = [], -origin["tipTotal"]
        case Return.EXCHANGE | Return.EXCHANGE_AGAIN:
            return _exchange(pending, at, shelf, units[0])
        case _:
            assert_never(pending.kind)
    return Sale(
        at,
        origin["channel"],
        lines,
        origin["customerId"],
        shipping=shipping,
        tip=tip,
        amount=amount,
        purchase_type="Refund",
        previous=origin,
        changes={"orderFulfilledDate": None, "fulfillmentStatus": "No Fulfillment Required"},
    )


def _exchange(pending: Pending, at: datetime, shelf: Shelf, unit: Line) -> Sale:
    """The bottle comes back and another one, of another price as a rule, leaves; typed in at the office."""
    others = [wine for wine in shelf.wines if wine.sku != unit.product["sku"]]
    other = others[pending.origin["orderNumber"] % len(others)]
    return Sale(
        at,
        "Inbound",
        [unit, line(other, 1)],
        pending.origin["customerId"],
        purchase_type="Exchange",
        previous=pending.origin,
    )


def _units(item: Mapping[str, Any]) -> list[Line]:
    """One line for each bottle that can come back, its share of the line's tax with it, to the cent."""
    many = max(item["quantity"], 0)
    product = {key: item[key] for key in _PRODUCT_FIELDS if key in item}
    return [
        Line(product, -1, item["price"], -((item["tax"] + nth) // many), purchase_type="Refund") for nth in range(many)
    ]


def link(origin: Record, child: Mapping[str, Any]) -> None:
    """The API adds to the order before, and touches it, when it is returned."""
    entry = {
        "orderId": child["id"],
        "orderNumber": child["orderNumber"],
        "purchaseType": child["purchaseType"],
    }
    origin["linkedOrders"].append(entry)
    origin["updatedAt"] = max(origin["updatedAt"], child["updatedAt"])
