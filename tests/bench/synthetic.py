"""A project of any size, made up: N KPIs over S sources and E leaf entities, as YAML, and its rows as SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from kpictl.engine import open_engine

FIRST_DAY = date(2015, 1, 1)
ROWS_A_DAY = 3
"""Of each source and leaf."""
CHANNELS = 8
AMOUNTS = 5
WINDOWS = ("mtd", "qtd", "ytd", "last28")

Kind = Literal["sum", "count", "average", "distinct", "stock", "ratio", "total"]

# Where each kind stands among 27 KPIs that repeat; everything else is a sum.
_BLOCK = 27
_KINDS: dict[int, Kind] = {
    **dict.fromkeys((1, 10, 15), "count"),
    **dict.fromkeys((5, 18), "average"),
    **dict.fromkeys((3, 12, 21, 26), "ratio"),
    **dict.fromkeys((9, 16, 24), "total"),
    7: "distinct",
}
_SECOND_DISTINCT = 20
_STOCK_EVERY, _STOCK_AT = 100, 13


@dataclass(frozen=True, slots=True)
class Size:
    """How large a project is; all of its sources have the same columns and numbers of rows.

    Those that are `tracked` say when a row was changed, and have the indexes that a person would give them.
    """

    kpis: int = 27
    leaves: int = 10
    sources: int = 3
    days: int = 1_096
    is_tracked: bool = False

    @property
    def last_day(self) -> date:
        return FIRST_DAY + timedelta(days=self.days - 1)

    @property
    def rows(self) -> int:
        """Of each source."""
        return self.days * self.leaves * ROWS_A_DAY


@dataclass(frozen=True, slots=True)
class Made:
    """A KPI: `argument` and `where` of a measure, or the numbers of the KPIs that a formula is over."""

    number: int
    kind: Kind
    source: int
    argument: str = ""
    where: str = ""
    inputs: tuple[int, ...] = ()

    @property
    def id(self) -> int:
        return self.number + 1

    @property
    def code(self) -> str:
        return code(self.number)

    @property
    def is_formula(self) -> bool:
        return self.kind in {"ratio", "total"}


def code(number: int) -> str:
    return f"kpi_{number + 1:04d}"


def kpis(size: Size) -> list[Made]:
    return [_kpi(number, size) for number in range(size.kpis)]


def _kpi(number: int, size: Size) -> Made:
    kind: Kind = _KINDS.get(number % _BLOCK, "sum")
    if number == _SECOND_DISTINCT:
        kind = "distinct"
    if number % _STOCK_EVERY == _STOCK_AT:
        kind = "stock"
    source = number % size.sources + 1
    where = f"channel = 'c{number % CHANNELS}' and quantity <> {number + 100}" if number % 2 else ""
    amount = f"amount_{number % AMOUNTS}"
    match kind:
        case "ratio" | "total":
            # Two before a formula stand measures, but before the last of the 27, which is over another formula.
            return Made(number, kind, source, inputs=(number - 1, number - 2))
        case "count":
            return Made(number, kind, source, "*", where)
        case "distinct":
            return Made(number, kind, source, "customer", where)
        case "stock":
            return Made(number, kind, source, "on_hand")
        case "sum" | "average":
            return Made(number, kind, source, amount, where)


def write(size: Size, folder: Path) -> None:
    """The project's YAML."""
    (folder / "kpis").mkdir(parents=True, exist_ok=True)
    (folder / "kpictl.yml").write_text(_PROJECT.format(first_day=FIRST_DAY, windows=", ".join(WINDOWS)))
    entities = ["entities:", "  - {id: 0, code: ALL, name: All}"]
    entities += [f"  - {{id: {n}, code: place_{n}, name: Place {n}, parent: ALL}}" for n in range(1, size.leaves + 1)]
    (folder / "kpis" / "entities.yml").write_text("\n".join(entities) + "\n")
    source = _SOURCE + (_TRACKED if size.is_tracked else "")
    sources = [source.format(number=number) for number in range(1, size.sources + 1)]
    (folder / "kpis" / "sources.yml").write_text(_FORMATS + "sources:\n" + "".join(sources))
    (folder / "kpis" / "kpis.yml").write_text("kpis:\n" + "".join(map(_written, kpis(size))))


_PROJECT = """\
name: synthetic
timezone: America/Los_Angeles
currency: USD
calendar: {{start: 2012-01-01, end: 2030-12-31}}
covers_from: {first_day}
windows: [{windows}]
environments:
  local: {{url: "duckdb:///synthetic.duckdb"}}
"""

