"""From components to KPI values: one rule for a day, a window and a period.

Every KPI is evaluated on a row that has its inputs as columns, unrounded: a day and entity, or a span and entity. The
output is long: a row for each KPI that has data there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from kpictl.catalog import Column, Kpi, Source, TableName
from kpictl.compile.expressions import fits, formula_value, stored
from kpictl.compile.feeds import Feed, feed, is_never_null, own_rank, raw_columns, value
from kpictl.compile.folds import averaged_name, own_rank_column
from kpictl.compile.frames import COVERED_DAY, COVERED_DAY_KEY, COVERED_SPAN, COVERED_SPAN_KEY, Rank, rank_column
from kpictl.compile.plan import Level, Plan
from kpictl.compile.relation import Relation, computed
from kpictl.compile.stocks import stale_column
from kpictl.compile.tree import (
    Step,
    all_of,
    any_of,
    case,
    col,
    greatest,
    is_null,
    lit,
    named,
    select,
    table,
    union_all,
    unnest,
    with_steps,
)

COLUMNS_AT_MOST = 400
"""Values side by side in one step. PostgreSQL has at most 1,664 columns in a select:
https://www.postgresql.org/docs/current/limits.html"""
FEEDS_AT_MOST = 24
"""Relations that are joined in one step: with a hundred, planning takes seconds on DuckDB."""

CELL_COLUMNS = (Column("kpi_id", "bigint"), Column("value", "decimal"), Column("status_rank", "bigint"))


@dataclass(frozen=True, slots=True)
class Chunk:
    """KPIs that are evaluated side by side, with all that they are made of."""

    wanted: tuple[Kpi, ...]
    base: tuple[Kpi, ...]
    formulas: tuple[Kpi, ...]
    sources: tuple[Source, ...]


def cells(plan: Plan, level: Level) -> exp.Query:
    """Long rows `(keys…, kpi_id, value, status_rank)` of every published KPI that has data."""
    parts = [_long(plan, chunk, level) for chunk in chunks(plan, level)]
    if len(parts) == 1:
        return parts[0]
    names = [*_keys(level), *(column.name for column in CELL_COLUMNS)]
    return union_all([select([col(name) for name in names]).from_(_inner(part, "part"), copy=False) for part in parts])


def chunks(plan: Plan, level: Level) -> list[Chunk]:
    """The published KPIs in as few chunks as an engine's rows have room for."""
    found: list[Chunk] = []
    wanted: list[Kpi] = []
    columns: set[str] = set()
    feeds: set[str] = set()
    for kpi in plan.published:
        more = {*plan.base[level][kpi.code], *plan.within[level][kpi.code]}
        joined = {feed(plan, plan.by_code[code], level).relation.name for code in plan.base[level][kpi.code]}
        if wanted and (len(columns | more) > COLUMNS_AT_MOST or len(feeds | joined) > FEEDS_AT_MOST):
            found.append(_chunk(plan, tuple(wanted), level))
            wanted, columns, feeds = [], set(), set()
        wanted.append(kpi)
        columns |= more
        feeds |= joined
    return [*found, _chunk(plan, tuple(wanted), level)]


def _chunk(plan: Plan, wanted: tuple[Kpi, ...], level: Level) -> Chunk:
    base = {code for kpi in wanted for code in plan.base[level][kpi.code]}
    within = {code for kpi in wanted for code in plan.within[level][kpi.code]}
    codes = {kpi.source for kpi in plan.measures if kpi.code in base}
    return Chunk(
        wanted,
        tuple(kpi for kpi in (*plan.measures, *plan.formulas) if kpi.code in base),
        tuple(kpi for kpi in plan.formulas if kpi.code in within),
        tuple(source for source in plan.sources if source.code in codes),
    )


def _keys(level: Level) -> tuple[str, ...]:
    return COVERED_DAY_KEY if level == "day" else COVERED_SPAN_KEY


