"""What DuckDB and PostgreSQL say differently in hand-written SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """What the two engines say differently."""

    temporary: str
    array: str
    json_object: str
    entry: str
    entries: str
    as_json: str
    days_between: str
    unnested: str

    def table(self, name: str, query: str) -> str:
        return f"{self.temporary.format(name=name)}\n{query}"

    def unnest(self, keys: str, arrays: Mapping[str, str], rows: str) -> str:
        """Rows of arrays as long rows: the arrays are walked in step."""
        lists = ", ".join(f"unnest({array}) as {name}" for name, array in arrays.items())
        return self.unnested.format(
            keys=keys, lists=lists, rows=rows, names=", ".join(arrays), arrays=", ".join(arrays.values())
        )


WORDS = {
    "duckdb": Words(
        temporary="create or replace temporary table {name} as",
        array="[{}]",
        json_object="json_object",
        entry="cast({} as varchar)",
        entries="string_agg(entry, ',')",
        as_json="cast('[' || {} || ']' as json)",
        days_between="select *, unnest(range(0, {days})) as since from {rows}",
        unnested="select {keys}, {lists} from {rows}",
    ),
    "postgres": Words(
        temporary="create temporary table {name} on commit drop as",
        array="array[{}]",
        json_object="jsonb_build_object",
        entry="{}",
        entries="jsonb_agg(entry)",
        as_json="{}",
        days_between="select * from {rows} cross join lateral generate_series(0, {days} - 1) as since",
        unnested="select {keys}, {names} from {rows} cross join lateral unnest({arrays}) as given ({names})",
    ),
}
