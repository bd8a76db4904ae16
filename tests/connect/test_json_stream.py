"""A file is read value by value, as json would read it whole; one that ends too early is told."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpictl.connect import json_stream
from kpictl.connect.json_stream import values

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
words = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
jsons = st.recursive(
    scalars | words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=8
)


class Slow(io.BytesIO):
    """Gives a few bytes at a time, so that every place is a border between two chunks."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__(content)
        self.chunk = size

    def read(self, size: int | None = -1, /) -> bytes:
        del size
        return super().read(self.chunk)


@given(st.lists(jsons), st.integers(1, 7), st.sampled_from([None, 2]), st.booleans())
def test_a_list_is_read_as_it_is(members: list[Any], size: int, indent: int | None, is_ascii: bool) -> None:
    text = json.dumps(members, indent=indent, ensure_ascii=is_ascii)
    assert list(values(Slow(text.encode(), size))) == members


@given(st.lists(jsons.filter(lambda value: not isinstance(value, list))), st.integers(1, 7))
def test_lines_are_read_as_they_are(members: list[Any], size: int) -> None:
    text = "\n".join(map(json.dumps, members))
    assert list(values(Slow(text.encode(), size))) == members


def test_one_object_is_one_value() -> None:
    assert list(values(io.BytesIO(b'\xef\xbb\xbf {"id": 1}\n'))) == [{"id": 1}]
    assert list(values(io.BytesIO(b""))) == []


@pytest.mark.parametrize(
    "content",
    [
        b'[{"id": 1}',
        b'[{"id": 1}, {"id"',
        b'[{"id": NaN}]',
        b'[{"id": 1e999}]',
        b'[1] {"id": 2}',
        b"<Error/>",
        b'[{"id": "\xff"}]',
        b"[" * 100_000,
        b'{"id": 1',
    ],
)
def test_what_is_no_json_is_told(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- each has words of its own
        list(values(io.BytesIO(content)))


def test_memory_holds_a_piece() -> None:
    """No more is read ahead than a chunk: the first record comes before the file's end is seen."""
    record = b'{"id": "' + b"x" * 1000 + b'"},'
    file = io.BytesIO(b"[" + record * 10_000)
    next(values(file))
    assert file.tell() == json_stream.CHUNK_BYTES
