"""What the project's files say of one KPI: what its kind means, what it uses, who uses it, whence its columns come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kpictl.catalog import Catalog, Expression, Kind, Kpi, Lookup, Model, Source
from kpictl.compile.expressions import inputs_of
from kpictl.compile.lineage import Lineage, Origin
from kpictl.compile.models import needed_by
from kpictl.diagnostics import Span
from kpictl.report.shape import Direction

_MEANING: Mapping[Kind, str] = {
    "additive": "Days add up to windows, and entities to those above them; 0 on a covered day without rows.",
    "extreme": "Over a window, and for an entity with others below it: of all matching rows; none without rows.",
    "average": "The sum of all matching rows of a window by their number, never the mean of daily means.",
    "distinct": "Each value once, however many days or entities it was seen on: days and entities do not add up.",
    "stock": "On a day what each entity last reported, carried over days without rows{limit}; over a window {fold}.",
    "validity": "On a day what the rows come to that are valid then; over a window {fold}.",
    "formula": "Computed of its inputs over the same days and entity: a ratio is one of sums, never a mean of ratios.",
}
_AVERAGED = "Over a window the mean of its daily values, days without a value skipped."
_FOLDS: Mapping[str, str] = {
    "last": "that of its last covered day",
    "first": "that of the first day with a value",
    "average": "the mean of its daily values",
    "min": "the least of its daily values",
    "max": "the greatest of its daily values",
}

DIRECTIONS: Mapping[Direction, str] = {
    "up": "more is better",
    "down": "less is better",
    "none": "neither way is better",
}
"""What a KPI's `target_direction` says."""