def evaluated(plan: Plan, chunk: Chunk, level: Level, *, only_facts: bool = False) -> list[Step]:
    """The steps from the feeds to the values of a chunk, in its last step; keys and ranks are carried along."""
    ranks = [rank_column(source) for source in chunk.sources]
    steps = _gathered(plan, chunk, level, only_facts=only_facts)
    carried = [*_keys(level), *ranks]
    columns: list[exp.Expr] = [named(value(plan, kpi, level), kpi.code) for kpi in chunk.base]
    ranked = (own_rank(plan, kpi, level) for kpi in chunk.base)
    columns += [rank for rank in ranked if rank is not None]
    measured = select([*(col(name) for name in carried), *columns]).from_(_step(steps[-1].name), copy=False)
    steps.append(Step("measured", measured, "the value of each measure"))
    known = [*carried, *(column.alias_or_name for column in columns)]
    layers = _layers(chunk)
    for depth, layer in enumerate(layers, start=1):
        added = [named(_formula(plan, kpi, level), kpi.code) for kpi in layer]
        query = select([*(col(name) for name in known), *added]).from_(_step(steps[-1].name), copy=False)
        # PostgreSQL would put each layer's expressions into the next one's: two uses a layer are 2^depth copies.
        # https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-CTE-MATERIALIZATION
        kept = depth < len(layers)
        steps.append(Step(f"formulas_{depth}", query, "formulas over the values above", kept))
        known.extend(kpi.code for kpi in layer)
    return steps


def _layers(chunk: Chunk) -> list[list[Kpi]]:
    """Formulas by how many formulas deep they are."""
    depth: dict[str, int] = {}
    for kpi in chunk.formulas:
        used = (column.name for column in kpi.formula.columns()) if kpi.formula is not None else ()
        depth[kpi.code] = 1 + max((depth.get(name, 0) for name in used), default=0)
    deepest = max(depth.values(), default=0)
    return [[kpi for kpi in chunk.formulas if depth[kpi.code] == level] for level in range(1, deepest + 1)]


def _gathered(plan: Plan, chunk: Chunk, level: Level, *, only_facts: bool) -> list[Step]:
    """The frame, or its days of the facts alone, with the columns of all feeds beside it."""
    frame = COVERED_DAY if level == "day" else COVERED_SPAN
    columns: list[exp.Expr] = [col(name, frame.name) for name in _keys(level)]
    columns += [col(rank_column(source), frame.name) for source in chunk.sources]
    query = select([]).from_(table(frame), copy=False)
    steps: list[Step] = []
    aliases: dict[tuple[TableName, str | None], str] = {}
    for kpi in chunk.base:
        given = feed(plan, kpi, level)
        place = (given.relation, given.day)
        if place not in aliases:
            aliases[place] = given.relation.name
            if given.step is not None:
                steps.append(Step(given.relation.name, given.step, f"{kpi.code} on each day"))
            query = query.join(table(given.relation), on=_same(given, frame, level), join_type="left", copy=False)
        columns += [col(name, aliases[place]) for name in raw_columns(plan, kpi, level)]
    query.set("expressions", columns)
    if only_facts:
        query = query.where(col("is_fact", frame.name), copy=False)
    comment = "each covered day, with what the measures need" if level == "day" else "each span, with the same"
    return [*steps, Step("gathered", query, comment)]


def _same(given: Feed, frame: TableName, level: Level) -> exp.Expr:
    name = given.relation.name
    pairs = [("entity_id", "entity_id")]
    pairs.append(("span_id", "span_id") if level == "span" and given.day is None else ("date_key", given.day or ""))
    return all_of(exp.EQ(this=col(left, name), expression=col(right, frame.name)) for left, right in pairs)


def _step(name: str) -> exp.Table:
    return table(TableName(None, name))


def _inner(query: exp.Query, name: str) -> exp.Subquery:
    return exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier(name, quoted=True)))


def _formula(plan: Plan, kpi: Kpi, level: Level) -> exp.Expr:
    """The formula; NULL where an input has no data at all, whatever `coalesce` would make of that."""
    assert kpi.formula is not None
    found = formula_value(kpi.formula, exact=plan.exact[kpi.code])
    ranks = _ranks(plan, kpi, level, only_coverage=True)
    return case((exp.LT(this=greatest(ranks), expression=lit(int(Rank.NO_DATA))), found))


