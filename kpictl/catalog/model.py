"""The Catalog: everything that a project's files say, read, typed and frozen; references are still names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

from sqlglot import exp

from kpictl.calendar import WEEKDAYS
from kpictl.catalog.document import Places
from kpictl.catalog.expression import Expression, Measure
from kpictl.catalog.table import Column, TableName
from kpictl.diagnostics import Span

OverTime = Literal["last", "first", "average", "min", "max"]
Severity = Literal["warn", "error"]
CheckedFor = Literal["min", "max", "not_null", "max_change_pct"]
Status = Literal["ok", "partial", "undefined", "stale", "no_data"]
Kind = Literal["additive", "extreme", "average", "distinct", "stock", "validity", "formula"]


@dataclass(frozen=True, slots=True)
class Fiscal:
    """`calendar.fiscal`, key by key: either `starts`, or `pattern` with `last` and `of`, or with `nearest` and `to`."""

    starts: str | None = None
    pattern: str | None = None
    last: str | None = None
    of: str | None = None
    nearest: str | None = None
    to: str | None = None
    named_by: Literal["start", "end"] | None = None

    @property
    def year_ends_on(self) -> str | None:
        """The weekday that the years of a retail pattern end on."""
        return (self.last or self.nearest) if self.pattern is not None else None

    @property
    def week_starts_on(self) -> str:
        """The weekday that weeks start on: the one after the last of a retail pattern's years, else Monday."""
        return WEEKDAYS[0 if self.year_ends_on is None else (WEEKDAYS.index(self.year_ends_on) + 1) % 7]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Names of weekdays and months are the YAML's."""

    start: date
    end: date
    week_starts_on: str
    fiscal: Fiscal


@dataclass(frozen=True, slots=True)
class Schemas:
    raw: str
    models: str
    kpi: str


@dataclass(frozen=True, slots=True)
class Environment:
    """`url` may be `${NAME}`: it is resolved when the environment is used, not before."""

    name: str
    url: str
    places: Places


@dataclass(frozen=True, slots=True)
class ConnectorSettings:
    """A connector's settings as written; values may be `${NAME}`."""

    name: str
    settings: Mapping[str, object]
    places: Places


@dataclass(frozen=True, slots=True)
class Notify:
    """Who is told of runs; `webhook` is `${NAME}`: a run resolves it, nothing else does."""

    webhook: str
    on_success: bool
    places: Places


@dataclass(frozen=True, slots=True)
class Project:
    """`kpictl.yml`."""

    folder: Path
    name: str
    timezone: str
    day_starts_at: time
    currency: str
    locale: str  # by its name in CLDR: pt_BR
    as_of: Literal["today", "yesterday"]
    calendar: Calendar
    windows: tuple[str, ...]
    compare: Literal["same_date", "same_weekday", "fiscal"]
    facts: Literal["dense", "sparse"]
    schemas: Schemas
    environments: tuple[Environment, ...]
    environment: str
    connectors: tuple[ConnectorSettings, ...]
    notify: Notify | None
    covers_from: date | None
    places: Places


@dataclass(frozen=True, slots=True)
class Format:
    code: str
    kind: Literal["currency", "percent", "number", "duration"]
    decimals: int
    currency: str | None  # of kind currency alone: the format's own or the project's
    unit: str | None
    compact: bool
    stored_as: Literal["percent", "fraction"]
    places: Places


@dataclass(frozen=True, slots=True)
class Entity:
    id: int
    code: str
    name: str
    parent: str | None
    timezone: str | None
    aliases: tuple[str, ...]
    places: Places


