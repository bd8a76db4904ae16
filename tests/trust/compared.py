"""Everything that a run has published, and the cells in which two of them differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from kpictl.catalog import TableName
from kpictl.engine import Engine
from tests.trust.definitions import INEXACT

KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "dim_date": ("date_key",),
        "dim_kpi": ("kpi_id",),
        "dim_entity": ("entity_id",),
        "fact_kpi_daily": ("date_key", "kpi_id", "entity_id"),
        "agg_kpi_period": ("period", "period_start", "kpi_id", "entity_id"),
        "agg_kpi_dashboard": ("as_of_date", "kpi_id", "entity_id"),
    }
)
WHEN = frozenset({"refreshed_at"})
# Twice what an engine may be off (SEMANTICS, Exactness): both sides may.
ABSOLUTE, RELATIVE = Decimal("2e-10"), Decimal("2e-12")

Key = tuple[Any, ...]
Cells = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Published:
    """The rows of each table by their keys; of the dashboard those of one as-of date."""

    tables: Mapping[str, Mapping[Key, Cells]]

    @property
    def inactive(self) -> frozenset[int]:
        return frozenset(row["kpi_id"] for row in self.tables["dim_kpi"].values() if not row["is_active"])


def published(engine: Engine, schema: str, as_of: date) -> Published:
    tables: dict[str, dict[Key, Cells]] = {}
    for name, keys in KEYS.items():
        columns = engine.columns_of(TableName(schema, name))
        listed = ", ".join(f"cast({each} as text)" if each == "payload" else each for each in columns)
        asked = f" where as_of_date = date '{as_of}'" if name == "agg_kpi_dashboard" else ""
        rows: dict[Key, Cells] = {}
        for values in engine.fetch(f"select {listed} from {schema}.{name}{asked}"):
            row: Cells = dict(zip(columns, values, strict=True))
            key = tuple(row[column] for column in keys)
            assert key not in rows, f"{name} has two rows of {key}"
            rows[key] = row
        tables[name] = rows
    return Published(tables)


def differences(found: Published, expected: Published) -> Iterator[str]:
    """A line for each cell of a full rebuild that stands otherwise, and for each row that only one of them has.

    A KPI that is switched off keeps facts and periods that a rebuild does not make; a window that is gone keeps
    columns.
    """
    for table, rows in expected.tables.items():
        there = found.tables[table]
        for key in sorted({*rows, *there}, key=repr):
            if key not in rows:
                is_kept = "kpi_id" in there[key] and there[key]["kpi_id"] in expected.inactive and table != "dim_kpi"
                if not is_kept or table == "agg_kpi_dashboard":
                    yield f"{table} {_told(key)}: a row that a rebuild does not make"
            elif key not in there:
                yield f"{table} {_told(key)}: lacks the row {rows[key]}"
            else:
                yield from _cells(f"{table} {_told(key)}", there[key], rows[key])


def _cells(where: str, found: Cells, expected: Cells) -> Iterator[str]:
    is_exact = expected.get("kpi_id") not in INEXACT
    for column in expected.keys() - WHEN:
        got, wanted = found[column], expected[column]
        if column == "payload":
            got, wanted = (json.loads(text, parse_float=Decimal, parse_int=Decimal) for text in (got, wanted))
        if not _same(got, wanted, is_exact=is_exact):
            yield f"{where} {column}: {got}, in a rebuild {wanted}"


def _same(got: Any, wanted: Any, *, is_exact: bool) -> bool:
    match got, wanted:
        case dict(), dict():
            return got.keys() == wanted.keys() and all(_same(got[k], wanted[k], is_exact=is_exact) for k in got)
        case list(), list():
            pairs = zip(got, wanted, strict=False)
            return len(got) == len(wanted) and all(_same(one, other, is_exact=is_exact) for one, other in pairs)
        case Decimal(), Decimal() if not is_exact:
            return abs(got - wanted) <= max(ABSOLUTE, RELATIVE * abs(wanted))
        case _:
            return bool(got == wanted)


def reported_otherwise(then: Published, now: Published) -> Iterator[str]:
    """A line for each cell of an as-of date that is not what was reported; a window that came later is NULL there."""
    reported, there = (each.tables["agg_kpi_dashboard"] for each in (then, now))
    for key in sorted({*reported, *there}, key=repr):
        if key not in reported or key not in there:
            yield f"as reported {_told(key)}: the row {'went' if key in reported else 'came'} later"
            continue
        for column, value in there[key].items():
            if value != reported[key].get(column):
                yield f"as reported {_told(key)} {column}: {reported[key].get(column)}, and now {value}"


def _told(key: Key) -> str:
    return " ".join(map(str, key))
