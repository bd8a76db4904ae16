"""`count(distinct x)` over any span of days, exact, from one reading of the source.

The rule: a value seen on day d, and next on day n, is counted in a span exactly if `first <= d <= last < n`. Of the
days on which a value is seen within a span only the last one has its next day after the span's end. So each value is
counted once in every span that it is in, and in no other: whatever the window, at any entity of the tree. Days that no
span has can be left out of it: then n is the next day among the others, and the rule holds.
"""

from __future__ import annotations

from sqlglot import exp

from kpictl.catalog import Column, Kpi, TableName
from kpictl.compile.entities import rolled_up
from kpictl.compile.inputs import RUN_DAY
from kpictl.compile.plan import Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.rows import distinct_rows
from kpictl.compile.tree import Step, any_of, cast, col, count_of, is_null, named, select, sum_of, table, with_steps

SEEN_KEY = ("date_key", "entity_id", "next_day")


def seen_name(kpi: Kpi) -> TableName:
    return TableName(None, f"seen_{kpi.code}")


def seen(plan: Plan, kpi: Kpi) -> Relation:
    """How many values an entity has on a day that it has next on another, NULL for never again."""
    source = plan.source_of(kpi)
    steps = [Step("leaf", distinct_rows(plan, kpi, RUN_DAY), "the different values of each leaf's day")]
    days = select([col("date_key"), col("entity_id"), col("key")]).from_(table(TableName(None, "leaf")), copy=False)
    if source.entity is not None:
        columns = [col("date_key", "leaf"), col("entity_id", "above"), col("key", "leaf")]
        days = rolled_up(select(columns).distinct(copy=False).from_(table(TableName(None, "leaf"))), "leaf")
        steps.append(Step("entity", days, "a value of two leaves is one of the entity above both"))
    by_day = exp.Order(expressions=[exp.Ordered(this=col("date_key"), nulls_first=False)])
    following = exp.Window(
        this=exp.Lead(this=col("date_key")), partition_by=[col("entity_id"), col("key")], order=by_day
    )
    walked = select([col("date_key"), col("entity_id"), named(following, "next_day")])
    walked = walked.from_(table(TableName(None, steps[-1].name)), copy=False)
    steps.append(Step("following", walked, "each value's next day"))
    query = select([*(col(name) for name in SEEN_KEY), named(count_of(), "keys")])
    query = query.from_(table(TableName(None, "following")), copy=False)
    query = query.group_by(*(col(name) for name in SEEN_KEY), copy=False)
    described = [Column("date_key", "date"), Column("entity_id", "bigint")]
    described += [Column("next_day", "date"), Column("keys", "bigint")]
    comment = f"the values of {kpi.code}: when they were seen, and when next"
    return computed(seen_name(kpi), "work", comment, described, SEEN_KEY, with_steps(query, steps))


def seen_on_days(kpi: Kpi) -> exp.Select:
    """The different values of each entity's day."""
    keys = (col("date_key"), col("entity_id"))
    query = select([*keys, named(cast(sum_of(col("keys")), "decimal"), kpi.code)])
    query = query.from_(table(seen_name(kpi)), copy=False)
    return query.group_by(*(key.copy() for key in keys), copy=False)


def last_within(until: exp.Expr, alias: str) -> exp.Expr:
    """Whether a day is the last one within a span on which its values are seen."""
    following = col("next_day", alias)
    return any_of([is_null(following), exp.GT(this=following.copy(), expression=until)])
