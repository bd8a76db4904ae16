"""Tock, where tastings and events are booked: all reservations and guests, without what is private."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from kpictl.connect import (
    AnswerError,
    Connector,
    Item,
    Pages,
    Record,
    Request,
    Rounded,
    Stream,
    Version,
    Walk,
    half_even,
)

EXPIRED = frozenset({400, 403})  # what Google's storage says to an address whose time is over
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FLOAT_EXACT_LIMIT = 2**53

# What is stored of a reservation and of a guest. Everything else is left out: notes, answers, diets, names,
# phones, birthdays, and whatever the vendor adds, until someone has looked at it.
RESERVATION_MEMBERS = (  # noqa: SIM905 -- forty names on as many lines would hide the sense
    "id walkinId business dateTime serviceDateTimestamp createdTimestamp lastUpdatedTimestamp partySize "
    "partyState isCancelled transferredOut transferredOutAmountCents versionId sequenceId confirmationCode "
    "table seatingOption visitTag keyValue experience option fee customCharge subtotalCents compAmountCents "
    "discount taxRate taxCents serviceChargeRate serviceChargeCents selectedGratuityRate gratuityCents "
    "eventFeeRate eventFeeCents customFeeRate customFeeCents customFeeName totalPriceCents "
    "netAmountPaidCents amountDueCents payment refund"
).split()
GUEST_MEMBERS = (  # noqa: SIM905 -- as above
    "businessGroupId tag attribute isArchived optIn optInSource dateOptedIn isTockVerified versionId "
    "createdAtTimestamp updatedAtTimestamp"
).split()
DISCOUNT_MEMBERS = ("description", "amountCents", "discountType", "promoCode", "ticketTypePromoCodeId")
PROFILE_MEMBERS = ("business", "tag", "spend")


class Settings(BaseModel):
    """What `connectors: tock:` of kpictl.yml holds."""

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, coerce_numbers_to_str=True, hide_input_in_errors=True
    )

    api_key: SecretStr = Field(min_length=1)
    business_id: str = Field(pattern=r"^[0-9]+$")
    business_group_id: str | None = Field(None, pattern=r"^[0-9]+$")
    base_url: str = "https://api.exploretock.com"
    listing_path: str = "/api/data/export/urls"
    allowed_file_hosts: list[str] = Field(
        default=["storage.googleapis.com", "*.storage.googleapis.com"],
        description="where files may come from; this machine, or an http://host, may do without https",
    )

    @field_validator("api_key")
    @classmethod
    def _fits_a_header(cls, value: SecretStr) -> SecretStr:
        if not (value.get_secret_value().isascii() and value.get_secret_value().isprintable()):
            raise ValueError("contains characters that no key has")
        return value


def _identifier(value: Any) -> Any:
    """Ids are texts or numbers, some beyond a float's reach; proto3 leaves out or zeroes what is unset."""
    if isinstance(value, float):
        if not value.is_integer() or abs(value) >= FLOAT_EXACT_LIMIT:
            raise ValueError("an id must be a whole number or a text")
        value = int(value)
    text = "" if value is None else str(value).strip()
    if text.isascii() and text.isdigit():
        text = str(int(text))
    return None if text in ("", "0") else text


def _instant(value: Any) -> Any:
    """Milliseconds since 1970, as a text or a number."""
    text = _identifier(value)
    try:
        return None if text is None else EPOCH + timedelta(milliseconds=int(text))
    except OverflowError:
        raise ValueError("the timestamp is too large for milliseconds") from None


Id = Annotated[str | None, BeforeValidator(_identifier)]
Instant = Annotated[datetime | None, BeforeValidator(_instant)]


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


