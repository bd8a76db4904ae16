"""The shape of a project's YAML, key by key: the only schema, from which the JSON Schema is printed too."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from kpictl.calendar import NAMED

CODE = r"^[a-z][a-z0-9_]*$"
NAME = r"^[A-Za-z][A-Za-z0-9_-]*$"
SCHEMA = r"^[a-z_][a-z0-9_]*$"
_SQL_NAME = r'([A-Za-z_][A-Za-z0-9_]*|"[A-Za-z_][A-Za-z0-9_]*")'
COLUMN = rf"^{_SQL_NAME}$"
RELATION = rf"^{_SQL_NAME}(\.{_SQL_NAME})?$"
CURRENCY = r"^[A-Z]{3}$"
DAY = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
CLOCK = "^([01][0-9]|2[0-3]):[0-5][0-9]$"
VARIABLE = r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$"
DURATION = "^[1-9][0-9]{0,4}[mhd]$"
WINDOW = f"^({'|'.join(NAMED)}|last[1-9][0-9]{{0,3}})$"
MONTH_DAY = (
    r"^(january|february|march|april|may|june|july|august|september|october|november|december)-"
    r"([1-9]|[12][0-9]|3[01])$"
)


def _day(value: object) -> object:
    if isinstance(value, str):
        try:
            if date.fromisoformat(value).isoformat() == value:
                return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("KPI026", "this is not a date", {"help": "a date is written 2025-01-31"})


def _clock(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(CLOCK, value):
        return time.fromisoformat(value)
    advice = 'a time of day is written "04:00", from "00:00" to "23:59"'
    raise PydanticCustomError("KPI026", "this is not a time of day", {"help": advice})


def _freshness(value: object) -> object:
    """`36h` is short for `{within: 36h}`."""
    if isinstance(value, str):
        return {"within": value}
    if isinstance(value, dict | FreshnessShape):
        return value
    advice = "it is written `36h`: a number, then m, h or d"
    raise PydanticCustomError("KPI022", "`expect_fresh` must be a duration", {"help": advice})


def _variable(value: object) -> object:
    """The message does not repeat the value: it is a secret that stands where it should not."""
    if isinstance(value, str) and re.fullmatch(VARIABLE, value):
        return value
    advice = "write `${SLACK_WEBHOOK_URL}`, say, and set that variable where runs are made"
    raise PydanticCustomError("KPI024", "this is not a variable's name in `${…}`", {"help": advice})


Code = Annotated[str, Field(pattern=CODE, max_length=50)]  # with a prefix a table's name, 63 bytes at most
Name = Annotated[str, Field(pattern=NAME, max_length=50)]
Schema = Annotated[str, Field(pattern=SCHEMA, max_length=63)]
ColumnName = Annotated[str, Field(pattern=COLUMN, max_length=65)]
Relation = Annotated[str, Field(pattern=RELATION, max_length=131)]
Text = Annotated[str, Field(min_length=1)]
Sql = str  # an empty one is said with its place when it is parsed
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date", "pattern": DAY})]
Clock = Annotated[time, BeforeValidator(_clock), WithJsonSchema({"type": "string", "pattern": CLOCK})]
Zone = Text  # whether a zone of that name exists is for the rules to judge
Locale = Text  # whether there is one of that name is told with what is near
Window = Annotated[Text, Field(json_schema_extra={"pattern": WINDOW})]  # for editors; the rules say what is near
Currency = Annotated[str, Field(pattern=CURRENCY)]
Number = Annotated[float, Field(allow_inf_nan=False)]  # its digits are taken from the file's text
Duration = Annotated[str, Field(pattern=DURATION)]
Variable = Annotated[str, BeforeValidator(_variable), WithJsonSchema({"type": "string", "pattern": VARIABLE})]
Severity = Literal["warn", "error"]
Status = Literal["ok", "partial", "undefined", "stale", "no_data"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Month = Literal[
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
]  # fmt: skip


class Shape(BaseModel):
    """A mapping of the YAML: no other keys, no conversions that would surprise."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FiscalShape(Shape):
    """`{starts: july}`, or `{pattern: 4-4-5, last: saturday, of: january}`, or `nearest:` with `to:`."""

    starts: Month | None = None
    pattern: Literal["4-4-5", "4-5-4", "5-4-4"] | None = None
    last: Weekday | None = None
    of: Month | None = None
    nearest: Weekday | None = None
    to: Annotated[str, Field(pattern=MONTH_DAY)] | None = None
    named_by: Literal["start", "end"] | None = None


class CalendarShape(Shape):
    start: Day = date(2015, 1, 1)
    end: Day = date(2035, 12, 31)
    week_starts_on: Weekday | None = None  # the day after the one that the pattern's years end on, else monday
    fiscal: FiscalShape = FiscalShape(starts="january")


