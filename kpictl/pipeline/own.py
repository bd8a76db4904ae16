"""kpictl's own tables in the KPI schema: what a run must know of the runs before it, and what it tells people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from kpictl.catalog import Catalog, Column, Table, TableName
from kpictl.compile.tree import all_of, col, lit, select, table
from kpictl.diagnostics import LockError, WorldError
from kpictl.engine import Engine

TABLES_VERSION = 2
"""Of the tables below; 1 had none but `kpictl_relation`."""
OLDEST_READER = 2
"""The least version of kpictl's tables whose kpictl may still run on these, and keeps them true: one less than this
where it can, but version 1 did not know what it would have to keep."""

_VERSION, _OLDEST, _FENCE = "tables_version", "oldest_reader", "fence"


def state_table(catalog: Catalog) -> Table:
    """What a run remembers of the one before, a value for each name."""
    columns = (Column("name", "text"), Column("value", "text"))
    return Table(TableName(catalog.project.schemas.kpi, "kpictl_state"), columns, ("name",))


def run_table(catalog: Catalog) -> Table:
    columns = (
        Column("run_id", "text", "when the run began: the second, and the part of it"),
        Column("status", "text", "running, succeeded, failed, or died: it ended without a word"),
        Column("as_of_date", "date"),
        Column("as_of_dates", "bigint", "how many as-of dates the run writes: more than one in a backfill"),
        Column("began_at", "timestamptz"),
        Column("ended_at", "timestamptz"),
        Column("seconds", "double"),
        Column("recomputed", "text", "which days were computed anew, and why"),
        Column("facts_written", "bigint"),
        Column("restated", "bigint", "numbers of earlier as-of dates that the run changed"),
        Column("warnings", "bigint"),
        Column("exit_code", "bigint"),
        Column("error", "text"),
        Column("kpictl_version", "text"),
        Column("project_revision", "text", "git's commit, with + where files differ from it"),
        Column("host", "text"),
        Column("process_id", "bigint"),
    )
    return Table(TableName(catalog.project.schemas.kpi, "kpictl_run"), columns, ("run_id",))


def step_table(catalog: Catalog) -> Table:
    columns = (
        Column("run_id", "text"),
        Column("position", "bigint"),
        Column("step", "text"),
        Column("rows", "bigint"),
        Column("seconds", "double"),
        Column("detail", "text"),
    )
    return Table(TableName(catalog.project.schemas.kpi, "kpictl_run_step"), columns, ("run_id", "position"))


def restatement_table(catalog: Catalog) -> Table:
    columns = (
        Column("run_id", "text", "the run that changed the number"),
        Column("as_of_date", "date", "the as-of date of the row that was changed"),
        Column("kpi_id", "bigint", "the KPI, of dim_kpi"),
        Column("entity_id", "bigint", "the entity, of dim_entity"),
        Column("window_name", "text", "the window of the number"),
        Column("side", "text", "current, the value; or prior, that of one year earlier"),
        Column("old_value", "decimal", "the number as it was published; NULL: it had none"),
        Column("new_value", "decimal", "the number as it is since; NULL: it has none"),
        Column("published_at", "timestamptz", "when the old number was written"),
        Column("restated_at", "timestamptz", "when the run that changed it began"),
    )
    key = ("run_id", "as_of_date", "kpi_id", "entity_id", "window_name", "side")
    return Table(TableName(catalog.project.schemas.kpi, "kpi_restatement"), columns, key)


def stale_table(catalog: Catalog) -> Table:
    columns = (
        Column("as_of_date", "date", "an as-of date whose rows would be others now"),
        Column("from_date", "date", "the first day that has changed since"),
        Column("run_id", "text", "the first run that found it"),
    )
    return Table(TableName(catalog.project.schemas.kpi, "kpictl_stale"), columns, ("as_of_date",))


def coverage_table(catalog: Catalog) -> Table:
    """The days that each source covered when the facts were last written."""
    columns = (
        Column("source_code", "text"),
        Column("entity_id", "bigint"),
        Column("first_day", "date"),
        Column("last_day", "date"),
    )
    name = TableName(catalog.project.schemas.kpi, "kpictl_coverage")
    return Table(name, columns, ("source_code", "entity_id"))


def own_tables(catalog: Catalog) -> tuple[tuple[Table, str], ...]:
    """All of these tables, each with what it is for."""
    return (
        (run_table(catalog), "a row for each run"),
        (step_table(catalog), "the steps of each run of the last 90 days"),
        (restatement_table(catalog), "every published number that a run has changed"),
        (stale_table(catalog), "the as-of dates that were reported without what has changed since"),
        (state_table(catalog), "what the next run must know of the last"),
        (coverage_table(catalog), "the days that each source covered when the facts were last written"),
    )


@dataclass(frozen=True, slots=True)
class State:
    """The remembered values; within a transaction."""

    engine: Engine
    table: Table

    def all(self) -> dict[str, str]:
        query = select([col("name"), col("value")]).from_(table(self.table.name), copy=False)
        return {str(name): str(value) for name, value in self.engine.query(query)}

    def write(self, values: Mapping[str, str]) -> None:
        if values:
            self.engine.delete(self.table.name, exp.In(this=col("name"), expressions=[lit(name) for name in values]))
            self.engine.load(self.table.name, self.table.columns, list(values.items()))


def prepare(catalog: Catalog, engine: Engine, existing: Mapping[TableName, object]) -> None:
    """Bring kpictl's own tables into their shape, in a transaction; they only ever gain columns.

    Raises WorldError where a newer kpictl has made them into what this one cannot use.
    """
    known = state_table(catalog)
    if known.name in existing:
        found = State(engine, known).all()
        written, oldest = int(found.get(_VERSION, TABLES_VERSION)), int(found.get(_OLDEST, TABLES_VERSION))
        if oldest > TABLES_VERSION:
            raise WorldError(
                f"the tables in the schema {known.name.schema} are of a newer kpictl, which this one cannot read",
                help=f"install the newer kpictl: its tables have version {written}, those of this one {TABLES_VERSION}",
            )
        if written >= TABLES_VERSION and all(each.name in existing for each, _ in own_tables(catalog)):
            return
    assert known.name.schema is not None
    if not any(name.schema == known.name.schema for name in existing):
        engine.create_schema(known.name.schema)
    for each, _ in own_tables(catalog):
        engine.shape(each, engine.columns_of(each.name) if each.name in existing else ())
    State(engine, known).write({_VERSION: str(TABLES_VERSION), _OLDEST: str(OLDEST_READER)})


def raise_fence(catalog: Catalog, engine: Engine, run_id: str) -> None:
    """From here on no other run may publish."""
    State(engine, state_table(catalog)).write({_FENCE: run_id})


def pass_fence(catalog: Catalog, engine: Engine, run_id: str) -> None:
    """The last statement before a commit; LockError where another run has begun meanwhile.

    A lock's connection can be lost while the run goes on. The row stays locked until the commit, so that a run that
    begins now waits for it.
    """
    known = state_table(catalog)
    mine = all_of(
        exp.EQ(this=col(name), expression=lit(wanted)) for name, wanted in (("name", _FENCE), ("value", run_id))
    )
    value = exp.EQ(this=exp.to_identifier("value", quoted=True), expression=lit(run_id))
    update = exp.Update(this=table(known.name), expressions=[value], where=exp.Where(this=mine))
    lost = LockError(
        "another run has begun since this one lost its lock", help="nothing was published; look at `kpictl runs`"
    )
    try:
        if engine.run(update) != 1:
            raise lost
    except WorldError as error:
        # Seen from this run's moment the row is still its own, but another has written it since.
        if "could not serialize" in str(error):
            raise lost from error
        raise
