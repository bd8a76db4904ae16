"""One Commerce7 order: from what was sold to the record that the API shows, with its arithmetic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from types import MappingProxyType
from typing import Any

from kpictl.demo.cellar import Product
from kpictl.demo.rng import Record, uuid
from kpictl.demo.season import iso

_TAXED = frozenset({"Wine", "General Merchandise"})
_TAX_RATE_IN_10_000 = 775


@dataclass(frozen=True, slots=True)
class Line:
    product: Mapping[str, Any]
    """The product's part of the item."""
    quantity: int
    price: int
    tax: int
    purchase_type: str = "Regular"


@dataclass(frozen=True, slots=True)
class Sale:
    """What happened at the till, on the site or on the phone; money in cents."""

    at: datetime
    channel: str
    lines: Sequence[Line]
    customer_id: str | None = None
    shipping: int | None = None
    """None where nothing is shipped."""
    tip: int = 0
    amount: int = 0
    """Money that belongs to no line: an item-less refund."""
    purchase_type: str = "Regular"
    status: str = "Paid"
    previous: Mapping[str, Any] | None = None
    meta: Mapping[str, Any] | None = None
    club: Mapping[str, Any] | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Fields to send otherwise than the rest of the sale says."""
    charge_type: str | None = None
    gift_card: int = 0
    """The part that a gift card pays."""


def line(product: Product, quantity: int, *, percent_off: int = 0) -> Line:
    price = product.price * (100 - percent_off) // 100
    taxed = product.item["taxType"] in _TAXED
    tax = (price * quantity * _TAX_RATE_IN_10_000 + 5_000) // 10_000 if taxed else 0
    return Line(product.item, quantity, price, tax)


def order_record(rng: Random, sale: Sale, number: int) -> Record:
    order_id, at = uuid(rng), iso(sale.at)
    subtotal = sum(line.price * line.quantity for line in sale.lines) + sale.amount
    tax = sum(line.tax for line in sale.lines)
    total = subtotal + (sale.shipping or 0) + tax
    was_paid = sale.status == "Paid"
    is_shipped = sale.shipping is not None
    previous = sale.previous or {}
    record: Record = {
        "id": order_id,
        "orderNumber": number,
        "orderSource": "Internal",
        "externalOrderNumber": None,
        "externalOrderVendor": None,
        "orderSubmittedDate": iso(sale.at - timedelta(milliseconds=900)),
        "orderPaidDate": None if sale.status == "Authorized" else at,
        "orderFulfilledDate": at if was_paid and not is_shipped else None,
        "previousOrderId": previous.get("id"),
        "previousOrderNumber": previous.get("orderNumber"),
        "linkedOrders": [],
        "purchaseType": sale.purchase_type,
        "paymentStatus": sale.status,
        "fulfillmentStatus": "Fulfilled" if was_paid and not is_shipped else "Not Fulfilled",
        "complianceStatus": "Compliant" if is_shipped else "No Compliance Required",
        "channel": sale.channel,
        "customerId": sale.customer_id,
        "orderDeliveryMethod": "Ship" if is_shipped else "Pickup" if sale.club else "Carry Out",
        "taxSaleType": "Offsite" if is_shipped else "Onsite",
        "subTotal": subtotal,
        "shipTotal": sale.shipping or 0,
        "taxTotal": tax,
        "dutyTotal": 0,
        "bottleDepositTotal": 0,
        "total": total,
        "tipTotal": sale.tip,
        "totalAfterTip": total + sale.tip,
        "metaData": sale.meta,
        "club": sale.club,
        "promotions": _promotions(rng, sale.lines),
        "items": [_item(rng, line) for line in sale.lines],
        "tenders": _tenders(rng, sale, total + sale.tip),
        "createdAt": iso(sale.at - timedelta(seconds=rng.randrange(20, 400))),
        "updatedAt": at,
    }
    record.update(sale.changes)
    return record


def _item(rng: Random, line: Line) -> Record:
    return {
        "id": uuid(rng),
        "purchaseType": line.purchase_type,
        **line.product,
        "price": line.price,
        "quantity": line.quantity,
        "tax": line.tax,
    }


def _promotions(rng: Random, lines: Sequence[Line]) -> list[Record]:
    saved = sum((line.product["originalPrice"] - line.price) * line.quantity for line in lines if line.quantity > 0)
    if not saved:
        return []
    return [
        {
            "id": uuid(rng),
            "title": "Member price",
            "inUse": True,
            "productValue": saved,
            "shippingValue": 0,
            "totalValue": saved,
        }
    ]


_CHARGES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"Paid": ("Sale", "Success"), "Authorized": ("PreAuth", "Success"), "Cancelled": ("Cancel", "Cancelled")}
)


def _tenders(rng: Random, sale: Sale, amount: int) -> list[Record]:
    if amount == 0:
        return []
    charge, status = _CHARGES[sale.status]
    if amount < 0:
        charge = "Refund"
    tenders = []
    for kind, part in (("Gift Card", sale.gift_card), ("Credit Card", amount - sale.gift_card)):
        if part:
            tenders.append(
                {
                    "id": uuid(rng),
                    "tenderType": kind,
                    "chargeType": sale.charge_type or charge,
                    "chargeStatus": status,
                    "amountTendered": part,
                    "tip": sale.tip if kind == "Credit Card" else 0,
                    "paymentDate": iso(sale.at),
                }
            )
    return tenders