class SchemasShape(Shape):
    raw: Schema = "raw"
    models: Schema = "marts"
    kpi: Schema = "kpi"


class EnvironmentShape(Shape):
    url: Text


class NotifyShape(Shape):
    """`{webhook: "${SLACK_WEBHOOK_URL}"}`: the address is a secret, and never stands in the file."""

    webhook: Variable
    on_success: bool = False


class ProjectFile(Shape):
    """`kpictl.yml`."""

    name: Name
    timezone: Zone = "UTC"
    day_starts_at: Annotated[Clock, Field(json_schema_extra={"default": "00:00"})] = time(0, 0)
    currency: Currency = "USD"
    locale: Locale = "en"
    as_of: Literal["today", "yesterday"] = "yesterday"
    calendar: CalendarShape = CalendarShape()
    windows: Annotated[list[Window], Field(min_length=1)] = ["mtd", "qtd", "ytd", "last28"]
    compare: Literal["same_date", "same_weekday", "fiscal"] | None = None
    facts: Literal["dense", "sparse"] = "dense"
    schemas: SchemasShape = SchemasShape()
    environments: dict[Name, EnvironmentShape] = {}
    environment: Name | None = None
    connectors: dict[Name, dict[str, object]] = {}
    notify: NotifyShape | None = None
    covers_from: Day | None = None


class FormatShape(Shape):
    code: Code
    kind: Literal["currency", "percent", "number", "duration"]
    decimals: Annotated[int, Field(ge=0, le=10)] = 0
    currency: Currency | None = None
    unit: Text | None = None
    compact: bool = False
    stored_as: Literal["percent", "fraction"] = "percent"


class EntityShape(Shape):
    id: Annotated[int, Field(ge=0, le=2**31 - 1)]
    code: Text
    name: Text
    parent: Text | None = None
    timezone: Zone | None = None
    aliases: list[Text] = []


class ExpectationShape(Shape):
    that: Sql
    severity: Severity = "warn"
    message: Text | None = None


class FreshnessShape(Shape):
    """`{within: 36h, severity: error}`, or `36h` alone."""

    within: Duration
    severity: Severity = "warn"


class SourceShape(Shape):
    code: Code
    description: str = ""
    relation: Relation
    time: ColumnName | None = None
    valid_from: ColumnName | None = None
    valid_to: ColumnName | None = None
    timezone: Zone = "UTC"
    entity: ColumnName | None = None
    key: ColumnName | None = None
    where: Sql | None = None
    changed_at: ColumnName | None = None
    covers_from: Day | None = None
    covers_to: Literal["last_row"] | None = None
    expect: list[ExpectationShape] = []
    expect_fresh: (
        Annotated[FreshnessShape, BeforeValidator(_freshness, json_schema_input_type=Duration | FreshnessShape)] | None
    ) = None


class CheckShape(Shape):
    """One of `min`, `max`, `not_null` and `max_change_pct`, and of what it is asked."""

    min: Number | None = None
    max: Number | None = None
    not_null: bool | None = None
    max_change_pct: Annotated[Number, Field(ge=0)] | None = None
    window: Window | None = None
    entity: Text | None = None
    severity: Severity = "warn"
    message: Text | None = None


class KpiShape(Shape):
    id: Id | None = None
    code: Code
    name: Text | None = None
    description: str = ""
    category: str = ""
    format: Code | None = None
    target_direction: Literal["up", "down", "none"] = "none"
    owner: Text | None = None
    source: Code | None = None
    measure: Sql | None = None
    where: Sql | None = None
    formula: Sql | None = None
    over_time: Literal["last", "first", "average", "min", "max"] | None = None
    max_staleness: Annotated[int, Field(ge=0, le=36_600)] | None = None
    is_active: bool = True
    tags: list[Text] = []
    sort_order: Annotated[int, Field(ge=-(2**31), le=2**31 - 1)] | None = None
    checks: list[CheckShape] = []


class ExpectedShape(Shape):
    kpi: Code
    entity: Text = "ALL"
    window: Window | None = None
    as_of: Day | None = None
    value: Number | None = None
    status: Status | None = None
    prior: Number | None = None
    prior_status: Status | None = None


class KpiTestShape(Shape):
    """Rows in, values out: `given` has the rows of sources and tables by their names."""

    name: Text
    description: str = ""
    as_of: Day
    given: dict[Relation, list[dict[ColumnName, object]]] = {}
    expect: Annotated[list[ExpectedShape], Field(min_length=1)]


class CatalogFile(Shape):
    """Any `kpis/**/*.yml`."""

    formats: list[FormatShape] = []
    entities: list[EntityShape] = []
    sources: list[SourceShape] = []
    kpis: list[KpiShape] = []
    tests: list[KpiTestShape] = []
