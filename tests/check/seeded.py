"""Faults as people make them, one each, in a copy of the winery: what was changed, and what must be said where.

The place is found here by looking for the changed text, never by asking kpictl.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).parent.parent.parent
KPI_FILES = tuple(sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "kpis").glob("*.yml")))
KPIS = re.compile(r"(?ms)^  - (?:id|code): .*?(?=^  - |^\S|\Z)")
EXPERIENCE = "kpis/lookups/experience.csv"
SOURCES = "kpis/sources.yml"
HALF = "    valid_from: signed_up_at\n"


@dataclass(frozen=True, slots=True)
class Fault:
    """`text` is the file's text with the fault; `start` is the offset at which `code` must be reported."""

    kind: str
    file: str
    text: str
    start: int
    code: str

    @property
    def place(self) -> tuple[int, int]:
        """Line and column, from 1."""
        before = self.text[: self.start]
        return before.count("\n") + 1, self.start - (before.rfind("\n") + 1) + 1


Found: TypeAlias = Iterator[Fault]
Mutation: TypeAlias = Callable[[str, str], Found]


def values(file: str, text: str, key: str) -> Iterator[re.Match[str]]:
    """The values of a key that stand on its line."""
    for entry in KPIS.finditer(text):
        yield from re.compile(rf"(?m)^(?:  - |    ){key}: ([^>\n].*?)(?: +#.*)?$").finditer(text, *entry.span())


def replaced(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]


def value_fault(kind: str, key: str, change: Callable[[str], str], code: str, shift: int = 0) -> Mutation:
    """The value of a key becomes another; `shift` is where in it the fault stands."""

    def mutate(file: str, text: str) -> Found:
        for found in values(file, text, key):
            old = found.group(1)
            new = change(old)
            if new != old:
                yield Fault(kind, file, replaced(text, *found.span(1), new), found.start(1) + shift, code)

    return mutate


def key_fault(kind: str, key: str, new: str, code: str) -> Mutation:
    def mutate(file: str, text: str) -> Found:
        for entry in KPIS.finditer(text):
            for found in re.compile(rf"(?m)^    ({key}): ").finditer(text, *entry.span()):
                yield Fault(kind, file, replaced(text, *found.span(1), new), found.start(1), code)

    return mutate


def without(kind: str, key: str, code: str, *, only: str = "") -> Mutation:
    """A line is left out; the finding stands at the entry's code."""

    def mutate(file: str, text: str) -> Found:
        for entry in KPIS.finditer(text):
            line = re.compile(rf"(?m)^    {key}: .*\n").search(text, *entry.span())
            if line is not None and only in entry.group() and "id: " in entry.group():
                new = replaced(text, *line.span(), "")
                yield Fault(kind, file, new, new.index("code: ", entry.start()) + len("code: "), code)

    return mutate


def twice(kind: str, key: str, code: str) -> Mutation:
    def mutate(file: str, text: str) -> Found:
        for entry in KPIS.finditer(text):
            line = re.compile(rf"(?m)^    {key}: .*\n").search(text, *entry.span())
            if line is not None:
                new = replaced(text, line.end(), line.end(), line.group())
                yield Fault(kind, file, new, line.end() + len("    "), code)

    return mutate


def in_formula(kind: str, code: str) -> Mutation:
    """A KPI that a formula names loses its last letter."""

    def mutate(file: str, text: str) -> Found:
        for found in values(file, text, "formula"):
            for name in re.finditer(r"[a-z_]{4,}", found.group(1)):
                start = found.start(1) + name.start()
                yield Fault(
                    kind, file, replaced(text, start, start + len(name.group()), name.group()[:-1]), start, code
                )

    return mutate


def in_where(kind: str, code: str) -> Mutation:
    """A column of a condition is misspelt."""

    def mutate(file: str, text: str) -> Found:
        for found in values(file, text, "where"):
            for name in re.finditer(r"\b(channel|is_event|is_held|attribution|event_kind)\b", found.group(1)):
                start = found.start(1) + name.start()
                yield Fault(
                    kind, file, replaced(text, start, start + len(name.group()), name.group() + "x"), start, code
                )

    return mutate


def at_the_end(kind: str, key: str, word: str, code: str) -> Mutation:
    """A word too many behind a value."""

    def mutate(file: str, text: str) -> Found:
        for found in values(file, text, key):
            end = found.end(1)
            yield Fault(kind, file, replaced(text, end, end, f" {word}"), end + 1, code)

    return mutate


