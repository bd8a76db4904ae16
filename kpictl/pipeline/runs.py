"""One run of the journal, whole: its steps, and the numbers that it restated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlglot import exp

from kpictl.catalog import near
from kpictl.compile.tree import col, lit, select, table
from kpictl.diagnostics import UsageError
from kpictl.pipeline.events import Finished
from kpictl.pipeline.journal import Entry, steps
from kpictl.pipeline.look import Look
from kpictl.pipeline.own import restatement_table, step_table

SHOWN = 20
"""How many restated numbers are read; all of them stand in kpi_restatement."""
LOOKED_THROUGH = 1_000
NEAR = 3

_COLUMNS = ("as_of_date", "kpi_id", "entity_id", "window_name", "side", "old_value", "new_value")


@dataclass(frozen=True, slots=True)
class RestatedNumber:
    """A number that a run changed after it had been published."""

    as_of: date
    kpi_id: int
    entity_id: int
    window: str
    side: str
    old: Decimal | None
    new: Decimal | None


@dataclass(frozen=True, slots=True)
class Whole:
    """A run with its steps and the first numbers that it restated."""

    entry: Entry
    steps: tuple[Finished, ...]
    restated: tuple[RestatedNumber, ...]


def whole(look: Look, run_id: str) -> Whole:
    """The run of that id; UsageError with ids that are near where there is none."""
    found = look.runs(1, run_id=run_id)
    if not found:
        raise UsageError(f"no run is called `{run_id}`", help=_near(look, run_id))
    made = steps(look.catalog, look.engine, run_id) if step_table(look.catalog).name in look.tables else []
    return Whole(found[0], tuple(made), tuple(_restated(look, run_id)))


def _near(look: Look, run_id: str) -> str:
    """Ids that begin so, or else the one that is most like it."""
    ids = [entry.run_id for entry in look.runs(LOOKED_THROUGH)]
    close = [each for each in ids if run_id and each.startswith(run_id)][:NEAR]
    if not close and (one := near(run_id, ids)) is not None:
        close = [one]
    if not close:
        return "`kpictl runs` lists them"
    return f"{', '.join(f'`{each}`' for each in close)} {'is' if len(close) == 1 else 'are'} near"


def _restated(look: Look, run_id: str) -> list[RestatedNumber]:
    known = restatement_table(look.catalog).name
    if known not in look.tables:
        return []
    query = select([col(name) for name in _COLUMNS]).from_(table(known), copy=False)
    query = query.where(exp.EQ(this=col("run_id"), expression=lit(run_id)), copy=False)
    query = query.order_by(*(col(name) for name in _COLUMNS[:5]), copy=False).limit(SHOWN, copy=False)
    return [RestatedNumber(*row) for row in look.engine.query(query)]  # type: ignore[arg-type] # the columns are the fields
