"""The SQL that a person would write for a synthetic project: running totals, looked up at the ends of each span.

Nothing in it grows with facts times dates: additive measures are differences of two running totals, distinct values
are counted by when they enter and leave each kind of span, the values of all KPIs travel as one array per row and are
unnested once, in the tables' last step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tests.bench.scale_tables import Tables
from tests.bench.synthetic import WINDOWS, Made, Size, kpis
from tests.bench.words import WORDS

KINDS = ("week", "month", "quarter", "year", "last28")
"""The spans that end on a day: all windows and periods are one of these."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A run: every day from `first_as_of` to `as_of` is an as-of date."""

    first_as_of: date
    as_of: date
    covers_from: date
    began_at: datetime


def setup(engine: str) -> str:
    """Once, before the first run: what the payload says of a KPI itself."""
    return f"""
create table kpi.card as
select
  kpi_id,
  {WORDS[engine].json_object}('id', kpi_id, 'code', kpi_code, 'name', kpi_name, 'target_direction', target_direction)
    as card,
  cast(
    case format
      when 'percent' then '{{"kind": "percent", "decimals": 1, "stored_as": "percent"}}'
      else '{{"kind": "number", "decimals": 0}}'
    end as {"json" if engine == "duckdb" else "jsonb"}
  ) as format
from kpi.dim_kpi
"""


def statements(size: Size, engine: str, asked: Asked) -> Iterator[tuple[str, str]]:
    """Each statement of a run with its title, in order."""
    writer = Writer(size, engine, asked)
    yield from writer.days()
    yield from writer.spans()
    dates = {
        "first_as_of": writer.first_as_of,
        "as_of": writer.as_of,
        "covers_from": writer.covers_from,
        "began_at": asked.began_at.isoformat(),
    }
    yield from Tables(WORDS[engine], writer.kpis, dates).statements()


