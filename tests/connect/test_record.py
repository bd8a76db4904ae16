"""A record's model says the columns, and takes what APIs send for a value."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import Field, ValidationError

from kpictl.catalog.table import Column
from kpictl.connect import Record, Rounded, columns
from kpictl.connect.record import values


class Sale(Record):
    id: str
    item_count: int | None = None
    is_gift: bool | None = None
    weight: float | None = None
    price: Decimal | None = None
    paid_at: datetime | None = None
    born_on: date | None = None
    total: Rounded | None = Field(None, description="cents")
    labels: list[str] | None = None
    address: dict[str, Any] | None = None
    meta_data: Any = None


def test_columns_follow_the_fields() -> None:
    assert columns(Sale) == (
        Column("id", "text"),
        Column("item_count", "bigint"),
        Column("is_gift", "boolean"),
        Column("weight", "double"),
        Column("price", "decimal"),
        Column("paid_at", "timestamptz"),
        Column("born_on", "date"),
        Column("total", "bigint", "cents"),
        Column("labels", "json"),
        Column("address", "json"),
        Column("meta_data", "json"),
    )


def test_a_field_without_a_column_type_is_refused() -> None:
    class Odd(Record):
        value: bytes

    with pytest.raises(TypeError, match=r"Odd\.value: no column type"):
        columns(Odd)


def test_values_are_what_a_sink_takes() -> None:
    sale = Sale.model_validate(
        {
            "id": 9007199254740993,  # 2^53 + 1
            "itemCount": "3",
            "isGift": "true",
            "weight": 1,
            "price": "12.10",
            "paidAt": "2026-05-16T14:04:12.004-07:00",
            "bornOn": "1984-02-09",
            "total": 1250.5,
            "labels": ["é"],
            "address": {"city": None},
            "metaData": {"a": 1.5},
            "unheardOf": {},
        }
    )
    assert values(sale, columns(Sale)) == (
        "9007199254740993",
        3,
        True,
        1.0,
        Decimal("12.10"),
        datetime(2026, 5, 16, 21, 4, 12, 4000, tzinfo=UTC),
        date(1984, 2, 9),
        1250,
        '["é"]',
        '{"city":null}',
        '{"a":1.5}',
    )


def test_a_moment_without_a_zone_is_utc() -> None:
    sale = Sale.model_validate({"id": "1", "paidAt": "2026-05-16T14:04:12"})
    assert values(sale, columns(Sale))[5] == datetime(2026, 5, 16, 14, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "cents"),
    [(0.5, 0), (1.5, 2), (-2.5, -2), ("3.5", 4), (1251.5, 1252), (1250.49, 1250), (None, None)],
)
def test_fractions_of_cents_are_rounded_half_to_even(sent: object, cents: int | None) -> None:
    assert Sale.model_validate({"id": "1", "total": sent}).total == cents


@pytest.mark.parametrize("sent", ["abc", [], "NaN", "Infinity"])
def test_what_is_no_number_is_refused(sent: object) -> None:
    with pytest.raises(ValidationError):
        Sale.model_validate({"id": "1", "total": sent})


def test_a_number_beyond_bigint_is_refused() -> None:
    sale = Sale.model_validate({"id": "1", "itemCount": 2**63})
    with pytest.raises(OverflowError, match="item_count: the number is too large"):
        values(sale, columns(Sale))