class Reservation(Record):
    """One reservation or walk-in, cancelled ones too."""

    id: str = Field(description="the reservation's id; walkin:ID for a walk-in, which has none")
    business_id: Id = Field(None, validation_alias=AliasPath("business", "id"))
    business_time_zone: str | None = Field(None, validation_alias=AliasPath("business", "timeZone"))
    currency_code: str | None = Field(None, validation_alias=AliasPath("business", "currencyCode"))
    service_at: datetime | None = Field(
        None, description="start of the visit: the timestamp, else date_time in the business's zone"
    )
    date_time: str | None = Field(None, description="local start as sent: YYYY-MM-DDTHH:MM or HH:MM")
    party_size: int | None = None
    party_state: Annotated[str | None, BeforeValidator(_upper)] = None
    is_cancelled: bool = Field(default=False, description="flagged so, or party_state says so")
    transferred_out: bool = Field(default=False, description="given to another party, whose reservation is another row")
    transferred_out_amount_cents: Rounded = 0
    confirmation_code: str | None = None
    walkin_id: Id = None
    experience_id: Id = Field(None, validation_alias=AliasPath("experience", "id"))
    experience_name: str | None = Field(None, validation_alias=AliasPath("experience", "name"))
    experience_variety: Annotated[str | None, BeforeValidator(_upper)] = Field(
        None, validation_alias=AliasPath("experience", "variety")
    )
    experience_amount_cents: Rounded | None = Field(None, validation_alias=AliasPath("experience", "amountCents"))
    subtotal_cents: Rounded = 0
    comp_amount_cents: Rounded = 0
    discount_cents: Rounded = Field(default=0, description="sum over discounts, gift cards used among them")
    tax_cents: Rounded = 0
    service_charge_cents: Rounded = 0
    gratuity_cents: Rounded = 0
    event_fee_cents: Rounded = 0
    custom_fee_cents: Rounded = 0
    total_price_cents: Rounded | None = Field(None, description="with fees, charges and tax; NULL where not sent")
    net_amount_paid_cents: Rounded | None = Field(None, description="charged to the party; NULL where not sent")
    amount_due_cents: Rounded | None = None
    payment_cents: Rounded = Field(default=0, description="sum over payments")
    processor_fee_cents: Rounded = Field(default=0, description="sum over payments")
    tock_fee_cents: Rounded = Field(default=0, description="sum over payments")
    refunded_cents: Rounded = Field(default=0, description="sum over COMPLETE refunds")
    processor_fee_refunded_cents: Rounded = Field(default=0, description="sum over COMPLETE refunds")
    tock_fee_refunded_cents: Rounded = Field(default=0, description="sum over COMPLETE refunds")
    owner_patron_id: Id = Field(None, validation_alias=AliasPath("ownerPatron", "id"))
    diner_patron_id: Id = Field(None, validation_alias=AliasPath("dinerPatron", "id"))
    diner_email_hash: str | None = Field(None, validation_alias=AliasPath("dinerPatron", "emailHash"))
    version_id: Id = None
    sequence_id: int | None = None
    created_at: Instant = Field(None, validation_alias="createdTimestamp")
    updated_at: Instant = Field(None, validation_alias="lastUpdatedTimestamp")

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, raw: Any) -> Any:
        """Adds what several members of a record say together; a null is a value left out."""
        given = {key: value for key, value in raw.items() if value is not None}
        walkin = _identifier(given.get("walkinId"))
        key = _identifier(given.pop("id", None)) or (f"walkin:{walkin}" if walkin else None)
        return {
            **given,
            **({"id": key} if key else {}),
            "service_at": _instant(given.get("serviceDateTimestamp")) or _local_start(given),
            "is_cancelled": _true(given.pop("isCancelled", False)) or _upper(given.get("partyState")) == "CANCELLED",
            **_sums(given),
        }


class Guest(Record):
    """The current profile of one guest; its own id changes with every edit, the patron's does not."""

    patron_id: Annotated[str, BeforeValidator(_identifier)] = Field(validation_alias=AliasPath("patron", "id"))
    email_hash: str | None = Field(
        None,
        validation_alias=AliasPath("patron", "emailHash"),
        description="SHA-256 of the e-mail in lower case",
    )
    tags: Any = Field(None, validation_alias="tag")
    attributes: Any = Field(None, validation_alias="attribute", description="links to other systems")
    total_spend_cents: Rounded | None = Field(None, description="at this business")
    average_spend_per_visit_cents: Rounded | None = None
    spend_in_last_year_cents: Rounded | None = None
    opt_in: bool | None = None
    opt_in_source: str | None = None
    is_archived: bool = False
    version_id: Id = None
    created_at: Instant = Field(None, validation_alias="createdAtTimestamp")
    updated_at: Instant = Field(None, validation_alias="updatedAtTimestamp")

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, raw: Any) -> Any:
        given = {key: value for key, value in raw.items() if value is not None}
        profiles = _objects(given.get("businessGuestProfile"))
        return {**given, **((profiles[0].get("spend") or {}) if profiles else {})}


def connector(settings: Settings) -> Connector:
    scope = {"businessId": settings.business_id}
    if settings.business_group_id is not None:
        scope["businessGroupId"] = settings.business_group_id
    return Connector(
        name="tock",
        base_url=settings.base_url,
        headers={
            "X-Tock-Authorization": settings.api_key.get_secret_value(),
            "X-Tock-Scope": json.dumps(scope, separators=(",", ":")),
        },
        streams=(
            Stream(
                name="reservation",
                table="raw_tock_reservation",
                key=("id",),
                record=Reservation,
                pages=_files(settings, "reservationDataUrls"),
                items=_items(settings.business_id, _public_reservation),
                version=_reservation_version,
            ),
            Stream(
                name="guest",
                table="raw_tock_guest",
                key=("patron_id",),
                record=Guest,
                pages=_files(settings, "guestDataUrls"),
                items=_items(settings.business_id, _public_guest),
                version=_guest_version,
            ),
        ),
        other_hosts=tuple(settings.allowed_file_hosts),
        on_refusal="check the credentials, `api_key`, `business_id` and `business_group_id`: "
        "the key is valid for its own scope alone",
        on_other_host="add it to `allowed_file_hosts` only if the host is known to be the vendor's",
    )