def _ranks(plan: Plan, kpi: Kpi, level: Level, *, only_coverage: bool = False) -> list[exp.Expr]:
    """The ranks of all that a KPI's value is folded from."""
    names: dict[str, None] = {}
    for code in plan.base[level][kpi.code]:
        base = plan.by_code[code]
        kind = plan.kind(base)
        if kind != "formula":
            names[rank_column(plan.source_of(base))] = None
        if kind == "formula" or (kind == "stock" and base.max_staleness is not None and not only_coverage):
            names[own_rank_column(base)] = None
    return [col(name) for name in names]


def status_rank(plan: Plan, kpi: Kpi, level: Level) -> exp.Expr:
    """The worst rank of a KPI's inputs; at least `undefined` where the KPI or an input of it has no value."""
    ranks = _ranks(plan, kpi, level)
    codes = (*plan.base[level][kpi.code], *plan.within[level][kpi.code])
    may_lack: list[exp.Expr] = [is_null(col(code)) for code in codes if not is_never_null(plan, plan.by_code[code])]
    if kpi.formula is not None and not plan.exact[kpi.code]:
        may_lack.append(exp.Not(this=exp.paren(fits(col(kpi.code)), copy=False)))
    if may_lack:
        undefined = any_of(may_lack)
        ranks.append(case((undefined, lit(int(Rank.UNDEFINED))), default=lit(int(Rank.OK))))
    return greatest(ranks)


def _long(plan: Plan, chunk: Chunk, level: Level) -> exp.Query:
    """A row per KPI by unnesting arrays side by side: both engines walk them in step, in one pass over the rows."""
    steps = evaluated(plan, chunk, level, only_facts=level == "day")
    ids: list[exp.Expr] = [lit(kpi.id) for kpi in chunk.wanted]
    values = [stored(col(kpi.code), exact=plan.exact[kpi.code]) for kpi in chunk.wanted]
    ranks = [status_rank(plan, kpi, level) for kpi in chunk.wanted]
    unpivoted = select(
        [
            *(col(key) for key in _keys(level)),
            named(unnest(ids), "kpi_id"),
            named(unnest(values), "value"),
            named(unnest(ranks), "status_rank"),
        ]
    ).from_(_step(steps[-1].name), copy=False)
    steps.append(Step("long", unpivoted, "a row per KPI"))
    names = [*_keys(level), *(column.name for column in CELL_COLUMNS)]
    query = select([col(name) for name in names]).from_(_step("long"), copy=False)
    has_data = exp.LT(this=col("status_rank"), expression=lit(int(Rank.NO_DATA)))
    return with_steps(query.where(has_data, copy=False), steps)


def averaged(plan: Plan, kpi: Kpi) -> Relation:
    """The daily values of a formula that is averaged over time, on the days that all of its inputs cover."""
    chunk = _chunk(plan, (kpi,), "day")
    steps = evaluated(plan, chunk, "day")
    rank = status_rank(plan, kpi, "day")
    stale = case((exp.EQ(this=rank, expression=lit(int(Rank.STALE))), lit(1)), default=lit(0))
    columns: Sequence[exp.Expr] = [*(col(key) for key in COVERED_DAY_KEY), col(kpi.code)]
    query = select([*columns, named(stale, stale_column(kpi))]).from_(_step(steps[-1].name), copy=False)
    covered = exp.LT(this=greatest(_ranks(plan, kpi, "day", only_coverage=True)), expression=lit(int(Rank.NO_DATA)))
    described = [Column("date_key", "date"), Column("entity_id", "bigint")]
    described += [Column(kpi.code, "double"), Column(stale_column(kpi), "bigint")]
    comment = f"the daily values of {kpi.code}, whose mean it is over time"
    result = with_steps(query.where(covered, copy=False), steps)
    return computed(averaged_name(kpi), "work", comment, described, COVERED_DAY_KEY, result)
