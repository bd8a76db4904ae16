"""Follows the rows of sources with `changed_at`: reads those that have changed, and tells the days they touch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlglot import exp

from kpictl.catalog import Column, Source, Table, TableName
from kpictl.compile import Plan, create_as
from kpictl.compile.tracked import (
    BELONGS,
    CHANGED_AT,
    ROW_KEY,
    days_of_moved,
    kept_columns,
    moved,
    rows_since,
    rows_that_belong,
)
from kpictl.compile.tree import (
    all_of,
    between,
    case,
    cast,
    col,
    count_of,
    is_null,
    lit,
    max_of,
    min_of,
    named,
    only_where,
    select,
    table,
)
from kpictl.diagnostics import CheckError
from kpictl.engine import Engine
from kpictl.pipeline.checks import refuse_duplicates

OVERLAP = timedelta(days=1)
"""Rows that were changed so long before the last known change are read again: a slow writer may have come late."""


@dataclass(frozen=True, slots=True)
class TouchedDays:
    """The days of rows that are new, moved, changed or gone, in a temporary table: a row's day may be any.

    `first` and `last` are the first and the last of them, None where it lies outside the calendar; `has_none` where one
    of the rows has no day.
    """

    name: TableName
    number: int
    first: date | None
    last: date | None
    has_none: bool


@dataclass(frozen=True, slots=True)
class Tracked:
    """The rows of a source as they were at the last run: key, days, entity and when each was changed."""

    engine: Engine
    made: Plan
    source: Source
    schema: str

    @property
    def name(self) -> TableName:
        return TableName(self.schema, f"kept_{self.source.code}$rows")

    @property
    def kept(self) -> Table:
        return Table(self.name, kept_columns(self.made, self.source), ())

    @property
    def _found(self) -> TableName:
        return TableName(None, f"found_{self.source.code}")

    @property
    def _asked(self) -> TableName:
        return TableName(None, f"asked_{self.source.code}")

    @property
    def _moved(self) -> TableName:
        return TableName(None, f"moved_{self.source.code}")

    def start(self) -> None:
        """Keep all rows as they are now, where none are kept yet."""
        kept, engine = self.kept, self.engine
        engine.shape(kept, ())
        for column in (ROW_KEY, CHANGED_AT):
            engine.index(kept.name, column)
        self._find(None)
        engine.append(kept, self._belonging())
        engine.analyze(kept.name)
        engine.drop(self._found, "TABLE")

    def follow(self) -> TouchedDays:
        """Bring what is kept up to what is there now, and tell what that touches.

        What has changed is read by `changed_at`. Where the number of rows is not what comes of it, some have gone, or
        come with an old time, without a word: then all keys are compared.
        """
        self._take(since=self._since(), is_whole=False)
        if self.engine.count(self.kept.name) != self.engine.count_of(rows_that_belong(self.made, self.source)):
            refuse_duplicates(self.made, self.source, self.engine)
            self._take(since=None, is_whole=True)
        return self._touched()

    def _since(self) -> exp.Expr | None:
        """From when on rows are read; a time that has not come yet, of a clock that goes wrong, tells nothing."""
        kind = next(column.type for column in self.kept.columns if column.name == CHANGED_AT)
        soon = cast(lit((datetime.now(UTC) + OVERLAP).isoformat()), kind)
        latest = select([max_of(col(CHANGED_AT))]).from_(table(self.kept.name), copy=False)
        ((found,),) = self.engine.query(latest.where(exp.LTE(this=col(CHANGED_AT), expression=soon), copy=False))
        return cast(lit((found - OVERLAP).isoformat()), kind) if isinstance(found, date) else None

    def _take(self, since: exp.Expr | None, *, is_whole: bool) -> None:
        engine, kept = self.engine, self.kept
        self._find(since)
        query = moved(self.source, kept.name, self._found, is_whole=is_whole)
        engine.execute(create_as(self._moved, "TABLE", query, engine.dialect))
        days = days_of_moved(self.source, self._moved)
        if is_whole:
            engine.append(Table(self._asked, (Column("date_key", "date"),), ()), days)
        else:
            engine.execute(create_as(self._asked, "TABLE", days, engine.dialect))
        keys = select([col(ROW_KEY)]).from_(table(self._moved), copy=False)
        is_moved = exp.In(this=col(ROW_KEY), query=exp.Subquery(this=keys))
        engine.delete(kept.name, is_moved)
        engine.append(kept, self._belonging().where(is_moved.copy(), copy=False))
        for made in (self._found, self._moved):
            engine.drop(made, "TABLE")

    def _find(self, since: exp.Expr | None) -> None:
        rows = rows_since(self.made, self.source, since)
        self.engine.execute(create_as(self._found, "TABLE", rows, self.engine.dialect))
        self.engine.analyze(self._found)
        self._refuse_unknown_keys()

    def _refuse_unknown_keys(self) -> None:
        """A row that cannot be told from others cannot be followed."""
        source, engine = self.source, self.engine
        without = engine.count(self._found, all_of([is_null(col(ROW_KEY)), col(BELONGS)]))
        if without:
            have = "1 row has" if without == 1 else f"{without:,} rows have"
            raise CheckError(
                f"source {source.code}: {have} no {source.key}, and cannot be followed by `changed_at`",
                help="correct the rows, leave them out by a `where`, or remove `changed_at`; nothing was published",
            )
        keys = select([col(ROW_KEY)]).distinct(copy=False).from_(table(self._found), copy=False)
        belonging = keys.where(col(BELONGS), copy=False)
        if engine.count_of(belonging) != engine.count(self._found, col(BELONGS)):
            refuse_duplicates(self.made, source, engine)

    def _belonging(self) -> exp.Select:
        names = [col(column.name) for column in self.kept.columns]
        return select(names).from_(table(self._found), copy=False).where(col(BELONGS), copy=False)

    def _touched(self) -> TouchedDays:
        calendar = self.made.catalog.project.calendar
        day = col("date_key")
        is_early = exp.LT(this=day.copy(), expression=lit(calendar.start))
        is_late = exp.GT(this=day.copy(), expression=lit(calendar.end))
        within = case((between(day.copy(), lit(calendar.start), lit(calendar.end)), day.copy()))
        columns = [count_of(day), min_of(within), max_of(within.copy()), count_of(), *map(_any, (is_early, is_late))]
        ((number, first, last, rows, early, late),) = self.engine.query(
            select([named(column, f"column_{nth}") for nth, column in enumerate(columns)]).from_(
                table(self._asked), copy=False
            )
        )
        assert first is None or isinstance(first, date)
        assert last is None or isinstance(last, date)
        return TouchedDays(
            self._asked, int(str(number)), None if early else first, None if late else last, number != rows
        )


def _any(condition: exp.Expr) -> exp.Expr:
    return only_where(count_of(), condition)