def _files(settings: Settings, list_key: str) -> Callable[[Walk], Pages]:
    """A listing, then every file in it: an export is the whole history; old records change in any file.

    The addresses of the files end: one that has is met with a fresh listing, once.
    """

    def pages(walk: Walk) -> Pages:
        del walk  # an export knows no changes alone
        for expired in (EXPIRED, frozenset[int]()):
            listing = yield Request(settings.listing_path, holds_records=False)
            for url in _addresses(listing.body, list_key):
                # The address is the key; ours stays here.
                file = yield Request(url, authenticated=False, is_file=True, accepts=expired)
                if file.status in expired:
                    break
            else:
                return

    return pages


def _addresses(listing: Any, list_key: str) -> list[str]:
    result = listing.get("result") if isinstance(listing, dict) else None
    urls = (result.get(list_key) or []) if isinstance(result, dict) else None
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise AnswerError(f"the listing has no list of addresses `result.{list_key}`")
    return urls


def _items(business_id: str, public: Callable[[Item, str], Item | None]) -> Callable[[Any], list[Item]]:
    def items(records: Any) -> list[Item]:
        found = (public(record, business_id) for record in records)
        return [record for record in found if record is not None]

    return items


def _public_reservation(record: Item, business_id: str) -> Item | None:
    """What is kept of a reservation; None for another venue's."""
    if not _is_ours(record.get("business"), business_id):
        return None
    kept = _only(record, RESERVATION_MEMBERS)
    if "discount" in kept:
        kept["discount"] = [_only(discount, DISCOUNT_MEMBERS) for discount in _objects(kept["discount"])]
    for role in ("ownerPatron", "dinerPatron"):
        if isinstance(record.get(role), dict):
            kept[role] = _public_patron(record[role])
    return kept


def _public_guest(record: Item, business_id: str) -> Item | None:
    """What is kept of a guest; None for one who is known to other venues alone."""
    profiles = _objects(record.get("businessGuestProfile"))
    ours = [profile for profile in profiles if _is_ours(profile.get("business"), business_id)]
    if profiles and not ours:
        return None
    kept = _only(record, GUEST_MEMBERS)
    kept["patron"] = _public_patron(record.get("patron") or {})
    kept["businessGuestProfile"] = [_only(profile, PROFILE_MEMBERS) for profile in ours]
    return kept


def _public_patron(patron: Item) -> Item:
    email = str(patron.get("email") or "").strip().lower()
    return {
        "id": patron.get("id"),
        "emailHash": hashlib.sha256(email.encode()).hexdigest() if email else None,
    }


def _is_ours(business: Any, business_id: str) -> bool:
    """Whether the record names this business, or none at all."""
    found = _identifier(business.get("id")) if isinstance(business, dict) else None
    return found is None or found == str(int(business_id))


def _sums(record: Item) -> dict[str, int]:
    payments = _objects(record.get("payment"))
    refunds = [refund for refund in _objects(record.get("refund")) if _upper(refund.get("status")) == "COMPLETE"]
    return {
        "discount_cents": _sum(_objects(record.get("discount")), "amountCents"),
        "payment_cents": _sum(payments, "amount"),
        "processor_fee_cents": _sum(payments, "processorFeeCents"),
        "tock_fee_cents": _sum(payments, "tockFeeCents"),
        "refunded_cents": _sum(refunds, "amount"),
        "processor_fee_refunded_cents": _sum(refunds, "processorFeeRefundedCents"),
        "tock_fee_refunded_cents": _sum(refunds, "tockFeeRefundedCents"),
    }


def _sum(members: Iterable[Item], name: str) -> int:
    """The sum of the members' cents; proto3 leaves zeros out."""
    return sum(int(half_even(member.get(name) or 0)) for member in members)


def _local_start(record: Item) -> datetime | None:
    """The start from the local time: the second of one that occurs twice; a skipped one moves on."""
    try:
        zone = ZoneInfo((record.get("business") or {})["timeZone"])
        local = datetime.fromisoformat(record["dateTime"])
    except (KeyError, TypeError, ValueError, OSError, ZoneInfoNotFoundError):
        return None
    return max(local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def _reservation_version(record: Reservation) -> Version:
    return (_number(record.version_id), record.sequence_id or 0, _milliseconds(record.updated_at))


def _guest_version(record: Guest) -> Version:
    return (int(not record.is_archived), _milliseconds(record.updated_at))


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdigit() else 0


def _milliseconds(moment: datetime | None) -> int:
    return 0 if moment is None else (moment - EPOCH) // timedelta(milliseconds=1)


def _true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _only(record: Item, names: Iterable[str]) -> Item:
    return {name: record[name] for name in names if name in record}


def _objects(value: Any) -> list[Item]:
    return [member for member in value if isinstance(member, dict)] if isinstance(value, list) else []
