"""The last steps of the hand-written SQL: the facts, the periods, and the dashboard with its payload."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.bench.synthetic import WINDOWS, Made
from tests.bench.words import Words

SIDES = (("current", "now", "value"), ("prior", "before", "prior"))
PERIOD = ("period_end", "through", "value", "prior", "delta", "delta_pct", "status", "prior_status", "in_progress")
COMPARED = ("value", "prior", "delta", "delta_pct", "status", "prior_status")


class Tables:
    """Writes the statements that fill the published tables from `day_value`, `span_value`, `period` and `asked`."""

    def __init__(self, words: Words, kpis: list[Made], dates: Mapping[str, str]) -> None:
        self.words, self.kpis = words, kpis
        self.first_as_of, self.as_of, self.covers_from, self.began_at = dates.values()
        self.ids = words.array.format(", ".join(str(kpi.id) for kpi in kpis))

    def statements(self) -> Iterator[tuple[str, str]]:
        yield "fact_kpi_daily", self._facts()
        yield "agg_kpi_period", self._periods()
        yield "delete agg_kpi_dashboard", self._forget()
        yield "agg_kpi_dashboard", self._dashboard()

    def _facts(self) -> str:
        cells = self.words.unnest("date_key, entity_id", {"kpi_id": self.ids, "value": "found"}, "day_value")
        return f"""
insert into kpi.fact_kpi_daily (date_key, kpi_id, entity_id, value)
select cell.date_key, cell.kpi_id, cell.entity_id, cell.value
from ({cells}) as cell
left join kpi.fact_kpi_daily as fact
  on fact.date_key = cell.date_key and fact.kpi_id = cell.kpi_id and fact.entity_id = cell.entity_id
where fact.kpi_id is null or fact.value is distinct from cell.value
on conflict (date_key, kpi_id, entity_id) do update set value = excluded.value
"""

    def _status(self, span: str, value: str) -> str:
        return (
            f"case when {span}_last < {self.covers_from} then 'no_data' "
            f"when {span}_first < {self.covers_from} then 'partial' when {value} is null then 'undefined' else 'ok' end"
        )

    def _periods(self) -> str:
        cells = self.words.unnest(
            "period, period_start, period_end, through, in_progress, prior_first, prior_last, entity_id",
            {"kpi_id": self.ids, "value": "now_found", "prior": "before_found"},
            f"""(
    select period.*, now.entity_id, now.found as now_found, before.found as before_found
    from period
    join span_value as now
      on now.name = period.period and now.side = 'current' and now.first_day = period.period_start
      and now.as_of_date = {self.as_of}
    join span_value as before
      on before.name = period.period and before.side = 'prior' and before.first_day = period.prior_first
      and before.as_of_date = {self.as_of} and before.entity_id = now.entity_id
  ) as compared""",
        )
        status, prior_status = self._status("now", "value"), self._status("prior", "prior")
        status = status.replace("now_last", "through").replace("now_first", "period_start")
        return f"""
insert into kpi.agg_kpi_period (period, period_start, kpi_id, entity_id, {", ".join(PERIOD)})
with cell as ({cells}),
fresh as (
  select
    period, period_start, kpi_id, entity_id, period_end, through, value, prior, value - prior as delta,
    {_percent("value", "prior")} as delta_pct, {status} as status, {prior_status} as prior_status, in_progress
  from cell
)
select fresh.*
from fresh
left join kpi.agg_kpi_period as kept
  on kept.period = fresh.period and kept.period_start = fresh.period_start and kept.kpi_id = fresh.kpi_id
  and kept.entity_id = fresh.entity_id
where kept.kpi_id is null
  or ({", ".join(f"kept.{name}" for name in PERIOD)}) is distinct from ({", ".join(f"fresh.{name}" for name in PERIOD)})
on conflict (period, period_start, kpi_id, entity_id) do update set
  {", ".join(f"{name} = excluded.{name}" for name in PERIOD)}
"""

    def _forget(self) -> str:
        return f"delete from kpi.agg_kpi_dashboard where as_of_date between {self.first_as_of} and {self.as_of}"

    def _dashboard(self) -> str:
        columns = [f"{window}_{name}" for window in WINDOWS for name in COMPARED]
        return f"""
insert into kpi.agg_kpi_dashboard (as_of_date, kpi_id, entity_id,
  {", ".join(columns)},
  payload, data_through, refreshed_at)
with cell as ({self._cells()}),
changed as (
  select
    *,
    {self._changes()}
  from cell
),
{self._trail()}
select
  changed.as_of_date, changed.kpi_id, changed.entity_id,
  {", ".join(columns)},
  {self._payload()},
  data_through, cast('{self.began_at}' as timestamp with time zone)
