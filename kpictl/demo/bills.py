"""The money of one Tock reservation: what it cost, what was paid, what was given back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from kpictl.demo.experiences import Experience
from kpictl.demo.rng import Record

_DISCOUNTS = ("CREDIT", "SUBTOTAL_COMP", "POST_TOTAL_ADMIN_COMP", "POST_TOTAL_REFUND")
_DEPOSIT_A_GUEST = 2500


@dataclass(frozen=True, slots=True)
class Refund:
    amount: int
    status: str = "COMPLETE"
    is_dispute: bool = False


@dataclass(frozen=True, slots=True)
class Bill:
    """In cents; the total is the subtotal less discounts and comp, plus event fee and gratuity."""

    experience: int = 0
    options: Sequence[Record] = ()
    discounts: Sequence[Record] = ()
    comp: int = 0
    event_fee: int = 0
    gratuity: int = 0
    paid: int = 0
    refunds: Sequence[Refund] = ()

    @property
    def subtotal(self) -> int:
        return self.experience + sum(int(option["amountCents"]) for option in self.options)

    @property
    def total(self) -> int:
        off = sum(int(discount["amountCents"]) for discount in self.discounts)
        return self.subtotal - off - self.comp + self.event_fee + self.gratuity

    @property
    def net_paid(self) -> int:
        return self.paid - sum(refund.amount for refund in self.refunds if refund.status == "COMPLETE")

    def with_refund(self, amount: int, status: str = "COMPLETE", *, is_dispute: bool = False) -> "Bill":
        return replace(self, refunds=(*self.refunds, Refund(amount, status, is_dispute))) if amount else self

    def fields(self, number: int) -> Record:
        """As the reservation shows it; ids come from the reservation's number."""
        total, net_paid = self.total, self.net_paid
        return {
            "option": [{**option, "amountCents": str(option["amountCents"])} for option in self.options],
            "fee": [],
            "customCharge": [],
            "compAmountCents": self.comp,
            "subtotalCents": self.subtotal,
            "taxRate": 0,
            "taxCents": 0,
            "serviceChargeCents": 0,
            "gratuityCents": self.gratuity,
            "eventFeeCents": self.event_fee,
            "customFeeCents": 0,
            "totalPriceCents": total,
            "discount": list(self.discounts),
            "netAmountPaidCents": net_paid,
            "amountDueCents": total - net_paid,
            "payment": [_payment(self.paid, number)] if self.paid else [],
            "refund": [_refund(refund, number + nth) for nth, refund in enumerate(self.refunds)],
        }


def _payment(amount: int, number: int) -> Record:
    return {
        "id": str(number),
        "amount": amount,
        "paymentType": "CREDIT_CARD",
        "processorId": f"pi_{number}",
        "processorFeeCents": amount * 29 // 1000 + 30,
        "tockFeeCents": amount * 2 // 100,
    }


def _refund(refund: Refund, number: int) -> Record:
    is_done = refund.status == "COMPLETE"
    return {
        "id": str(number),
        "amount": refund.amount,
        "isDispute": refund.is_dispute,
        "status": refund.status,
        "processorFeeRefundedCents": 0,
        "tockFeeRefundedCents": refund.amount * 2 // 100 if is_done else 0,
    }


def bill(rng: Random, experience: Experience, variety: str, party: int, *, is_honoured: bool, risen: float) -> Bill:
    """What a party pays: ahead for most varieties, at the table or nothing for some."""
    price = round(experience.price * risen / 500) * 500
    has_option, has_discount, has_comp = rng.random() < 0.15, rng.random() < 0.04, rng.random() < 0.01
    discount, option_count = rng.choice(_DISCOUNTS), rng.randrange(1, 3)
    if variety == "RESERVATION":
        return Bill()
    amount = price * party
    drawn = Bill(
        experience=amount,
        options=[_CHEESE] * option_count if has_option else [],
        discounts=[_discount(discount, amount // 10)] if has_discount else [],
        comp=amount // 5 if has_comp else 0,
        event_fee=amount * 3 // 100 if variety == "EVENT" else 0,
        gratuity=amount * 18 // 100 if variety == "TABLESIDE" else 0,
    )
    match variety:
        case "DEPOSIT":
            return replace(drawn, paid=_DEPOSIT_A_GUEST * party)
        case "TABLESIDE":
            return replace(drawn, paid=drawn.total if is_honoured else 0)
        case _:
            return replace(drawn, paid=drawn.total)


_CHEESE: Record = {"id": "70311", "name": "Cheese Pairing", "amountCents": 2500, "posSku": "CHEESE"}


def _discount(kind: str, amount: int, *, gift_card: bool = False) -> Record:
    discount: Record = {"description": "Courtesy", "amountCents": amount, "discountType": kind}
    if gift_card:
        discount["giftCard"] = {"giftCardProvider": "TCC", "externalIdentifier": "card-1"}
    return discount


def with_gift_card(given: Bill) -> Bill:
    """A gift card pays half: it shows among the discounts."""
    card = _discount("CREDIT", given.total // 2, gift_card=True)
    changed = replace(given, discounts=(*given.discounts, card))
    return replace(changed, paid=changed.total)
