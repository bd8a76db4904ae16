"""The questions of `kpictl add-kpi`: what a KPI needs to be known of, and what there is to choose from."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from kpictl.catalog import Catalog, Format, Source, near
from kpictl.catalog.document import Value
from kpictl.catalog.draft import Draft, draft
from kpictl.check import check
from kpictl.cli.kpi_file import files, named, proposed
from kpictl.cli.questions import ask, choose, paragraph, say
from kpictl.diagnostics import Diagnostic, Severity, UsageError

CODE_AT_MOST = 50
DIRECTIONS = (("up", "more is better"), ("down", "less is better"), ("none", "neither way is better"))
Entry = dict[str, Value]


def ask_kpi(catalog: Catalog, given: Mapping[str, Value], *, helper: bool) -> Entry:
    """The KPI: what was given where that is right, and what is asked for the rest."""
    asked = _Asked(catalog, dict(given), {}, helper)
    for answer in (_name, _code, _definition, _format, _description, _category, _owner, _target_direction):
        answer(asked)
    return {**asked.given, **asked.entry}


def ask_file(catalog: Catalog, category: str | None) -> str:
    """The file, by its name from the project's folder on."""
    found = files(catalog)
    first = proposed(catalog, category)

    def complaint(answer: str) -> str | None:
        try:
            named(catalog, answer)
        except UsageError as error:
            return _told(str(error), error.help)
        return None

    say("\nThe file it goes into: one of these, or a new one.")
    rows = [(str(file), _counted(count, "KPI")) for file, count in found.items()]
    return choose("File", rows, default=None if first is None else str(first), complaint=complaint)


def proposed_code(name: str) -> str:
    """A code made of a name.

    >>> proposed_code("Club Conversion per Taster %")
    'club_conversion_per_taster_pct'
    """
    plain = unicodedata.normalize("NFKD", name.replace("%", " pct ")).encode("ascii", "ignore").decode()
    words = re.sub("[^a-z0-9]+", "_", plain.lower()).strip("_")
    return words[:CODE_AT_MOST].strip("_") if re.match("[a-z]", words) else ""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was given on the command line, and what is answered so far."""

    catalog: Catalog
    given: Entry
    entry: Entry
    helper: bool

    def answer(self, key: str, question: Callable[[], str]) -> None:
        """The value of a key: the one given, if nothing is wrong with it, else what is answered, if anything."""
        found = self.given.get(key)
        if isinstance(found, str):
            wrong = self.complaint(key, found)
            if wrong is None:
                self.entry[key] = found
                return
            say(f"--{key.replace('_', '-')} {found}")
            say(wrong)
        if answer := question():
            self.entry[key] = answer
        else:
            self.given.pop(key, None)

    def complaint(self, key: str, answer: str) -> str | None:
        """What the rules say of an answer, beside those before it."""
        entry = {"code": LATER, **self.entry, key: answer}
        if key not in ("measure", "formula") and "measure" not in entry and "formula" not in entry:
            # A KPI without a definition is wrong, which is no fault of this answer.
            entry = {"source": self.catalog.sources[0].code if self.catalog.sources else LATER, **entry}
            entry["measure"] = "count(*)"
        made = draft(entry, self.catalog.project.folder)
        found = made.found
        if made.kpi is not None and not found:
            found += check(replace(self.catalog, kpis=(*self.catalog.kpis, made.kpi)))
        wrong = [each for each in found if each.severity is Severity.ERROR and made.is_about(each, key)]
        return "\n".join(_excerpt(made, each, key) for each in wrong) or None

    def asks(self, key: str) -> Callable[[str], str | None]:
        return lambda answer: self.complaint(key, answer)


LATER = "not_known_yet"
"""Stands for a code until it is answered."""


def _excerpt(made: Draft, found: Diagnostic, key: str) -> str:
    """What is wrong with an answer, with a mark under it."""
    line, start, end = made.marked(found.at, key)
    return _told(f"[{found.code}]: {found.message}", found.help, f"  {line}\n  {' ' * start}{'^' * (end - start)}")


def _told(message: str, help_: str | None, caret: str | None = None) -> str:
    lines = [f"error{message}" if message.startswith("[") else f"error: {message}", caret]
    lines.append(None if help_ is None else f"  help: {help_}")
    return "\n".join(line for line in lines if line is not None)


def _name(asked: _Asked) -> None:
    if asked.helper and "name" not in asked.given:
        return
    asked.answer("name", lambda: ask("Name, as the dashboard shows it", complaint=asked.asks("name")))


def _code(asked: _Asked) -> None:
    code = proposed_code(str(asked.entry.get("name", "")))
    default = code if code and asked.complaint("code", code) is None else None
    asked.answer("code", lambda: ask("Code, as formulas name it", default=default, complaint=asked.asks("code")))


def _definition(asked: _Asked) -> None:
    """A measure with its source, or a formula."""
    given = asked.given
    if "formula" in given or (not {"measure", "source", "where"} & given.keys() and _is_formula(asked)):
        _formula(asked)
        return
    _source(asked)
    _columns(asked)
    question = "Measure, such as sum(amount), count(*), count(distinct customer)"
    asked.answer("measure", lambda: ask(question, complaint=asked.asks("measure")))
    asked.answer("where", lambda: ask("Only the rows where (Enter: all)", default="", complaint=asked.asks("where")))


def _is_formula(asked: _Asked) -> bool:
    if not any(kpi.code for kpi in asked.catalog.kpis):
        return False
    if not asked.catalog.sources:
        return True
    say("")
    rows = [("measure", "an aggregate over the rows of a source"), ("formula", "made of other KPIs")]
    return choose("Its value", rows, default="measure", complaint=_one_of(("measure", "formula"))) == "formula"


def _source(asked: _Asked) -> None:
    sources = asked.catalog.sources
    if not sources:
        raise UsageError("the project has no sources to measure", help="define one under `sources` first")
    say("")
    rows = [(source.code, source.description or str(source.relation)) for source in sources]
    only = sources[0].code if len(sources) == 1 else None
    asked.answer("source", lambda: choose("Source", rows, default=only, complaint=asked.asks("source")))


def _columns(asked: _Asked) -> None:
    source = asked.catalog.source(str(asked.entry["source"]))
    columns = _known_columns(asked.catalog, source)
    if columns is None:
        paragraph(f"The columns of {source.relation} are in the database.")
    else:
        paragraph(f"{source.relation} has {', '.join(columns)}")


def _known_columns(catalog: Catalog, source: Source) -> list[str] | None:
    """The columns of a source with their types, as far as the project's files tell them."""
    for lookup in catalog.lookups:
        if lookup.name == source.relation:
            return [f"{column.name} ({column.type})" for column in lookup.columns]
    for model in catalog.models:
        if model.name == source.relation and model.columns is not None:
            return list(model.columns)
    return None


