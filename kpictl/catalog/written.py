"""A list's entry as YAML text, in block or flow style; quotes only where the reader would take another value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import wrap

import yaml

from kpictl.catalog.document import Value, parse
from kpictl.catalog.text import FileText
from kpictl.diagnostics import UsageError

COLUMNS = 100
"""Longer lines are folded."""


def block_item(entry: Mapping[str, Value], column: int, pad: int) -> list[str]:
    """The lines of an item whose dash stands at `column`, its keys `pad` columns further.

    >>> block_item({"id": 1, "code": "orders"}, 2, 2)
    ['  - id: 1', '    code: orders']
    """
    first, *others = (line for key, value in entry.items() for line in _pair(key, value, column + pad))
    return [f"{' ' * column}-{first[column + 1 :]}", *others]


def flow_item(entry: Mapping[str, Value], column: int) -> list[str]:
    """The lines of an item whose brace stands at `column`; the first one is without its indent.

    >>> flow_item({"id": 1, "tags": ["a", "b, c"]}, 4)
    ['{id: 1, tags: [a, "b, c"]}']
    """
    lines = ["{"]
    for number, (key, value) in enumerate(entry.items()):
        pair = f"{key}: {_in_flow(value)}{'}' if number == len(entry) - 1 else ','}"
        is_first = lines[-1] == "{"
        room = COLUMNS - len(lines[-1]) - (column if len(lines) == 1 else 0)
        if not is_first and len(pair) + 1 > room:
            lines.append(f"{' ' * (column + 1)}{pair}")
        else:
            lines[-1] += pair if is_first else f" {pair}"
    return lines


def _pair(key: str, value: Value, indent: int) -> list[str]:
    """A key and its value in block style; a long text is folded if it has blanks to fold at."""
    margin = " " * indent
    plain = f"{margin}{key}: {_scalar(value) if isinstance(value, str) else _in_flow(value)}"
    if len(plain) > COLUMNS and isinstance(value, str):
        room = COLUMNS - indent - 2
        lines = wrap(value, room, expand_tabs=False, replace_whitespace=False, break_long_words=False,
                     break_on_hyphens=False)  # fmt: skip
        folded = "\n".join([">-", *(f"  {line}" for line in lines)])
        if len(lines) > 1 and _reads_as(f"k: {folded}\n", value):
            return [f"{margin}{key}: >-", *(f"{margin}  {line}" for line in lines)]
    return [plain]


def _in_flow(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _scalar(value, flow=True)
        case list():
            return f"[{', '.join(_in_flow(item) for item in value)}]"
        case int() | float():
            return str(value)
        case _:
            raise AssertionError(value)


def _scalar(text: str, *, flow: bool = False) -> str:
    """A text as one line: the first of its forms that the reader takes for it."""
    before, behind = ("{k: ", "}") if flow else ("k: ", "")
    for form in _forms(text):
        if _reads_as(f"{before}{form}{behind}\n", text):
            return form
    raise UsageError(f"{text!r} cannot be written as YAML", help="leave out what is no text")


def _forms(text: str) -> Iterator[str]:
    yield text
    if '"' not in text and "\\" not in text:
        yield f'"{text}"'
    doubled = text.replace("'", "''")
    yield f"'{doubled}'"
    escaped: str = yaml.dump(text, default_style='"', allow_unicode=True, width=float("inf"))
    yield escaped.removesuffix("\n")


def _reads_as(written: str, text: str) -> bool:
    document, problems = parse(FileText.of(Path(), written))
    return document is not None and not problems and document.value == {"k": text}
