"""What a run warns about, and what stops it before it publishes."""

from __future__ import annotations

from collections.abc import Iterator

from kpictl.catalog import Expectation, Source
from kpictl.compile import Plan, counters, duplicates, examples, keyed, unknown_codes, unusable_values
from kpictl.compile.tracked import is_tracked
from kpictl.diagnostics import CheckError
from kpictl.engine import Engine
from kpictl.pipeline.events import Warned


def warnings(plan: Plan, engine: Engine) -> Iterator[Warned]:
    """What the components' counters say; CheckError where it must not be published.

    The keys of sources whose rows are followed one by one have been looked at.
    """
    for source in keyed(source for source in plan.sources if not is_tracked(source)):
        refuse_duplicates(plan, source, engine)
    query = counters(plan)
    if query is None:
        return
    told: set[tuple[object, object]] = set()
    for source_code, counter, rows in engine.query(query):
        # Each part of a source counts its own unusable values, but what they are is told for all of them at once.
        if not rows or (source_code, counter) in told:
            continue
        told.add((source_code, counter))
        source = plan.catalog.source(str(source_code))
        match str(counter):
            case "no_time":
                column = source.time or source.valid_from
                have, counts = ("1 row has", "counts") if rows == 1 else (f"{rows:,} rows have", "count")
                yield Warned(f"source {source.code}: {have} no {column}, and {counts} on no day")
            case "no_entity":
                yield _unknown(plan, source, int(str(rows)), engine)
            case "unusable":
                yield from _unusable(plan, source, engine)
            case position:
                yield _failed(plan, source, source.expect[int(position)], int(str(rows)), engine)


def refuse_duplicates(plan: Plan, source: Source, engine: Engine) -> None:
    """A row that stands twice would be counted twice."""
    found = engine.query(duplicates(plan, source))
    if found:
        shown = ", ".join(f"{key} ({rows} rows)" for key, rows in found)
        raise CheckError(
            f"source {source.code}: {source.key} is not unique: {shown}",
            help="a row that stands twice counts twice: correct the rows, leave them out by a `where`, or name "
            "another `key`; nothing was published",
        )


def _unusable(plan: Plan, source: Source, engine: Engine) -> Iterator[Warned]:
    query = unusable_values(plan, source)
    assert query is not None
    for what, not_a_number, too_large, first_day in engine.query(query):
        if too_large:
            raise CheckError(
                f"source {source.code}: {_rows_give(too_large)} `{what}` a value of "
                f"10^17 or more, the first on {first_day}",
                help="correct the rows, or leave them out by a `where`; nothing was published",
            )
        if not_a_number:
            yield Warned(
                f"source {source.code}: {_rows_give(not_a_number)} `{what}` a value that is no number, "
                "which counts as NULL"
            )


def _rows_give(rows: object) -> str:
    return "1 row gives" if rows == 1 else f"{rows:,} rows give"


def _unknown(plan: Plan, source: Source, rows: int, engine: Engine) -> Warned:
    found = engine.query(unknown_codes(plan, source))
    shown = ", ".join(f"{'NULL' if code is None else f'`{code}`'} ({count:,})" for code, count in found)
    more = ", …" if sum(int(str(count)) for _, count in found) < rows else ""
    have = "1 row has" if rows == 1 else f"{rows:,} rows have"
    message = f"source {source.code}: {have} a `{source.entity}` that no entity has: {shown}{more}"
    return Warned(f"{message}; what has none counts for ALL alone", help="list it under `entities`, or as an alias")


def _failed(plan: Plan, source: Source, expectation: Expectation, rows: int, engine: Engine) -> Warned:
    names = list(dict.fromkeys(column.name for column in expectation.that.columns()))
    shown = []
    for *values, count in engine.query(examples(plan, source, expectation)):
        known = [f"{name} = {value}" for name, value in zip(names, values, strict=True) if value is not None]
        shown.append(f"{', '.join(known) or 'NULL'} ({count:,})")
    message = f"source {source.code}: {expectation.message}: {rows:,} rows, such as {'; '.join(shown)}"
    if expectation.severity == "error":
        raise CheckError(message, help="nothing was published; the tables of the last run stay")
    return Warned(message)