def _formula(asked: _Asked) -> None:
    say("")
    paragraph(f"There are {', '.join(sorted(kpi.code for kpi in asked.catalog.kpis))}")
    question = "Formula over them, such as 100 * a / b"
    asked.answer("formula", lambda: ask(question, complaint=asked.asks("formula")))


def _format(asked: _Asked) -> None:
    if asked.helper and "format" not in asked.given:
        return
    if not asked.catalog.formats:
        raise UsageError("the project has no formats", help="define one under `formats` first")
    say("")
    rows = [(each.code, _described(each)) for each in asked.catalog.formats]
    asked.answer("format", lambda: choose("Format", rows, complaint=asked.asks("format")))


def _described(each: Format) -> str:
    words = [each.kind, each.currency, each.unit, _counted(each.decimals, "decimal")]
    return ", ".join(word for word in words if word)


def _description(asked: _Asked) -> None:
    say("")
    asked.answer("description", lambda: ask("Description, in a sentence (Enter: none)", default=""))


def _category(asked: _Asked) -> None:
    _one_there_is(asked, "category", "Category: a number, or a new one (Enter: none)")


def _owner(asked: _Asked) -> None:
    _one_there_is(asked, "owner", "Owner (Enter: none)")


def _one_there_is(asked: _Asked, key: str, question: str) -> None:
    """A value that other KPIs have too, or a new one; a slip of the pen is told."""
    known = list(dict.fromkeys(value for kpi in asked.catalog.kpis if (value := getattr(kpi, key))))
    refused: set[str] = set()

    def complaint(answer: str) -> str | None:
        close = None if answer in known or answer in refused else near(answer, known)
        refused.add(answer)
        return None if close is None else f"`{close}` is near; the same answer again makes it new"

    asked.answer(key, lambda: choose(question, [(value,) for value in known], default="", complaint=complaint))


def _target_direction(asked: _Asked) -> None:
    if asked.helper:
        return
    complaint = _one_of(direction for direction, _ in DIRECTIONS)
    say("")
    asked.answer(
        "target_direction",
        # `none` is what the key says where it is left out.
        lambda: choose("Which way is good", DIRECTIONS, default="none", complaint=complaint).replace("none", ""),
    )


def _one_of(choices: Iterable[str]) -> Callable[[str], str | None]:
    known = tuple(choices)

    def complaint(answer: str) -> str | None:
        if answer in known:
            return None
        close = near(answer, known)
        return _told(f"there are {', '.join(known)}", None if close is None else f"`{close}` is near")

    return complaint


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