def _with_unknown_function(measure: str) -> str:
    return re.sub(r"^sum\((.*)\)$", r"sum(soundex(\1))", measure)


def anywhere(kind: str, file: str, old: str, new: str, at: str, code: str) -> Mutation:
    """One text of one file becomes another; the fault stands where `at` does in it."""

    def mutate(name: str, text: str) -> Found:
        if name == file:
            assert text.count(old) == 1, (kind, text.count(old))
            start = text.index(old)
            yield Fault(kind, file, text.replace(old, new), start + new.index(at), code)

    return mutate


MUTATIONS: tuple[Mutation, ...] = (
    key_fault("misspelt key", "measure", "mesure", "KPI020"),
    key_fault("misspelt key", "category", "categroy", "KPI020"),
    key_fault("misspelt key", "format", "fromat", "KPI020"),
    value_fault("unknown source", "source", lambda old: old[:-1], "KPI102"),
    value_fault("unknown format", "format", lambda old: old + "s", "KPI103"),
    value_fault("unknown choice", "target_direction", lambda old: old + "ward", "KPI023"),
    value_fault("text for a number", "id", lambda _: "first", "KPI022"),
    value_fault("a code with a capital", "code", str.title, "KPI024"),
    value_fault("a number for a text", "owner", lambda _: "42", "KPI022"),
    value_fault("open parenthesis", "measure", lambda old: old[:-1] if old.startswith("sum") else old, "KPI303", 3),
    value_fault("no aggregate", "measure", lambda old: "count" if "*" in old else old[4:-1], "KPI321"),
    value_fault("unknown function", "measure", _with_unknown_function, "KPI310", 4),
    at_the_end("unfinished condition", "where", "and", "KPI302"),
    value_fault("a second id", "id", lambda old: "1" if int(old) > 22 else old, "KPI111"),  # 1 stands in a file before
    in_formula("misspelt KPI", "KPI101"),
    in_where("misspelt column", "KPI104"),
    without("no measure", "measure", "KPI202", only="measure: count(*)"),
    without("no description", "description", "KPI230"),
    without("no owner", "owner", "KPI231"),
    twice("a key twice", "format", "KPI005"),
    twice("a key twice", "name", "KPI005"),
    anywhere("tab", "kpis/guests.yml", "    name: Total Visitors", "\tname: Total Visitors", "\t", "KPI003"),
    anywhere("unknown window", "kpictl.yml", "[mtd, qtd,", "[mdt, qtd,", "mdt", "KPI213"),
    anywhere("unknown zone", "kpictl.yml", "America/Los_Angeles", "America/Los_Angles", "America", "KPI107"),
    anywhere("unknown environment", "kpictl.yml", "environment: local", "environment: lokal", "lokal", "KPI106"),
    anywhere("a day that is none", "kpictl.yml", "start: 2015-01-01", "start: 2015-02-31", "2015-02-31", "KPI026"),
    anywhere("a literal secret", "kpictl.yml", '"${C7_APP_SECRET}"', "abcdef123", "abcdef123", "KPI241"),
    anywhere("compare", "kpictl.yml", "compare: same_date", "compare: fiscal", "fiscal", "KPI218"),
    anywhere("a source's column", SOURCES, "time: revenue_date", "time: revenue_day", "revenue_day", "KPI104"),
    anywhere("a source's key", SOURCES, "key: order_item_id", "key: item_id", "item_id", "KPI104"),
    anywhere("half a validity", SOURCES, HALF + "    valid_to: cancelled_at\n", HALF, "valid_from", "KPI206"),
    anywhere("a kind of format", "kpis/formats.yml", "kind: percent", "kind: pct", "pct", "KPI023"),
    anywhere("a ragged row", EXPERIENCE, "\nEstate Tasting,tasting_room", "\nEstate Tasting", "Estate", "KPI042"),
)


def texts() -> dict[str, str]:
    files = ("kpictl.yml", *KPI_FILES, EXPERIENCE)
    return {name: (ROOT / name).read_text() for name in files}


def faults(count: int, seed: int) -> list[Fault]:
    """So many faults, each kind at least once."""
    shuffled = random.Random(seed)
    by_mutation = [
        shuffled.sample(made, len(made))
        for mutation in MUTATIONS
        if (made := [fault for name, text in texts().items() for fault in mutation(name, text)])
    ]
    chosen = [made.pop() for made in by_mutation]
    rest = [fault for made in by_mutation for fault in made]
    return (chosen + shuffled.sample(rest, len(rest)))[:count]
