"""Tock as its reference describes it: one listing, files without our key, versions, nothing private."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kpictl.connect import Answer as Body
from kpictl.connect import (
    AnswerError,
    Connector,
    Noticed,
    Request,
    Retries,
    Synced,
    Walk,
    everything,
    load_connector,
    sync,
)
from kpictl.connect.client import address as destination
from kpictl.connect.memory import MemorySink
from kpictl.diagnostics import WorldError
from tests.connect.web import HTML, Answer, Call, Web

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 5, 18, tzinfo=UTC)
KEY = "t0ck-k3y"
DANA = "1f63459288fb8a6ae6e4905b8b54b5682ee49549a96bbf0de5a43cf84fd143ec"  # sha256 of dana.okafor@example.com

PATRON = {"id": "7001", "email": " Dana.Okafor@Example.com", "firstName": "Dana", "phone": "7075550142"}
HELD: dict[str, Any] = {
    "id": "418820773001",
    "business": {"id": "12345", "currencyCode": "USD", "timeZone": "America/Los_Angeles"},
    "dateTime": "2026-05-16T13:30",
    "serviceDateTimestamp": "1778963400000",
    "createdTimestamp": "1778090400000",
    "lastUpdatedTimestamp": "1778969100000",
    "partySize": 4,
    "partyState": "left",
    "isCancelled": False,
    "versionId": "1778969100123",
    "sequenceId": 4,
    "confirmationCode": "K7QM2XPA",
    "serverName": "Avery",
    "experience": {"id": "90211", "name": "Estate Tasting", "amountCents": "16000", "variety": "PREPAID"},
    "totalPriceCents": 21000,
    "netAmountPaidCents": "21000",
    "discount": [
        {"amountCents": "1000", "discountType": "CREDIT"},
        {"amountCents": 50, "giftCard": {"externalPin": "9876"}},
    ],
    "payment": [
        {"id": "1", "amount": "20000", "processorFeeCents": 600, "tockFeeCents": "400"},
        {"id": "2", "amount": 1000, "processorFeeCents": "39", "payout": {"arrivalDate": "2026-05-19"}},
    ],
    "refund": [
        {
            "id": "8",
            "amount": "500",
            "status": "COMPLETE",
            "processorFeeRefundedCents": 10,
            "tockFeeRefundedCents": 4,
        },
        {"id": "9", "amount": 250, "status": "complete", "processorFeeRefundedCents": "1"},
        {"id": "10", "amount": 9999, "status": "DEFERRED", "tockFeeRefundedCents": 7},
        {"id": "11", "amount": 8888, "status": "ERROR"},
    ],
    "ownerPatron": PATRON,
    "dinerPatron": PATRON,
    "note": [{"text": "allergic"}],
    "question": [{"response": ["birthday"]}],
    "visitFeedback": [{"message": "lovely"}],
}
WALK_IN: dict[str, Any] = {
    "walkinId": "66120",
    "business": {"id": 12345, "timeZone": "America/Los_Angeles"},
    "dateTime": "2026-05-16T15:05",
    "serviceDateTimestamp": 1778969100000,
    "partySize": 2,
    "partyState": "LEFT",
    "versionId": 1778971000000,
}
GUEST: dict[str, Any] = {
    "id": "99120034",
    "patron": PATRON,
    "spouseName": "Sam",
    "address": {"city": "Sonoma"},
    "businessGuestProfile": [
        {"business": {"id": "999"}, "spend": {"totalSpendCents": "1"}, "note": []},
        {
            "business": {"id": "12345"},
            "spend": {"totalSpendCents": "63000"},
            "note": ["shy"],
            "tag": ["Club Member"],
        },
    ],
    "tag": ["Club Member"],
    "attribute": [{"type": "COMMERCE7", "stringValue": "b7a1c3de"}],
    "isArchived": False,
    "updatedAtTimestamp": "1778090400000",
}
PRIVATE = (
    "okafor",
    "dana",
    "7075550142",
    "allergic",
    "birthday",
    "lovely",
    "avery",
    "9876",
    "sam",
    "sonoma",
    "shy",
)


def small(**members: Any) -> dict[str, Any]:
    return {"id": "1", "business": {"id": "12345", "timeZone": "America/Los_Angeles"}, **members}


def exporting(web: Web, files: Web, reservations: list[Any], guests: list[Any] | None = None) -> None:
    """One file for each member; `web` lists them, `files` serves them to whoever has the signature."""
    shelves = {"reservation": reservations, "guest-profile": guests or []}

    def listing(call: Call) -> Answer:
        urls = {
            name: [f"{files.url}/x/{name}-{number}.json?sig=a%2Fb" for number in range(len(shelf))]
            for name, shelf in shelves.items()
        }
        result = {"reservationDataUrls": urls["reservation"], "guestDataUrls": urls["guest-profile"]}
        return Answer({"result": result})

    def file(call: Call) -> Answer:
        assert call.raw_query == "sig=a%2Fb"
        name, _, number = call.path.removeprefix("/x/").removesuffix(".json").rpartition("-")
        return Answer(shelves[name][int(number)])

    web.answer, files.answer = listing, file


def winery(web: Web, **settings: Any) -> Connector:
    given = {"api_key": KEY, "business_id": "12345", "business_group_id": 678, "base_url": web.url}
    made = load_connector("tock", {**given, "allowed_file_hosts": ["127.0.0.1"], **settings}, ROOT)
    return replace(made, retries=Retries(attempts=2, first_seconds=0.001))


def synced(made: Connector, sink: MemorySink) -> dict[str, int]:
    return {
        one.table: one.rows for one in sync(everything((made,)), sink, schema="raw", now=NOW) if isinstance(one, Synced)
    }


def failing(made: Connector, sink: MemorySink) -> WorldError:
    with pytest.raises(WorldError, match="connector tock, stream reservation: ") as caught:
        synced(made, sink)
    assert KEY not in f"{caught.value} {caught.value.help}"
    assert "sig=" not in f"{caught.value} {caught.value.help}"
    return caught.value


def reservations(web: Web, files: Web, sink: MemorySink, *members: Any) -> list[dict[str, Any]]:
    """The rows that one file with these members becomes."""
    exporting(web, files, [list(members)])
    synced(winery(web), sink)
    return sink.rows("raw_tock_reservation")


def picked(row: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def test_the_key_stays_with_the_api(web: Web, other_web: Web, sink: MemorySink) -> None:
    exporting(web, other_web, [[HELD], [WALK_IN]], [[GUEST]])
    assert synced(winery(web), sink) == {"raw_tock_reservation": 2, "raw_tock_guest": 1}
    assert {call.path for call in web.calls} == {"/api/data/export/urls"}
    for call in web.calls:
        assert call.headers["x-tock-authorization"] == KEY
        assert call.headers["x-tock-scope"] == '{"businessId":"12345","businessGroupId":"678"}'
    assert len(other_web.calls) == 3
    for call in other_web.calls:
        assert not [name for name in call.headers if "tock" in name or name == "authorization"]
        assert KEY not in str(call)


def test_a_reservation(web: Web, other_web: Web, sink: MemorySink) -> None:
    (row,) = reservations(web, other_web, sink, HELD)
    assert row["service_at"] == datetime(2026, 5, 16, 20, 30, tzinfo=UTC)
    assert row["updated_at"] == datetime(2026, 5, 16, 22, 5, tzinfo=UTC)
    names = (
        "id",
        "business_time_zone",
        "date_time",
        "party_size",
        "party_state",
        "is_cancelled",
        "transferred_out",
    )
    wanted = ("418820773001", "America/Los_Angeles", "2026-05-16T13:30", 4, "LEFT", False, False)
    assert picked(row, *names) == wanted
    experience = (
        "experience_name",
        "experience_variety",
        "experience_amount_cents",
        "confirmation_code",
        "walkin_id",
    )
    assert picked(row, *experience) == ("Estate Tasting", "PREPAID", 16000, "K7QM2XPA", None)
    assert picked(row, "version_id", "sequence_id", "diner_patron_id") == ("1778969100123", 4, "7001")


def test_money_of_a_reservation(web: Web, other_web: Web, sink: MemorySink) -> None:
    (row,) = reservations(web, other_web, sink, HELD)
    assert picked(row, "total_price_cents", "net_amount_paid_cents", "payment_cents") == (21000, 21000, 21000)
    assert picked(row, "processor_fee_cents", "tock_fee_cents", "discount_cents") == (639, 400, 1050)
    assert picked(row, "refunded_cents", "processor_fee_refunded_cents", "tock_fee_refunded_cents") == (
        750,
        11,
        4,
    )


def test_what_is_not_sent_is_zero_but_revenue_is_unknown(web: Web, other_web: Web, sink: MemorySink) -> None:
    (row,) = reservations(web, other_web, sink, small(payment=None, gratuityCents=None))
    zeros = ("gratuity_cents", "tax_cents", "processor_fee_cents", "tock_fee_cents", "refunded_cents")
    assert picked(row, *zeros) == (0, 0, 0, 0, 0)
    assert picked(row, "total_price_cents", "net_amount_paid_cents") == (None, None)
    assert picked(row, "is_cancelled", "transferred_out") == (False, False)


def test_a_walk_in_has_a_key_of_its_own(web: Web, other_web: Web, sink: MemorySink) -> None:
    (row,) = reservations(web, other_web, sink, WALK_IN)
    assert picked(row, "id", "walkin_id", "experience_name") == ("walkin:66120", "66120", None)
    assert row["service_at"] == datetime(2026, 5, 16, 22, 5, tzinfo=UTC)


@pytest.mark.parametrize("empty", ["", 0, "0", None])
def test_an_empty_id_is_none(web: Web, other_web: Web, sink: MemorySink, empty: object) -> None:
    (row,) = reservations(web, other_web, sink, {**WALK_IN, "id": empty})
    assert row["id"] == "walkin:66120"


def test_a_record_without_any_id_is_kept_apart(web: Web, other_web: Web, sink: MemorySink) -> None:
    rows = reservations(web, other_web, sink, HELD, {"partySize": 2})
    assert [row["id"] for row in rows] == [HELD["id"]]
    (reject,) = sink.rows("raw_rejects", "table_name", "reason", "record")
    assert reject == ("raw_tock_reservation", "id: Field required", '{"partySize":2}')


def test_numbers_and_texts_mean_the_same(web: Web, other_web: Web, sink: MemorySink) -> None:
    big = 9007199254740993  # 2^53 + 1: a float would make it …992
    texts = small(id=str(big), serviceDateTimestamp="1778963400000", netAmountPaidCents="1000", versionId="12")
    numbers = small(id=big + 1, serviceDateTimestamp=1778963400000, netAmountPaidCents=1000, versionId=12)
    names = ("id", "service_at", "net_amount_paid_cents", "version_id")
    at = datetime(2026, 5, 16, 20, 30, tzinfo=UTC)
    assert [picked(row, *names) for row in reservations(web, other_web, sink, texts, numbers)] == [
        ("9007199254740993", at, 1000, "12"),
        ("9007199254740994", at, 1000, "12"),
    ]


@pytest.mark.parametrize(
    ("members", "cancelled"),
    [
        ({"isCancelled": True}, True),
        ({"isCancelled": "true"}, True),
        ({"partyState": "CANCELLED"}, True),
        ({"partyState": "NO_SHOW"}, False),
        ({"isCancelled": None}, False),
    ],
)
def test_cancelled_by_flag_or_state(
    web: Web, other_web: Web, sink: MemorySink, members: dict[str, Any], cancelled: bool
) -> None:
    (row,) = reservations(web, other_web, sink, small(**members))
    assert row["is_cancelled"] is cancelled


@pytest.mark.parametrize(
    ("local", "at"),
    [
        ("2026-05-16T13:30", datetime(2026, 5, 16, 20, 30, tzinfo=UTC)),
        (
            "2026-11-01T01:30",
            datetime(2026, 11, 1, 9, 30, tzinfo=UTC),
        ),  # occurs twice: the second, in winter time
        ("2026-03-08T02:30", datetime(2026, 3, 8, 10, 30, tzinfo=UTC)),  # skipped: 03:30 in summer time
        ("13:30", None),
        ("soon", None),
    ],
)
def test_without_a_timestamp_the_local_time_counts(
    web: Web, other_web: Web, sink: MemorySink, local: str, at: datetime | None
) -> None:
    (row,) = reservations(web, other_web, sink, small(dateTime=local))
    assert picked(row, "service_at", "date_time") == (at, local)


def test_the_greatest_version_wins_wherever_it_stands(web: Web, other_web: Web, sink: MemorySink) -> None:
    def version(key: str, size: int, *numbers: Any) -> dict[str, Any]:
        names = ("versionId", "sequenceId", "lastUpdatedTimestamp")
        return small(id=key, partySize=size, **dict(zip(names, numbers, strict=True)))

    first = [
        version("1", 1, "100", 1, 5),
        version("2", 1, 7, 2, 5),
        version("3", 1, 7, 1, 9),
        version("4", 1, 7, 1, 1),
    ]
    second = [
        version("1", 2, "99", 9, 9),
        version("2", 2, 7, 1, 9),
        version("3", 2, 7, 1, 8),
        version("4", 2, 7, 1, 1),
    ]
    exporting(web, other_web, [first, second])
    synced(winery(web), sink)
    sizes = {row["id"]: row["party_size"] for row in sink.rows("raw_tock_reservation")}
    assert sizes == {"1": 1, "2": 1, "3": 1, "4": 2}


def test_other_venues_are_left_out(web: Web, other_web: Web, sink: MemorySink) -> None:
    other = small(id="2", business={"id": 999})
    unnamed = {"id": "3"}
    assert [row["id"] for row in reservations(web, other_web, sink, small(), other, unnamed)] == ["1", "3"]


def test_nothing_private_is_stored(web: Web, other_web: Web, sink: MemorySink) -> None:
    exporting(web, other_web, [[HELD]], [[GUEST]])
    synced(winery(web), sink)
    rows = sink.rows("raw_tock_reservation") + sink.rows("raw_tock_guest")
    stored = " ".join(str(value) for row in rows for value in row.values()).lower()
    assert [word for word in PRIVATE if word in stored] == []
    assert sink.rows("raw_tock_reservation")[0]["diner_email_hash"] == DANA
    record = json.loads(sink.rows("raw_tock_reservation")[0]["record"])
    assert record["payment"] == HELD["payment"]
    assert record["dinerPatron"] == {"id": "7001", "emailHash": DANA}


def test_a_guest(web: Web, other_web: Web, sink: MemorySink) -> None:
    exporting(web, other_web, [], [[GUEST]])
    synced(winery(web), sink)
    (row,) = sink.rows("raw_tock_guest")
    assert picked(row, "patron_id", "email_hash", "total_spend_cents", "is_archived") == (
        "7001",
        DANA,
        63000,
        False,
    )
    assert json.loads(row["tags"]) == ["Club Member"]
    assert row["updated_at"] == datetime(2026, 5, 6, 18, 0, tzinfo=UTC)


def test_the_current_profile_of_a_guest_is_kept(web: Web, other_web: Web, sink: MemorySink) -> None:
    def profile(patron: str, at: int, *, archived: bool, tag: str) -> dict[str, Any]:
        return {"patron": {"id": patron}, "updatedAtTimestamp": at, "isArchived": archived, "tag": [tag]}

    one = [profile("1", 5, archived=False, tag="new"), profile("2", 5, archived=True, tag="old")]
    two = [profile("1", 9, archived=True, tag="old"), profile("2", 7, archived=False, tag="new")]
    three = [profile("3", 9, archived=False, tag="new"), profile("3", 8, archived=False, tag="old")]
    stranger = {"patron": {"id": "4"}, "businessGuestProfile": [{"business": {"id": "999"}}]}
    exporting(web, other_web, [], [one, two, [*three, stranger]])
    synced(winery(web), sink)
    assert {row["patron_id"]: row["tags"] for row in sink.rows("raw_tock_guest")} == {
        "1": '["new"]',
        "2": '["new"]',
        "3": '["new"]',
    }


def test_an_empty_listing_is_no_data(web: Web, other_web: Web, sink: MemorySink) -> None:
    web.answer = lambda _: Answer({"result": {}})
    assert synced(winery(web), sink) == {"raw_tock_reservation": 0, "raw_tock_guest": 0}


def test_a_file_with_a_single_object(web: Web, other_web: Web, sink: MemorySink) -> None:
    exporting(web, other_web, [HELD])
    assert synced(winery(web), sink)["raw_tock_reservation"] == 1


def test_the_group_may_be_left_out(web: Web, sink: MemorySink) -> None:
    web.answer = lambda _: Answer({"result": {}})
    synced(winery(web, business_group_id=None), sink)
    assert {call.headers["x-tock-scope"] for call in web.calls} == {'{"businessId":"12345"}'}


@pytest.mark.parametrize(
    ("hosts", "address", "allowed"),
    [
        (None, "https://storage.googleapis.com/b/reservation-0.json?sig=1", True),
        (None, "https://eu.storage.googleapis.com/b/0.json?sig=1", True),
        (None, "http://storage.googleapis.com/b/0.json?sig=1", False),
        (None, "https://storage.googleapis.com.example.org/0.json?sig=1", False),
        (None, "https://storage.googleapis.com@example.org/0.json?sig=1", False),
        (None, "https://notstorage.googleapis.com/0.json?sig=1", False),
        (None, "http://127.0.0.1/0.json?sig=1", False),
        (None, "file:///etc/passwd", False),
        (["127.0.0.1"], "http://127.0.0.1:8080/0.json", True),
        (["127.0.0.1:8081"], "http://127.0.0.1:8080/0.json", False),
        (["http://files.test"], "http://files.test/0.json", True),
        (["files.test"], "http://files.test/0.json", False),
        (["files.test"], "https://files.test/0.json", True),
    ],
)
def test_files_come_from_allowed_hosts_alone(
    web: Web, sink: MemorySink, hosts: list[str] | None, address: Any, allowed: bool
) -> None:
    settings: dict[str, Any] = {"api_key": KEY, "business_id": "12345", "base_url": web.url}
    made = load_connector("tock", settings | ({} if hosts is None else {"allowed_file_hosts": hosts}), ROOT)
    pages = made.streams[0].pages(Walk())
    next(pages)
    request = pages.send(Body({"result": {"reservationDataUrls": [address]}}))
    assert isinstance(request, Request)
    assert (request.path, request.authenticated, request.is_file) == (address, False, True)
    if allowed:
        assert str(destination(made, request)) == address
    else:
        with pytest.raises(AnswerError, match=r"which the connector does not allow") as caught:
            destination(made, request)
        assert "sig=" not in str(caught.value)


def test_a_key_never_goes_to_a_file(web: Web, other_web: Web, sink: MemorySink) -> None:
    exporting(web, other_web, [[HELD]])
    synced(winery(web), sink)
    for call in other_web.calls:
        assert KEY not in str(call.headers)
        assert not [name for name in call.headers if name.startswith("x-tock")]
    urls = ["https://example.org/1.json?sig=2"]
    web.answer = lambda _: Answer({"result": {"reservationDataUrls": urls}})
    error = failing(winery(web), sink)
    assert "the API leads to https://example.org, which the connector does not allow" in str(error)
    assert "`allowed_file_hosts`" in str(error.help)


@pytest.mark.parametrize(
    ("answer", "message", "hint"),
    [
        (Answer(b"", 403), "came back with 403 Forbidden and an empty body", "credentials"),
        (
            Answer(b"<!DOCTYPE html>try again", 503, HTML),
            "came back with 503 Service Unavailable and an HTML page",
            "hides rejected credentials",
        ),
        (Answer({"message": f"unknown key {KEY}"}, 401), "401 Unauthorized: unknown key ***", "credentials"),
        (Answer({"error": "none"}), "the listing has no list of addresses `result.reservationDataUrls`", ""),
    ],
)
def test_trouble_is_said(web: Web, sink: MemorySink, answer: Answer, message: str, hint: str) -> None:
    web.answer = lambda _: answer
    error = failing(winery(web), sink)
    assert message in str(error)
    assert hint in (error.help or "")


def test_a_broken_file_fails_the_export(web: Web, other_web: Web, sink: MemorySink) -> None:
    """The whole files before it stay: each of their records is newer than what was there."""
    exporting(web, other_web, [[HELD], b'[{"id": "5"'])
    assert "/x/reservation-1.json came back with 11 bytes that are not JSON" in str(failing(winery(web), sink))
    assert sink.rows("raw_tock_reservation", "id") == [HELD["id"]]
    assert sink.rows("kpictl_sync", "stream") == ["guest"]


def test_expired_addresses_are_met_with_a_fresh_listing_once(web: Web, other_web: Web, sink: MemorySink) -> None:
    exporting(web, other_web, [[HELD], [WALK_IN]])
    whole, left = other_web.answer, [1]

    def expiring(call: Call) -> Answer:
        if "reservation-1" in call.path and left:
            left.pop()
            return Answer(b"<Error><Code>ExpiredToken</Code></Error>", 400, {"Content-Type": "application/xml"})
        return whole(call)

    other_web.answer = expiring
    synced(winery(web), sink)
    assert sink.rows("raw_tock_reservation", "id") == [HELD["id"], "walkin:66120"]
    assert [call.path for call in web.calls].count("/api/data/export/urls") == 3  # twice for these, once for guests
    left += [1, 1]
    assert "came back with 400" in str(failing(winery(web), sink))


def test_nothing_in_the_listing_is_no_deletion(web: Web, other_web: Web, sink: MemorySink) -> None:
    reservations(web, other_web, sink, HELD, WALK_IN)
    web.answer = lambda _: Answer({"result": {}})
    later = NOW + timedelta(hours=12)
    said = list(sync(everything((winery(web),)), sink, schema="raw", now=later))
    assert sink.rows("raw_tock_reservation", "deleted_at") == [None, None]
    assert [one.message for one in said if isinstance(one, Noticed)] == [
        (
            "2 of 2 records of raw.raw_tock_reservation are gone from the API, and that is too many: "
            "none was marked as deleted"
        )
    ]