@dataclass(frozen=True, slots=True)
class Use:
    """A KPI and, if it is a formula, those that it uses."""

    kpi: Kpi
    kind: Kind
    inputs: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class UsedColumn:
    """A column of a source's relation, the keys that name it, and where it comes from."""

    name: str
    keys: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class UsedSource:
    """A source and the columns of its relation that a KPI needs."""

    source: Source
    columns: tuple[UsedColumn, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """A KPI as its project's files have it.

    `used_by` are the formulas that name it, `used_through` those that use it through others.
    """

    kpi: Kpi
    kind: Kind
    meaning: str
    uses: Use
    used_by: tuple[str, ...]
    used_through: tuple[str, ...]
    sources: tuple[UsedSource, ...]


@dataclass(frozen=True, slots=True)
class Thing:
    """Whatever else has a name in a project's files: what it is, where, and which KPIs use it."""

    what: str
    name: str
    description: str
    at: Span
    kpis: tuple[str, ...]


def thing(catalog: Catalog, name: str) -> Thing | None:
    """The source, entity, format, model or lookup of that name; None where there is none."""
    for source in catalog.sources:
        if source.code == name:
            what = f"a source: the rows of {source.relation}"
            kpis = tuple(kpi.code for kpi in catalog.kpis if kpi.source == name)
            return Thing(what, name, source.description, source.places.at("code"), kpis)
    for entity in catalog.entities:
        if entity.code == name:
            what = f"an entity: {entity.name}" + (f", below {entity.parent}" if entity.parent else "")
            with_entities = {source.code for source in catalog.sources if source.entity is not None}
            kpis = tuple(kpi.code for kpi in catalog.kpis if entity.id == 0 or kpi.source in with_entities)
            return Thing(what, name, "", entity.places.at("code"), kpis)
    for form in catalog.formats:
        if form.code == name:
            kpis = tuple(kpi.code for kpi in catalog.kpis if kpi.format == name)
            return Thing(f"a format of kind {form.kind}", name, "", form.places.at("code"), kpis)
    return _table(catalog, name)


def _table(catalog: Catalog, name: str) -> Thing | None:
    tables: tuple[Model | Lookup, ...] = (*catalog.models, *catalog.lookups)
    for made in tables:
        if name in {made.name.name, str(made.name)}:
            sources = {source.code for source in catalog.sources if made.name in needed_by(catalog, {source.relation})}
            kpis = tuple(kpi.code for kpi in catalog.kpis if kpi.source in sources)
            what, description = ("a model", made.description) if isinstance(made, Model) else ("a lookup", "")
            return Thing(f"{what}, {made.name}", name, description, Span.whole_file(made.path), kpis)
    return None


def explained(catalog: Catalog, kpi: Kpi) -> Explained:
    """What the files of a checked catalog say of a KPI."""
    uses = _uses(catalog, kpi, {})
    used_by, used_through = users(catalog, kpi.code)
    return Explained(
        kpi=kpi,
        kind=uses.kind,
        meaning=meaning(kpi, uses.kind),
        uses=uses,
        used_by=used_by,
        used_through=used_through,
        sources=_sources(catalog, [each.kpi for each in (uses, *used(uses)) if each.kpi.measure is not None]),
    )


def meaning(kpi: Kpi, kind: Kind) -> str:
    """What a kind means for the windows and entities of a KPI."""
    return meaning_of(kind, kpi.over_time, kpi.max_staleness)


def meaning_of(kind: Kind, over_time: str | None, max_staleness: int | None = None) -> str:
    """The same of what has been published, where nobody knows how long a stock is carried."""
    if kind == "formula" and over_time == "average":
        return _AVERAGED
    limit = "" if max_staleness is None else f" for at most {max_staleness} days"
    return _MEANING[kind].format(limit=limit, fold=_FOLDS[over_time or "last"])


def used(use: Use) -> Iterator[Use]:
    """All that a KPI uses, directly or through others, each once: a formula before its inputs."""
    seen = {use.kpi.code}
    pending = list(use.inputs)
    while pending:
        each = pending.pop(0)
        if each.kpi.code not in seen:
            seen.add(each.kpi.code)
            yield each
            pending = [*each.inputs, *pending]


def users(catalog: Catalog, code: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The formulas that name a KPI, and those that use it through others; both in the catalog's order."""
    named_by = {kpi.code: inputs_of(kpi) for kpi in catalog.kpis}
    direct = {user for user, inputs in named_by.items() if code in inputs}
    found, fresh = set(direct), direct
    while fresh:
        fresh = {user for user, inputs in named_by.items() if fresh & set(inputs)} - found
        found |= fresh
    order = [kpi.code for kpi in catalog.kpis]
    return tuple(each for each in order if each in direct), tuple(each for each in order if each in found - direct)


def written_out(formula: Expression, values: Mapping[str, str]) -> str:
    """A formula with the KPIs' values in the place of their codes, the rest as its author wrote it."""
    text = formula.text
    for column in reversed(formula.columns()):
        start, end = column.this.meta["start"], column.this.meta["end"] + 1
        text = text[:start] + values[column.name] + text[end:]
    return " ".join(text.split())


def _uses(catalog: Catalog, kpi: Kpi, made: dict[str, Use]) -> Use:
    """`made` holds those of KPIs that were met before: a formula may reach one in a thousand ways."""
    if kpi.code not in made:
        inputs = tuple(_uses(catalog, catalog.kpi(code), made) for code in inputs_of(kpi))
        made[kpi.code] = Use(kpi, catalog.kind(kpi), inputs)
    return made[kpi.code]


def _sources(catalog: Catalog, needed: Sequence[Kpi]) -> tuple[UsedSource, ...]:
    lineage = Lineage(catalog)
    found = []
    for source in catalog.sources:
        mine = [kpi for kpi in needed if kpi.source == source.code]
        if mine:
            keys: dict[str, dict[str, None]] = {}
            for key, column in _columns(source, mine):
                keys.setdefault(column, {})[key] = None
            columns = (
                UsedColumn(name, tuple(named), lineage.trace(source.relation, name)) for name, named in keys.items()
            )
            found.append(UsedSource(source, tuple(columns)))
    return tuple(found)


def _columns(source: Source, kpis: list[Kpi]) -> Iterator[tuple[str, str]]:
    """Each key, of the measures first, with a column that it names."""
    for kpi in kpis:
        if kpi.measure is not None and kpi.measure.argument is not None:
            yield from (("measure", column.name) for column in kpi.measure.argument.columns())
    for kpi in kpis:
        yield from _named("where", kpi.where)
    yield from _named("where", source.where)
    named = {
        "time": source.time,
        "valid_from": source.valid_from,
        "valid_to": source.valid_to,
        "entity": source.entity,
        "key": source.key,
    }
    yield from ((key, column) for key, column in named.items() if column is not None)


def _named(key: str, expression: Expression | None) -> Iterator[tuple[str, str]]:
    if expression is not None:
        yield from ((key, column.name) for column in expression.columns())
