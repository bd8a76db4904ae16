"""JSON text keeps every digit."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpictl.report.json_text import Written, json_text

SCALARS = (
    st.none()
    | st.booleans()
    | st.text(max_size=20)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**27), max_value=10**27, places=10)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner), max_leaves=20
)


@given(VALUES)
def test_what_is_written_is_read_again(value: object) -> None:
    assert json.loads(json_text(value), parse_float=Decimal, parse_int=Decimal) == value


def test_dates_and_whole_numbers() -> None:
    assert json_text({"day": date(2025, 10, 6), "n": 3, "none": [], "codes": ["a", "b"]}) == (
        '{\n  "day": "2025-10-06",\n  "n": 3,\n  "none": [],\n  "codes": ["a", "b"]\n}'
    )
    with pytest.raises(TypeError):
        json_text(object())


def test_what_a_database_has_written_is_taken_as_it_is() -> None:
    assert json_text([{"payload": Written('{"value": 1.10}')}]) == '[\n  {\n    "payload": {"value": 1.10}\n  }\n]'
    assert json_text([Written("1.0"), Written("[]")]) == "[\n  1.0,\n  []\n]"
