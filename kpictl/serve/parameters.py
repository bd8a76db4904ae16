"""The parameters that a call takes: how they are written, read and described."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, quote

from kpictl.serve.problems import Problem, shortened

LIMIT, LIMIT_MAX = 500, 1_000
OFFSET_MAX = 10_000_000
CODE_CHARACTERS = 1_000
PARAMETERS_MAX = 20

Value = str | int | date
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WHOLE = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in the query: none has to be there."""

    name: str
    description: str

    @property
    def schema(self) -> dict[str, Any]:
        raise NotImplementedError

    def read(self, text: str) -> Value:
        """What a text says; Problem where it says nothing."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Day(Parameter):
    """A day, as ISO 8601 writes it in full."""

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}

    def read(self, text: str) -> date:
        try:
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        raise Problem(400, f"{self.name} is no day: a day is written YYYY-MM-DD")


@dataclass(frozen=True, slots=True)
class Code(Parameter):
    """The code of an entity."""

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": CODE_CHARACTERS}

    def read(self, text: str) -> str:
        if 1 <= len(text) <= CODE_CHARACTERS:
            return text
        raise Problem(400, f"{self.name} has 1 to {CODE_CHARACTERS:,} characters")


@dataclass(frozen=True, slots=True)
class Choice(Parameter):
    """One of a few words, the first of them by default."""

    choices: tuple[str, ...]

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.choices), "default": self.choices[0]}

    def read(self, text: str) -> str:
        if text in self.choices:
            return text
        raise Problem(400, f"{self.name} is one of {', '.join(self.choices)}")


@dataclass(frozen=True, slots=True)
class Whole(Parameter):
    """A whole number within bounds."""

    default: int
    least: int
    most: int

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most, "default": self.default}

    def read(self, text: str) -> int:
        if _WHOLE.fullmatch(text) and self.least <= int(text) <= self.most:
            return int(text)
        raise Problem(400, f"{self.name} is a whole number from {self.least} to {self.most:,}")


PAGING: tuple[Parameter, ...] = (
    Whole("limit", "How many rows to give at most.", LIMIT, 1, LIMIT_MAX),
    Whole("offset", "How many rows to leave out first.", 0, 0, OFFSET_MAX),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of one request, those that were given, and the KPI's code of its path."""

    values: Mapping[str, Value]
    code: str = ""

    def day(self, name: str) -> date | None:
        found = self.values.get(name)
        assert found is None or isinstance(found, date)
        return found

    def text(self, name: str) -> str | None:
        found = self.values.get(name)
        assert found is None or isinstance(found, str)
        return found

    @property
    def limit(self) -> int:
        return int(str(self.values.get("limit", LIMIT)))

    @property
    def offset(self) -> int:
        return int(str(self.values.get("offset", 0)))

    def next(self, total: int) -> str | None:
        """The query of the rows that follow, to be resolved against this one's URL; None after the last."""
        after = self.offset + self.limit
        if after >= total:
            return None
        told = {**self.values, "limit": self.limit, "offset": after}
        return "?" + "&".join(f"{name}={quote(str(value), safe='')}" for name, value in told.items())


def asked(query: bytes, parameters: Sequence[Parameter], code: str = "") -> Asked:
    """What a query asks; Problem where it says something else than the parameters, or one of them twice."""
    known = {each.name: each for each in parameters}
    values: dict[str, Value] = {}
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=PARAMETERS_MAX)
    except ValueError:
        raise Problem(400, "the query is not in UTF-8 with percent signs, or has too many parameters") from None
    for name, text in pairs:
        if name not in known:
            names = f"there are {', '.join(known)}" if known else "there are none"
            raise Problem(400, f"no parameter is called `{shortened(name)}`: {names}")
        if name in values:
            raise Problem(400, f"{name} is given twice")
        values[name] = known[name].read(text)
    return Asked(values, code)
