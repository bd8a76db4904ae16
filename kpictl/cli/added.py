"""Adding a KPI: what is wished for, what that comes to, and what is written in the end."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from kpictl.catalog import Catalog, Kpi
from kpictl.catalog.document import Value
from kpictl.catalog.edit import text_of, with_kpi, write
from kpictl.catalog.history import History, history
from kpictl.check import judge
from kpictl.cli.difference import colored_difference, difference
from kpictl.cli.kpi_file import files, named, proposed
from kpictl.cli.kpi_questions import ask_file, ask_kpi, proposed_code
from kpictl.cli.outcome import colored
from kpictl.cli.questions import can_ask, confirm, say
from kpictl.cli.selection import Selection, of_kpi
from kpictl.cli.sql import dialect_of_environment, print_sql
from kpictl.cli.trial import Trial, trial
from kpictl.compile import Relation
from kpictl.diagnostics import CatalogError, UsageError, has_errors
from kpictl.diagnostics.render import text as rendered


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line says: some of a KPI's keys, the file that it goes into, and how to go about it."""

    given: Mapping[str, Value]
    file: str | None
    helper: bool
    dry_run: bool
    yes: bool

    @property
    def missing(self) -> list[str]:
        """The options that a KPI cannot do without."""
        needed = ["code"] if self.helper else ["code", "name", "format"]
        if "formula" not in self.given:
            needed += ["source", "measure"]
        return [f"--{key}" for key in needed if key not in self.given]


@dataclass(frozen=True, slots=True)
class Change:
    """A file before and after, by its name from the project's folder on; a new one has no text before."""

    folder: Path
    file: PurePath
    old: str | None
    new: str

    @staticmethod
    def of(folder: Path, file: PurePath, entry: Mapping[str, Value]) -> Change:
        path = folder / file
        try:
            old = text_of(path)
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from None
        return Change(folder, file, old, with_kpi(old or "", entry, path))

    @property
    def diff(self) -> str:
        return difference(self.old, self.new, self.file.as_posix())

    def make(self) -> None:
        """Write it, unless somebody else wrote the file since it was read."""
        path = self.folder / self.file
        try:
            if text_of(path) != self.old:
                raise UsageError(f"{path} was changed meanwhile; nothing was written", help="run the command again")
            write(path, self.new)
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}") from None


def add(folder: Path, wish: Wish) -> int:
    """Add it, or say why not: the exit code."""
    if wish.helper and "id" in wish.given:
        raise UsageError("a helper has no id", help="leave out --id or --helper")
    before = history(folder)
    catalog, found = judge(folder, before=before)
    if catalog is None or has_errors(found):
        say("The project has errors; a KPI can be added when they are corrected.\n")
        raise CatalogError(found)
    entry, file = _entry(catalog, wish, before)
    change = Change.of(folder, file, entry)
    with trial(folder, found, file, change.new, before) as tried:
        if not wish.dry_run:
            _show(change.diff, tried, str(entry["code"]))
        _tell(tried)
        if tried.is_refused:
            say("Nothing was written.")
            return CatalogError.exit_code
    if wish.dry_run:
        # As bytes: `git apply` wants the file's own line breaks and characters, whatever those of the terminal are.
        sys.stdout.flush()
        sys.stdout.buffer.write(change.diff.encode("utf-8"))
        return 0
    if not wish.yes and can_ask() and not confirm("Write it?"):
        say("Nothing was written.")
        return 0
    change.make()
    number = "a helper" if wish.helper else f"id {entry['id']}"
    following = "Formulas can use it." if wish.helper else "`kpictl run` computes it."
    say(f"Added `{entry['code']}` ({number}) to {file.as_posix()}. {following}")
    return 0


def _entry(catalog: Catalog, wish: Wish, before: History | None) -> tuple[Mapping[str, Value], PurePath]:
    """The KPI, and the file that it goes into by its name from the project's folder on."""
    asks = bool(wish.missing) and can_ask()
    if wish.missing and not asks:
        raise _missing(wish)
    entry = ask_kpi(catalog, wish.given, helper=wish.helper) if asks else dict(wish.given)
    number: dict[str, Value] = {} if wish.helper else {"id": next_id(catalog, before)}
    category = entry.get("category")
    return {**number, **entry}, _file(catalog, wish, None if category is None else str(category), asks=asks)


def _missing(wish: Wish) -> UsageError:
    missing = ", ".join(wish.missing)
    instead = " (or --formula)" if "--measure" in wish.missing else ""
    code = proposed_code(str(wish.given.get("name", ""))) if missing == "--code" else ""
    advice = f"--code {code}, say" if code else "on a terminal, kpictl add-kpi asks for what it needs"
    return UsageError(f"{missing}{instead} is missing", help=advice)


def next_id(catalog: Catalog, before: History | None) -> int:
    """One more than the highest id there is, or was in git's last version: an id is never given again."""
    ids = [kpi.id for kpi in catalog.kpis if kpi.id is not None]
    return 1 + max([*ids, *(kpi.id for kpi in before.kpis)] if before is not None else ids, default=0)


def _file(catalog: Catalog, wish: Wish, category: str | None, *, asks: bool) -> PurePath:
    if wish.file is not None:
        return named(catalog, wish.file)
    found = proposed(catalog, category)
    if asks or (found is None and can_ask()):
        return named(catalog, ask_file(catalog, category))
    if found is None:
        known = ", ".join(each.as_posix() for each in files(catalog))
        raise UsageError("--file is missing: the KPIs stand in several files", help=f"there are {known}")
    return found


def _show(diff: str, tried: Trial, code: str) -> None:
    """The change, and its SQL if it can be compiled; what lint says of it follows, for that is to be read."""
    sys.stderr.write("".join(colored_difference(diff)) if colored(sys.stderr) else diff)
    say("")
    if not tried.is_refused and tried.catalog is not None:
        say("Its SQL:\n")
        print_sql(_sql(tried.catalog, tried.catalog.kpi(code)), dialect_of_environment(tried.catalog, None), sys.stderr)
        say("")


def _tell(tried: Trial) -> None:
    """What the KPI brings with it; what was there before is lint's to tell."""
    if tried.new:
        say(rendered(tried.new, color=colored(sys.stderr), base=tried.base))


def _sql(catalog: Catalog, kpi: Kpi) -> Selection:
    """What says most of one KPI: how its rows are read, or how its formula is computed for each day."""

    def is_own(relation: Relation) -> bool:
        if kpi.source is None:
            return relation.name.name == "fact_cell"
        return catalog.source(kpi.source).relation in relation.needs

    relations = of_kpi(catalog, kpi).relations
    own = [relation for relation in relations if relation.kind == "work" and is_own(relation)]
    # A count of different values has a relation of its own, beside one that only counts all rows.
    mine = [relation for relation in own if relation.name.name.endswith(f"_{kpi.code}")]
    return Selection(tuple(mine or own), frozenset())
