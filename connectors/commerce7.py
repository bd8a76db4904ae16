"""Commerce7, the winery's shop: customers, orders with their items, products, clubs and club memberships."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import AliasPath, BaseModel, ConfigDict, Field, SecretStr

from kpictl.connect import (
    Child,
    Connector,
    Item,
    Pages,
    Rate,
    Record,
    Request,
    Rounded,
    Stream,
    Version,
    Walk,
    basic,
    cursor_pages,
    listed,
    numbered_pages,
)

PAGE_LIMIT = 50  # the API's greatest
SLOW_PAGES = (100, 60.0)  # beyond page 100 one page a minute

Cents = Rounded

CARDS = frozenset({"creditCard", "creditCards", "customerCreditCard", "giftCardCode", "giftCardNumber", "maskedCode"})
GIFT_CARDS = frozenset({"giftCard", "giftCards"})
CODES = frozenset({"code", "number", "pin"})


class Settings(BaseModel):
    """What `connectors: commerce7:` of kpictl.yml holds."""

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, coerce_numbers_to_str=True, hide_input_in_errors=True
    )

    tenant: str = Field(pattern=r"^[A-Za-z0-9-]+$")
    app_id: str = Field(min_length=1)
    app_secret: SecretStr = Field(min_length=1)
    reservations: bool = Field(default=False, description="whether bookings are taken with Commerce7 itself")
    base_url: str = "https://api.commerce7.com/v1"


class Customer(Record):
    """One customer; names, addresses and e-mails are in the record alone."""

    id: str
    city: str | None = None
    state_code: str | None = None
    zip_code: str | None = None
    country_code: str | None = None
    email_marketing_status: str | None = None
    last_activity_date: datetime | None = None
    order_count: int | None = Field(None, validation_alias=AliasPath("orderInformation", "orderCount"))
    lifetime_value: Cents | None = Field(
        None, validation_alias=AliasPath("orderInformation", "lifetimeValue"), description="cents"
    )
    acquisition_channel: str | None = Field(None, validation_alias=AliasPath("orderInformation", "acquisitionChannel"))
    clubs: Any = None
    tags: Any = None
    meta_data: Any = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Order(Record):
    """One completed order; refunds and exchanges are orders of their own, with negative amounts."""

    id: str
    order_number: int | None = None
    order_source: str | None = None
    external_order_number: str | None = None
    external_order_vendor: str | None = Field(None, description="set on imported orders, as by Tock")
    channel: str | None = Field(None, description="POS, Web, Club, Inbound, or a value the vendor adds later")
    purchase_type: str | None = Field(None, description="Regular, Refund, Exchange, Pickup To Ship, Corporate Order")
    payment_status: str | None = Field(None, description="Paid, Authorized, Cancelled")
    fulfillment_status: str | None = None
    shipping_status: str | None = None
    order_delivery_method: str | None = None
    tax_sale_type: str | None = None
    order_submitted_date: datetime | None = None
    order_paid_date: datetime | None = None
    order_fulfilled_date: datetime | None = None
    previous_order_id: str | None = Field(None, description="of a refund or exchange: the original order")
    previous_order_number: int | None = None
    customer_id: str | None = None
    pos_profile_id: str | None = None
    pos_profile_title: str | None = Field(None, validation_alias=AliasPath("posProfile", "title"))
    club_id: str | None = Field(None, validation_alias=AliasPath("club", "clubId"))
    club_title: str | None = Field(None, validation_alias=AliasPath("club", "clubTitle"))
    sub_total: Cents | None = Field(None, description="cents, after discounts, before tax, shipping and tip")
    ship_total: Cents | None = Field(None, description="cents")
    tax_total: Cents | None = Field(None, description="cents")
    duty_total: Cents | None = Field(None, description="cents")
    bottle_deposit_total: Cents | None = Field(None, description="cents")
    tip_total: Cents | None = Field(None, description="cents, not part of total")
    total: Cents | None = Field(None, description="cents")
    total_after_tip: Cents | None = Field(None, description="cents")
    meta_data: Any = Field(None, description="the tenant's own fields")
    linked_orders: Any = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class OrderItem(Record):
    """One line of an order; a refund's has a negative quantity and a positive price."""

    id: str
    order_id: str
    purchase_type: str | None = None
    type: str | None = Field(None, description="Wine, Tasting, Event Ticket, Gift Card, Bundle, …")
    product_id: str | None = None
    product_title: str | None = None
    product_variant_id: str | None = None
    product_variant_title: str | None = None
    sku: str | None = None
    quantity: int | None = None
    price: Cents | None = Field(None, description="cents for one, after discounts")
    original_price: Cents | None = Field(None, description="cents for one, before discounts")
    cost_of_good: Cents | None = Field(None, description="cents for one")
    tax: Cents | None = Field(None, description="cents")
    tax_type: str | None = None
    volume_in_ml: Rounded | None = Field(None, validation_alias="volumeInML", description="millilitres of one")
    department_id: str | None = None
    department_code: str | None = None
    bundle_items: Any = None