_FORMATS = """\
formats:
  - {code: number, kind: number, decimals: 0}
  - {code: percent, kind: percent, decimals: 1}

"""

_SOURCE = """\
  - code: source_{number}
    description: Rows of the made-up table {number}.
    relation: raw.event_{number}
    time: happened_at
    entity: place
"""
_TRACKED = """\
    key: id
    changed_at: loaded_at
"""


def _written(kpi: Made) -> str:
    lines = [
        f"  - id: {kpi.id}",
        f"    code: {kpi.code}",
        f"    name: KPI {kpi.id}",
        f"    description: A made-up KPI, a {kpi.kind}.",
        "    category: Made up",
        f"    format: {'percent' if kpi.kind == 'ratio' else 'number'}",
        "    owner: bench",
    ]
    if kpi.is_formula:
        lines.append(f"    formula: {formula(kpi)}")
    else:
        lines += [f"    source: source_{kpi.source}", f"    measure: {_measure(kpi)}"]
    if kpi.where:
        lines.append(f"    where: {kpi.where}")
    if kpi.kind == "stock":
        lines.append("    over_time: last")
    return "\n".join(lines) + "\n"


def formula(kpi: Made) -> str:
    first, second = map(code, kpi.inputs)
    return f"100 * {first} / {second}" if kpi.kind == "ratio" else f"{first} + {second}"


def _measure(kpi: Made) -> str:
    match kpi.kind:
        case "average":
            return f"avg({kpi.argument})"
        case "count":
            return "count(*)"
        case "distinct":
            return f"count(distinct {kpi.argument})"
        case _:
            return f"sum({kpi.argument})"


def statements(size: Size, engine: str) -> Iterator[str]:
    """The raw tables, filled with the same rows on either engine; every leaf has rows on every day."""
    words = {
        "whole": "//" if engine == "duckdb" else "/",
        "series": f"range({size.rows}) as series (n)"
        if engine == "duckdb"
        else f"generate_series(0, {size.rows - 1}) as series (n)",
        "leaves": size.leaves,
        "a_day": ROWS_A_DAY,
        "a_day_of_all": size.leaves * ROWS_A_DAY,
        "first_day": FIRST_DAY,
        "channels": CHANNELS,
    }
    yield "create schema raw"
    for number in range(1, size.sources + 1):
        amounts = ",\n".join(
            f"  cast((n * {7919 + 2 * column} + n {words['whole']} 7 + {number}) % 100003 as decimal(12, 2)) / 100"
            f" as amount_{column}"
            for column in range(AMOUNTS)
        )
        yield _ROWS.format(number=number, amounts=amounts, **words)
        if size.is_tracked and engine == "postgres":
            yield from (f"create index on raw.event_{number} ({name})" for name in ("id", "happened_at", "loaded_at"))


_ROWS = """\
create table raw.event_{number} as
with row as (select cast(n as bigint) as n from {series})
select
  n as id,
  timestamp '{first_day} 20:00:00' at time zone 'UTC'
    + interval '1 day' * cast(n {whole} {a_day_of_all} as integer) as happened_at,
  timestamp '{first_day} 21:00:00' + interval '1 day' * cast(n {whole} {a_day_of_all} as integer) as loaded_at,
  'place_' || cast(n {whole} {a_day} % {leaves} + 1 as text) as place,
  'c' || cast((n * 31 + n {whole} 11) % {channels} as text) as channel,
  cast(n % 17 + 1 as integer) as quantity,
  (n * 48271 + {number}) % (40 * {leaves}) as customer,
  cast((n * 12347) % 5003 as decimal(12, 2)) as on_hand,
{amounts}
from row
"""


def fill(size: Size, engine: str, url: str, folder: Path) -> None:
    """Make the raw tables of a project in its database."""
    database = open_engine(url, folder)
    with database.transaction():
        for statement in statements(size, engine):
            database.execute(statement)
        if engine == "postgres":
            database.execute("analyze")
    database.close()


def touched(size: Size, day: date) -> Iterator[str]:
    """Every row of a day is loaded again: that is when a run that follows rows sees them."""
    at = f"timestamp '{day + timedelta(days=1)} 03:00:00'"
    for number in range(1, size.sources + 1):
        yield f"update raw.event_{number} set loaded_at = {at} where cast(happened_at as date) = date '{day}'"