@dataclass(frozen=True, slots=True)
class Expectation:
    """A condition that every row of a source should meet."""

    that: Expression
    severity: Severity
    message: str
    places: Places


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the newest row of a source may be when a run begins; `text` is that as it is written."""

    within: timedelta
    text: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class Check:
    """What a KPI's values should be like; `limit` is None for `not_null` alone, `entity` where all are looked at.

    Without a `window` it is that of `window_of`.
    """

    key: CheckedFor
    limit: Decimal | None
    window: str | None
    entity: str | None
    severity: Severity
    message: str | None
    places: Places

    def window_of(self, project: Project) -> str:
        """A change is looked at over the first window of the dashboard, a value on the day of the as-of date."""
        return self.window or (project.windows[0] if self.key == "max_change_pct" else "day")

    @property
    def text(self) -> str:
        """The check as it is written."""
        return f"{self.key}: {'true' if self.limit is None else self.limit}"


@dataclass(frozen=True, slots=True)
class Source:
    """A relation of rows that happened. Either `time` is set, or `valid_from` and `valid_to` are."""

    code: str
    description: str
    relation: TableName
    time: str | None
    valid_from: str | None
    valid_to: str | None
    timezone: str
    entity: str | None
    key: str | None
    where: Expression | None
    changed_at: str | None
    covers_from: date | None
    covers_to: Literal["last_row"] | None
    expect: tuple[Expectation, ...]
    expect_fresh: Freshness | None
    places: Places


@dataclass(frozen=True, slots=True)
class Kpi:
    """Either `source` and `measure` are set, or `formula` is. Without `id` it is a helper."""

    id: int | None
    code: str
    name: str
    description: str
    category: str
    format: str | None  # None for a helper that names none
    target_direction: Literal["up", "down", "none"]
    owner: str | None
    source: str | None
    measure: Measure | None
    where: Expression | None
    formula: Expression | None
    over_time: OverTime | None
    max_staleness: int | None
    is_active: bool
    tags: tuple[str, ...]
    sort_order: int
    checks: tuple[Check, ...]
    places: Places

    def kind(self, source: Source | None) -> Kind:
        """The kind of the KPI, given its source."""
        if self.measure is None or source is None:
            return "formula"
        if source.valid_from is not None:
            return "validity"
        if self.over_time is not None:
            return "stock"
        match self.measure.aggregate:
            case "count" if self.measure.distinct:
                return "distinct"
            case "sum" | "count":
                return "additive"
            case "avg":
                return "average"
            case "min" | "max":
                return "extreme"


@dataclass(frozen=True, slots=True)
class TableReference:
    """A table that a model reads, and where it says so."""

    name: TableName
    at: Span


@dataclass(frozen=True, slots=True)
class Model:
    """A SQL model: one SELECT; `tree` is in sqlglot's form, read from `dialect`, with unqualified names resolved."""

    name: TableName
    path: Path
    text: str
    dialect: str
    materialize: Literal["view", "table"]
    description: str
    tree: exp.Query
    reads: tuple[TableReference, ...]
    columns: tuple[str, ...] | None  # the names that it selects; None where a star hides them


@dataclass(frozen=True, slots=True)
class Lookup:
    """A small table that people keep by hand as CSV: empty fields are NULL, a type is one that all values fit."""

    name: TableName
    path: Path
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | int | Decimal | date | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of a given row; `kind` is how the YAML has it, a `json` one's value is its text."""

    column: str
    kind: Literal["boolean", "bigint", "decimal", "text", "json"]
    value: bool | int | Decimal | str
    at: Span


@dataclass(frozen=True, slots=True)
class GivenRow:
    """A row of a test; columns that it leaves out have no value."""

    cells: tuple[Cell, ...]
    places: Places


@dataclass(frozen=True, slots=True)
class Given:
    """The rows that a test gives for a source or a table, by its name as written."""

    name: str
    rows: tuple[GivenRow, ...]
    places: Places


@dataclass(frozen=True, slots=True)
class Expected:
    """What a test expects of a KPI; what is None is not looked at, but for `window` and `as_of`, which are implied."""

    kpi: str
    entity: str
    window: str | None
    as_of: date | None
    value: Decimal | None
    status: Status | None
    prior: Decimal | None
    prior_status: Status | None
    places: Places


@dataclass(frozen=True, slots=True)
class KpiTest:
    """Rows in, values out."""

    name: str
    description: str
    as_of: date
    given: tuple[Given, ...]
    expect: tuple[Expected, ...]
    places: Places


@dataclass(frozen=True, slots=True)
class Unread:
    """What the files say and the catalog lacks, since it is wrong in itself: what names it may be right all the same.

    `codes` are those of entries, each with the name of its list; `lists` are the names of the lists that lack
    something without a code.
    """

    codes: frozenset[tuple[str, str]] = frozenset()
    lists: frozenset[str] = frozenset()

    def of(self, name: str) -> frozenset[str]:
        """The codes of one list."""
        return frozenset(code for list_name, code in self.codes if list_name == name)


@dataclass(frozen=True, slots=True)
class Catalog:
    """A project's files as values; what they mean together is for `check` to judge."""

    project: Project
    formats: tuple[Format, ...]
    entities: tuple[Entity, ...]
    sources: tuple[Source, ...]
    kpis: tuple[Kpi, ...]
    models: tuple[Model, ...]
    lookups: tuple[Lookup, ...]
    tests: tuple[KpiTest, ...] = ()
    unread: Unread = Unread()

    def source(self, code: str) -> Source:
        return next(source for source in self.sources if source.code == code)

    def kpi(self, code: str) -> Kpi:
        return next(kpi for kpi in self.kpis if kpi.code == code)

    def format(self, code: str) -> Format:
        return next(fmt for fmt in self.formats if fmt.code == code)

    def kind(self, kpi: Kpi) -> Kind:
        """The kind of a KPI, which decides how it is valued over days and entities; its source must exist."""
        return kpi.kind(None if kpi.source is None else self.source(kpi.source))
