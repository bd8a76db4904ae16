"""Reads JSON: whole bodies, and long files value by value, so that memory holds a piece of them and not all."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator
from typing import IO, Any, NoReturn

CHUNK_BYTES = 1 << 18

_ENDS_NUMBER = frozenset(" \t\r\n,]")
_BETWEEN = re.compile(r"[\s,]*")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def decoded(content: bytes) -> Any:
    """The value of a JSON body; ValueError where it is none."""
    try:
        body = json.loads(content, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    # NUL and half characters can only come as escapes; no database stores them.
    return storable(body) if b"\\u" in content else body


def values(file: IO[bytes]) -> Iterator[Any]:
    """The members of a file's list; the values of one that has them one after the other, as in JSON lines.

    ValueError where the file is no JSON, or ends before its list does.
    """
    decoder = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
    reader = codecs.getincrementaldecoder("utf-8-sig")()
    text, place, is_list, is_closed, at_end = "", 0, None, False, False
    size, line = CHUNK_BYTES, 1
    while True:
        chunk = file.read(size)
        at_end = not chunk
        # A value that is longer than a piece is tried again with twice as much.
        size = size * 2 if text and not place else CHUNK_BYTES
        line += text.count("\n", 0, place)
        text, place = text[place:] + reader.decode(chunk, final=at_end), 0
        while True:
            place = _end(_BETWEEN.match(text, place))
            if is_list is None and place < len(text):
                is_list = text[place] == "["
                place += is_list
                continue
            if is_list and text[place : place + 1] == "]":
                is_closed, place = True, place + 1
                continue
            if place == len(text):
                break
            if is_closed:
                raise ValueError("something follows the list")
            try:
                value, end = decoder.raw_decode(text, place)
            except json.JSONDecodeError as error:
                if at_end:
                    raise ValueError(f"line {line + error.lineno - 1}: {error.msg}") from None
                break
            except RecursionError:
                raise ValueError("nested too deeply") from None
            if not at_end and isinstance(value, int | float) and text[end : end + 1] not in _ENDS_NUMBER:
                break  # it may go on in the next chunk
            yield storable(value)
            place = end
        if at_end:
            if is_list and not is_closed:
                raise ValueError("the list has no end")
            return


def storable(value: Any) -> Any:
    """The value with a replacement for NUL and for half characters, which no database stores."""
    match value:
        case str():
            return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
        case list():
            return [storable(member) for member in value]
        case dict():
            return {storable(key): storable(member) for key, member in value.items()}
        case _:
            return value


def _end(found: re.Match[str] | None) -> int:
    assert found is not None, "the pattern matches nothing too"
    return found.end()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("the number is too large")
    return number