class Writer:
    """Writes the statements of one run."""

    def __init__(self, size: Size, engine: str, asked: Asked) -> None:
        self.size, self.engine, self.asked = size, engine, asked
        self.words = WORDS[engine]
        self.kpis = kpis(size)
        self.sources = range(1, size.sources + 1)
        self.covers_from = f"cast('{asked.covers_from}' as date)"
        self.first_as_of = f"cast('{asked.first_as_of}' as date)"
        self.as_of = f"cast('{asked.as_of}' as date)"

    def of_kind(self, *kinds: str) -> list[Made]:
        return [kpi for kpi in self.kpis if kpi.kind in kinds]

    def made(self, name: str, query: str, *, analyzed: str | None = None) -> Iterator[tuple[str, str]]:
        yield name, self.words.table(name, query)
        if self.engine == "postgres" and analyzed is not None:
            yield f"analyze {name}", f"analyze {name} {analyzed}"

    # -- days

    def days(self) -> Iterator[tuple[str, str]]:
        for source in self.sources:
            yield from self._source(source)
        for kpi in self.of_kind("stock"):
            yield from self._stock(kpi)
        for kpi in self.of_kind("distinct"):
            yield from self._seen(kpi)
            yield from self._distinct(kpi)
        yield from self._running()
        yield from self._day_value()

    def _source(self, source: int) -> Iterator[tuple[str, str]]:
        columns, sums = [], []
        for kpi in self.kpis:
            if kpi.source != source or kpi.kind in {"distinct", "ratio", "total"}:
                continue
            matching = f" filter (where {kpi.where})" if kpi.where else ""
            if kpi.kind == "count":
                columns.append(f"count(*){matching} as {kpi.code}")
            else:
                columns.append(f"sum(cast({kpi.argument} as decimal(38, 10))){matching} as {kpi.code}")
            sums.append(f"sum({kpi.code}) as {kpi.code}")
            if kpi.kind == "average":
                columns.append(f"count({kpi.argument}){matching} as {kpi.code}_count")
                sums.append(f"sum({kpi.code}_count) as {kpi.code}_count")
        query = f"""
with leaf as (
  select
    cast(happened_at at time zone 'America/Los_Angeles' as date) as date_key, entity.entity_id,
    {_lines(columns)}
  from raw.event_{source} as event
  join kpi.dim_entity as entity on entity.entity_code = event.place
  group by 1, 2
)
select * from leaf
union all
select date_key, 0, {", ".join(sums)} from leaf where date_key is not null group by date_key
"""
        yield from self.made(f"source_{source}", query, analyzed="(date_key, entity_id)")

    def _stock(self, kpi: Made) -> Iterator[tuple[str, str]]:
        """Each leaf's last report, carried forward to its next."""
        report = f"""
  (
    select
      date_key, entity_id, {kpi.code},
      coalesce(lead(date_key) over (partition by entity_id order by date_key), {self.as_of} + 1) as next_day
    from source_{kpi.source}
    where entity_id > 0 and {kpi.code} is not null
  ) as report"""
        query = f"""
with carried as (
  {self.words.days_between.format(rows=report, days="cast(next_day - date_key as integer)")}
)
select date_key + cast(since as integer) as date_key, entity_id, {kpi.code} from carried
union all
select date_key + cast(since as integer), 0, sum({kpi.code}) from carried group by 1
"""
        yield from self.made(f"stock_{kpi.code}", query, analyzed="(date_key, entity_id)")

    def _seen(self, kpi: Made) -> Iterator[tuple[str, str]]:
        """How many values are seen on a day, and next on another."""
        matching = f"where {kpi.where}" if kpi.where else ""
        query = f"""
with leaf as (
  select distinct
    cast(happened_at at time zone 'America/Los_Angeles' as date) as date_key, entity.entity_id,
    {kpi.argument} as seen
  from raw.event_{kpi.source} as event
  join kpi.dim_entity as entity on entity.entity_code = event.place
  {matching}
),
entity as (
  select date_key, entity_id, seen from leaf
  union all
  select distinct date_key, cast(0 as bigint), seen from leaf
),
walked as (
  select date_key, entity_id, lead(date_key) over (partition by entity_id, seen order by date_key) as next_day
  from entity
)
select date_key, entity_id, next_day, count(*) as keys from walked group by 1, 2, 3
"""
        yield from self.made(f"seen_{kpi.code}", query, analyzed="(date_key, entity_id)")

    def _distinct(self, kpi: Made) -> Iterator[tuple[str, str]]:
        """For each kind of span the values in the one that ends on a day: what entered it less what left it."""
        leaves = {
            "week": "seen.date_key + 7 - cast(extract(isodow from seen.date_key) as integer) + 1",
            **{
                unit: f"cast(date_trunc('{unit}', seen.date_key) + interval '{months} months' as date)"
                for unit, months in (("month", 1), ("quarter", 3), ("year", 12))
            },
            "last28": "seen.date_key + 28",
        }
        left = "\nunion all\n".join(
            f"select least(next_day, {leaves[kind]}), entity_id, {', '.join(_only(kind))} from seen_{kpi.code} as seen"
            for kind in KINDS
        )
        entered = ", ".join(f"keys as {kind}" for kind in KINDS)
        query = f"""
with moved as (
  select date_key, entity_id, keys as on_day, {entered} from seen_{kpi.code}
  union all
{left}
)
select
  date_key, entity_id, sum(on_day) as on_day,
  {_lines([f"sum({kind}) as {kind}" for kind in KINDS])}
from moved
group by 1, 2
"""
        yield from self.made(f"distinct_{kpi.code}", query, analyzed="(date_key, entity_id)")

    def _running(self) -> Iterator[tuple[str, str]]:
        """Dense: on each day and entity the day's values, and the totals up to it."""
        columns, joins = [], [f"left join source_{source} using (date_key, entity_id)" for source in self.sources]
        for kpi in self.kpis:
            match kpi.kind:
                case "sum" | "count":
                    columns += _day_and_total(kpi.code)
                case "average":
                    columns += [*_day_and_total(kpi.code), *_day_and_total(f"{kpi.code}_count")]
                case "stock":
                    columns.append(f"stock_{kpi.code}.{kpi.code} as {kpi.code}")
                    joins.append(f"left join stock_{kpi.code} using (date_key, entity_id)")
                case "distinct":
                    name = f"distinct_{kpi.code}"
                    columns.append(f"coalesce({name}.on_day, 0) as {kpi.code}")
                    columns += [f"sum(coalesce({name}.{kind}, 0)) over so_far as {kpi.code}_{kind}" for kind in KINDS]
                    joins.append(f"left join {name} using (date_key, entity_id)")
        query = f"""
select
  date_key, entity_id,
  {_lines(columns)}
from (
  select date_key, entity_id
  from kpi.dim_date
  cross join kpi.dim_entity
  where date_key between {self.covers_from} and {self.as_of}
) as frame
{_lines(joins, "")}
window so_far as (partition by entity_id order by date_key)
"""
        yield from self.made("running", query, analyzed="(date_key, entity_id)")

    def _day_value(self) -> Iterator[tuple[str, str]]:
        measured = []
        for kpi in self.kpis:
            if kpi.kind == "average":
                measured.append(f"{_mean(kpi.code, kpi.code + '_count')} as {kpi.code}")
            elif not kpi.is_formula:
                measured.append(kpi.code)
        query = self._evaluated("date_key, entity_id", measured, "running")
        yield from self.made("day_value", query, analyzed="(date_key, entity_id)")

    def _evaluated(self, keys: str, measured: Sequence[str], rows: str) -> str:
        """All KPIs of a row as one array; formulas over measures first, then those over them."""
        steps = [f"measured as (\nselect {keys}, {', '.join(measured)}\nfrom {rows}\n)"]
        known, pending = {kpi.number for kpi in self.kpis if not kpi.is_formula}, self.of_kind("ratio", "total")
        while pending:
            ready = [kpi for kpi in pending if known.issuperset(kpi.inputs)]
            added = ", ".join(f"{_formula(kpi)} as {kpi.code}" for kpi in ready)
            name = steps[-1].partition(" ")[0]
            steps.append(f"formulas_{len(steps)} as (\nselect *, {added}\nfrom {name}\n)")
            known |= {kpi.number for kpi in ready}
            pending = [kpi for kpi in pending if kpi not in ready]
        values = self.words.array.format(", ".join(f"cast({kpi.code} as decimal(38, 10))" for kpi in self.kpis))
        name = steps[-1].partition(" ")[0]
        return f"with {', '.join(steps)}\nselect {keys}, {values} as found\nfrom {name}"

    # -- spans

    def spans(self) -> Iterator[tuple[str, str]]:
        yield from self.made("asked", self._asked())
        yield from self.made("period", self._period(), analyzed="")
        union = "\nunion all\n".join([*self._windows(), *self._periods()])
        yield from self.made("span", union, analyzed="")
        measured = []
        for kpi in self.kpis:
            total = f"(upto.{kpi.code}_total - coalesce(before.{kpi.code}_total, 0))"
            count = f"(upto.{kpi.code}_count_total - coalesce(before.{kpi.code}_count_total, 0))"
            match kpi.kind:
                case "sum" | "count":
                    measured.append(f"{total} as {kpi.code}")
                case "average":
                    measured.append(f"{_mean(total, count)} as {kpi.code}")
                case "stock":
                    measured.append(f"upto.{kpi.code}")
                case "distinct":
                    cases = " ".join(f"when '{kind}' then upto.{kpi.code}_{kind}" for kind in KINDS)
                    measured.append(f"case span.kind {cases} end as {kpi.code}")
        rows = """span
cross join kpi.dim_entity as entity
left join running as upto on upto.date_key = span.last_day and upto.entity_id = entity.entity_id
left join running as before on before.date_key = span.first_day - 1 and before.entity_id = entity.entity_id"""
        keys = "name, side, as_of_date, first_day, last_day, entity_id"
        query = self._evaluated(keys, measured, rows)
        query = query.replace(f"select {keys}", f"select {keys.replace('entity_id', 'entity.entity_id')}", 1)
        yield from self.made("span_value", query, analyzed="(name, side, as_of_date, first_day, entity_id)")

    def _asked(self) -> str:
        through = ", ".join(
            f"(select max(date_key) from source_{source} where date_key <= day.date_key) as through_{source}"
            for source in self.sources
        )
        return f"""
select
  date_key as as_of_date, cast(date_key - interval '1 year' as date) as year_ago, {through}
from kpi.dim_date as day
where date_key between {self.first_as_of} and {self.as_of}
"""

    def _windows(self) -> Iterator[str]:
        units = {"mtd": "month", "qtd": "quarter", "ytd": "year"}
        for name in WINDOWS:
            for side, day in (("current", "as_of_date"), ("prior", "year_ago")):
                unit = units.get(name)
                first = f"{day} - 27" if unit is None else f"cast(date_trunc('{unit}', {day}) as date)"
                yield (
                    f"select '{name}' as name, '{side}' as side, '{unit or name}' as kind, as_of_date, "
                    f"{first} as first_day, {day} as last_day from asked"
                )

    def _periods(self) -> Iterator[str]:
        yield f"select period, 'current', period, {self.as_of}, period_start, through from period"
        yield f"select period, 'prior', period, {self.as_of}, prior_first, prior_last from period"

    def _period(self) -> str:
        return f"""
with unit as (
  select 'week' as period, interval '7 days' as long
  union all select 'month', interval '1 month'
  union all select 'quarter', interval '3 months'
  union all select 'year', interval '1 year'
),
begun as (
  select distinct
    period,
    cast(date_trunc(period, date_key) as date) as period_start,
    cast(date_trunc(period, date_key) + long - interval '1 day' as date) as period_end,
    long
  from kpi.dim_date
  cross join unit
  where date_key between {self.covers_from} and {self.as_of}
),
known as (
  select *, least(period_end, {self.as_of}) as through, period_end > {self.as_of} as in_progress from begun
)
select
  period, period_start, period_end, through, in_progress,
  case when period = 'week' then period_start - 364 else cast(period_start - interval '1 year' as date) end
    as prior_first,
  case
    when period = 'week' then through - 364
    when in_progress then cast(through - interval '1 year' as date)
    else cast(period_start - interval '1 year' + long - interval '1 day' as date)
  end as prior_last
from known
"""


def _only(kind: str) -> list[str]:
    return ["0", *(f"-keys as {each}" if each == kind else "0" for each in KINDS)]


def _lines(parts: Sequence[str], between: str = ",") -> str:
    return f"{between}\n  ".join(parts)


def _day_and_total(name: str) -> list[str]:
    return [f"coalesce({name}, 0) as {name}", f"sum(coalesce({name}, 0)) over so_far as {name}_total"]


def _mean(total: str, count: str) -> str:
    return f"cast({total} as double precision) / nullif({count}, 0)"


def _formula(kpi: Made) -> str:
    first, second = (f"kpi_{number + 1:04d}" for number in kpi.inputs)
    if kpi.kind == "ratio":
        return f"cast(100 * {first} as double precision) / nullif({second}, 0)"
    return f"{first} + {second}"