class Product(Record):
    """One product with its variants."""

    id: str
    title: str | None = None
    sub_title: str | None = None
    type: str | None = None
    department_id: str | None = None
    department_title: str | None = Field(None, validation_alias=AliasPath("department", "title"))
    vendor_id: str | None = None
    web_status: str | None = None
    admin_status: str | None = None
    slug: str | None = None
    wine: Any = None
    variants: Any = None
    meta_data: Any = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Club(Record):
    """One club."""

    id: str
    title: str | None = None
    type: str | None = None
    slug: str | None = None
    web_status: str | None = None
    admin_status: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Department(Record):
    """One of the groups that a tenant books its products under."""

    id: str
    title: str | None = None
    code: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Reservation(Record):
    """One reservation; its money is in the order that it leads to, and is never added to that."""

    id: str
    reservation_number: int | None = None
    status: str | None = Field(None, description="Incomplete, Hold, Reserved, Processing, Paid, Checked In, …")
    payment_status: str | None = None
    channel: str | None = None
    customer_id: str | None = None
    order_id: str | None = None
    reservation_date: datetime | None = None
    reservation_type_id: str | None = None
    reservation_type_title: str | None = Field(None, validation_alias=AliasPath("reservationType", "title"))
    experience_type: str | None = None
    guest_count: int | None = None
    check_in_time: datetime | None = None
    close_out_time: datetime | None = None
    external_reservation_vendor: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Membership(Record):
    """One membership; its status is today's, its history is in the dates."""

    id: str
    status: str | None = None
    customer_id: str | None = None
    club_id: str | None = None
    club_title: str | None = Field(None, validation_alias=AliasPath("club", "title"))
    club_type: str | None = None
    order_delivery_method: str | None = None
    signup_date: datetime | None = None
    cancel_date: datetime | None = None
    cancellation_reason: str | None = None
    last_processed_date: datetime | None = None
    current_number_of_shipments: int | None = None
    acquisition_channel: str | None = None
    on_holds: Any = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


def connector(settings: Settings) -> Connector:
    streams = [
        _by_cursor("customer", "raw_customer", Customer, "customers"),
        _by_cursor("order", "raw_order", Order, "orders", (ORDER_ITEMS,)),
        _by_cursor("product", "raw_product", Product, "products"),
        _by_page("club", "raw_club", Club, "clubs"),
        _by_page("department", "raw_department", Department, "departments"),
        _by_cursor("club-membership", "raw_club_membership", Membership, "clubMemberships"),
    ]
    if settings.reservations:
        streams.append(_by_cursor("reservation", "raw_reservation", Reservation, "reservations"))
    return Connector(
        name="commerce7",
        base_url=settings.base_url,
        auth=basic(settings.app_id, settings.app_secret.get_secret_value()),
        headers={"tenant": settings.tenant},
        rate=Rate(requests=100, seconds=60),  # each tenant's, over all apps; cursors are free
        streams=tuple(streams),
        on_refusal="check `app_id`, `app_secret` and `tenant`; whether the tenant has installed the app; and whether "
        "the app's version may read what is asked for",
    )


def _by_cursor(name: str, table: str, record: type[Record], list_key: str, children: tuple[Child, ...] = ()) -> Stream:
    """A list by cursor, which belongs to one walk: a walk that broke off begins anew.

    Some lists ignore the filter on `updatedAt`, and give all: that is stored all the same. Others may refuse it.
    """

    def pages(walk: Walk) -> Pages:
        request = Request(f"/{name}", {"limit": str(PAGE_LIMIT)}, costs=0)
        return cursor_pages(request, list_key=list_key, filters=_changed(walk))

    return Stream(name, table, ("id",), record, pages, _items(list_key), children, updated="updated_at")


def _by_page(name: str, table: str, record: type[Record], list_key: str) -> Stream:
    """A list by page: short, and without a filter, so that it is read whole each time."""

    def pages(walk: Walk) -> Pages:
        del walk
        return numbered_pages(Request(f"/{name}"), list_key, PAGE_LIMIT, total_key="total", slow=SLOW_PAGES)

    return Stream(name, table, ("id",), record, pages, _items(list_key), version=_by_update)


def _changed(walk: Walk) -> dict[str, str]:
    if not isinstance(walk.since, datetime):
        return {}
    return {"updatedAt": f"gte:{walk.since:%Y-%m-%dT%H:%M:%S}.{walk.since.microsecond // 1000:03d}Z"}


def _by_update(record: Club | Department) -> Version:
    return (0 if record.updated_at is None else int(record.updated_at.timestamp() * 1000),)


def _items(list_key: str) -> Callable[[Any], list[Item]]:
    def items(body: Any) -> list[Item]:
        return [_without_cards(item) for item in listed(body, list_key)]

    return items


def _order_items(order: Item) -> list[Item]:
    return [{**item, "orderId": order["id"]} for item in order.get("items") or []]


ORDER_ITEMS = Child("raw_order_item", ("order_id", "id"), OrderItem, _order_items)


def _without_cards(record: Item, hidden: frozenset[str] = CARDS) -> Item:
    """The record without anything that pays: cards wherever they stand, and the codes of gift cards."""
    kept = {}
    for key, member in record.items():
        if key in hidden:
            continue
        if isinstance(member, dict | list):
            kept[key] = _below(member, CARDS | CODES if key in GIFT_CARDS else hidden)
        else:
            kept[key] = member
    return kept


def _below(value: Any, hidden: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return _without_cards(value, hidden)
    return [_below(member, hidden) for member in value] if isinstance(value, list) else value