from changed
join kpi.card on card.kpi_id = changed.kpi_id
join kpi.dim_entity as entity on entity.entity_id = changed.entity_id
join trail
  on trail.date_key = changed.as_of_date and trail.kpi_id = changed.kpi_id and trail.entity_id = changed.entity_id
"""

    def _cells(self) -> str:
        """A row per as-of date, KPI and entity: the spans side by side as arrays, then all unnested in step."""
        keys, joins = ["as_of_date", "entity_id"], []
        arrays = {"kpi_id": self.ids, "data_through": self._through()}
        inner = ["asked.*", "entity.entity_id"]
        for window in WINDOWS:
            for side, alias, name in SIDES:
                span = f"{window}_{alias}"
                inner += [
                    f"{span}.found as {span}",
                    f"{span}.first_day as {span}_first",
                    f"{span}.last_day as {span}_last",
                ]
                keys += [f"{span}_first", f"{span}_last"]
                arrays[f"{window}_{name}"] = span
                joins.append(f"""
    join span_value as {span}
      on {span}.name = '{window}' and {span}.side = '{side}' and {span}.as_of_date = asked.as_of_date
      and {span}.entity_id = entity.entity_id""")
        rows = f"""(
    select {", ".join(inner)}
    from asked
    cross join kpi.dim_entity as entity{"".join(joins)}
  ) as wide"""
        return self.words.unnest(", ".join(keys), arrays, rows)

    def _through(self) -> str:
        by_number = {kpi.number: kpi for kpi in self.kpis}
        used: dict[int, set[int]] = {}
        for kpi in self.kpis:
            inputs = [used[number] for number in kpi.inputs if number in by_number]
            used[kpi.number] = set().union(*inputs) if kpi.is_formula else {kpi.source}
        days = (", ".join(f"through_{source}" for source in sorted(used[kpi.number])) for kpi in self.kpis)
        return self.words.array.format(", ".join(f"least({each})" for each in days))

    def _changes(self) -> str:
        found = []
        for window in WINDOWS:
            value, prior = f"{window}_value", f"{window}_prior"
            found += [
                f"{value} - {prior} as {window}_delta",
                f"{_percent(value, prior)} as {window}_delta_pct",
                f"{self._status(f'{window}_now', value)} as {window}_status",
                f"{self._status(f'{window}_before', prior)} as {window}_prior_status",
            ]
        return ",\n    ".join(found)

    def _trail(self) -> str:
        """Each KPI's days as objects, made once; a trend is the last 28 of them."""
        rows = f"(select * from day_value where date_key >= {self.first_as_of} - 27) as recent"
        days = self.words.unnest("date_key, entity_id", {"kpi_id": self.ids, "value": "found"}, rows)
        entry = f"{self.words.json_object}('date', date_key, 'value', value)"
        return f"""day as (
  select date_key, kpi_id, entity_id, {self.words.entry.format(entry)} as entry
  from ({days}) as day
),
trail as (
  select
    date_key, kpi_id, entity_id,
    {self.words.entries} over (
      partition by kpi_id, entity_id order by date_key rows between 27 preceding and current row
    ) as days
  from day
)"""

    def _payload(self) -> str:
        made = self.words.json_object
        windows = []
        for window in WINDOWS:
            now, before = f"{window}_now", f"{window}_before"
            prior = f"{made}({_range(before)}, 'value', {window}_prior, 'status', {window}_prior_status)"
            windows.append(
                f"'{window}', {made}({_range(now)}, 'value', {window}_value, 'status', {window}_status, "
                f"'prior', {prior}, 'delta', {window}_delta, 'delta_pct', {window}_delta_pct)"
            )
        trend = self.words.as_json.format("trail.days")
        return f"""{made}(
    'kpi', card.card,
    'entity', {made}('id', entity.entity_id, 'code', entity.entity_code, 'name', entity.entity_name),
    'as_of', as_of_date, 'data_through', data_through, 'format', card.format,
    'windows', {made}(
      {f",{chr(10)}      ".join(windows)}
    ),
    'trend', {trend}
  )"""


def _range(span: str) -> str:
    return f"'from', {span}_first, 'to', {span}_last, 'days', {span}_last - {span}_first + 1"


def _percent(value: str, prior: str) -> str:
    return (
        f"cast(100 * cast({value} - {prior} as double precision) "
        f"/ nullif(abs(cast({prior} as double precision)), 0) as decimal(38, 10))"
    )
