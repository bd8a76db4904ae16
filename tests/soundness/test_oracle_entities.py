"""The oracle's trees of entities: leaves, zones, distinct counts and stocks, worked out by hand."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tests.soundness.oracle import (
    Answer,
    Entity,
    Formula,
    Measure,
    Project,
    Source,
    covered,
    dashboard,
    data_through,
    divide,
    facts,
    value,
)

# ALL > west > coast > pier, and ALL > east, which names no parent.
TREE = (
    Entity("ALL"),
    Entity("east", timezone="America/New_York"),
    Entity("west", "ALL", timezone="America/Los_Angeles"),
    Entity("coast", "west", aliases=("7",)),
    Entity("pier", "coast", timezone="Pacific/Auckland"),
)


def march(day: int) -> date:
    return date(2025, 3, day)


def row(day: Any, place: Any, x: Any = 1) -> dict[str, Any]:
    return {"on": day, "place": place, "x": x}


def business(*rows: dict[str, Any], kpis: tuple[Measure | Formula, ...], **settings: Any) -> Project:
    source = Source("rows", rows, time="on", entity="place", **settings.pop("source", {}))
    return Project(sources=(source,), kpis=kpis, entities=settings.pop("entities", TREE), **settings)


def x(row: Any) -> Any:
    return row["x"]


def values(project: Project, code: str, first: int, last: int) -> dict[str, Any]:
    return {e.code: value(project, code, e.code, march(first), march(last)).value for e in project.entities}


def test_a_row_counts_in_the_zone_of_the_nearest_entity_that_has_one() -> None:
    moment = datetime(2025, 3, 2, 6, 0, tzinfo=UTC)
    rows = (row(moment, place) for place in ("east", "coast", "pier", "ALL", "nobody", None))
    days = facts(business(*rows, kpis=(Measure("n", "rows", "count", id=1),), timezone="UTC"), march(2))
    # 01:00 on the 2nd in New York, 22:00 on the 1st in Los Angeles, 19:00 on the 2nd in Auckland, 06:00 in UTC.
    assert {key[2]: [days.get((march(day), "n", key[2])) for day in (1, 2)] for key in days} == {
        "ALL": [1, 5],
        "east": [None, 1],
        "west": [1, 1],
        "coast": [1, 1],
        "pier": [None, 1],
    }


def test_unknown_rows_are_in_the_roots_zone_where_it_has_one() -> None:
    moment = datetime(2025, 3, 2, 6, 0, tzinfo=UTC)
    tree = (Entity("ALL", timezone="America/Los_Angeles"), Entity("east"))
    project = business(row(moment, "nobody"), row(moment, "east"), kpis=(Measure("n", "rows", "count"),), entities=tree)
    assert value(project, "n", "ALL", march(1), march(1)).value == 2
    assert value(project, "n", "east", march(1), march(1)).value == 1


def test_codes_compare_as_text() -> None:
    project = business(row(march(1), 7), row(march(1), "pier"), row(march(1), 8), kpis=(Measure("n", "rows", "count"),))
    assert values(project, "n", 1, 1) == {"ALL": 3, "west": 2, "coast": 2, "pier": 1, "east": None}


def test_distinct_counts_are_over_the_rows_below_never_sums() -> None:
    distinct = Measure("people", "rows", "count", x, distinct=True)
    rows = (
        row(march(1), "pier", "ann"),
        row(march(2), "pier", "bob"),
        row(march(2), "coast", "ann"),
        row(march(3), "west", "eve"),
        row(march(3), "east", "bob"),
        row(march(3), None, "ann"),
        row(march(3), None, None),
    )
    project = business(*rows, kpis=(distinct,))
    assert values(project, "people", 1, 3) == {"ALL": 3, "west": 3, "coast": 2, "pier": 2, "east": 1}
    assert values(project, "people", 3, 3) == {"ALL": 3, "west": 1, "coast": 0, "pier": 0, "east": 1}


def test_an_average_of_a_parent_is_over_rows() -> None:
    rows = (row(march(1), "pier", 1), row(march(1), "pier", 2), row(march(1), "east", 9))
    project = business(*rows, kpis=(Measure("mean", "rows", "avg", x),))
    assert values(project, "mean", 1, 1) == {"ALL": 4, "west": 1.5, "coast": 1.5, "pier": 1.5, "east": 9}


def stock(aggregate: Any, last: int, *, argument: Any = x, **more: Any) -> dict[str, Any]:
    """A count at the pier on the 1st, the coast's own on the 2nd, the east's on the 3rd, nobody's on the 4th."""
    rows = (
        row(march(1), "pier", 10),
        row(march(1), "pier", 20),
        row(march(2), "coast", 40),
        row(march(3), "east", 80),
        row(march(3), "pier", None),
        row(march(4), "nobody", 10),
        row(march(5), None, 160),
    )
    measure = Measure("stock", "rows", aggregate, argument, **{"over_time": "last", **more})
    return values(business(*rows, kpis=(measure,)), "stock", last, last)


def test_a_stock_is_over_the_latest_rows_of_each_leaf() -> None:
    assert stock("sum", 2) == {"ALL": 70, "west": 70, "coast": 70, "pier": 30, "east": None}
    # The pier's row of the 3rd has no x: those of the 1st stand.
    assert stock("sum", 3) == {"ALL": 150, "west": 70, "coast": 70, "pier": 30, "east": 80}
    assert stock("count", 3, argument=None) == {"ALL": 3, "west": 2, "coast": 2, "pier": 1, "east": 1}
    # Unknown and missing codes are one leaf: the 160 of the 5th stands in place of the 10 of the 4th.
    assert stock("sum", 5)["ALL"] == 150 + 160
    assert stock("max", 4) == {"ALL": 80, "west": 40, "coast": 40, "pier": 20, "east": 80}
    third = Decimal("23.3333333333")  # (10 + 20 + 40) / 3
    assert stock("avg", 3) == {"ALL": 37.5, "west": third, "coast": third, "pier": 15, "east": 80}
    assert stock("count", 4, distinct=True) == {"ALL": 4, "west": 3, "coast": 3, "pier": 2, "east": 1}


def test_a_stale_leaf_makes_its_parents_stale() -> None:
    rows = (row(march(1), "pier", 10), row(march(3), "coast", 40), row(march(3), "east", 80))
    level = Measure("level", "rows", "sum", x, over_time="last", max_staleness=1)
    project = business(*rows, kpis=(level,))
    for name in ("pier", "coast", "west", "ALL"):
        assert value(project, "level", name, march(3), march(3)) == Answer(None, "stale")
    assert value(project, "level", "east", march(4), march(4)) == Answer(Decimal(80), "ok")
    assert value(project, "level", "ALL", march(2), march(2)) == Answer(Decimal(10), "ok")
    daily = Measure("level", "rows", "sum", x, over_time="last", max_staleness=0)
    stale = dict.fromkeys(("pier", "coast", "west", "ALL"))
    assert values(business(*rows, kpis=(daily,)), "level", 3, 3) == {**stale, "east": 80}


def test_each_entity_is_covered_from_its_own_first_row() -> None:
    project = business(row(march(2), "pier"), row(march(4), "coast"), kpis=(Measure("n", "rows", "count", id=1),))
    assert covered(project, "n", "coast", march(9)) == (march(2), march(9))
    assert covered(project, "n", "east", march(9)) is None
    assert data_through(project, "n", march(9)) == march(4)  # of the source, whoever's rows they are
    cells = dashboard(project, march(9))
    assert cells["n", "east"]["mtd"].status == "no_data"
    assert len(cells) == len(TREE)
    everywhere = business(
        row(march(2), "pier"), kpis=(Measure("n", "rows", "count"),), source={"covers_from": march(1)}
    )
    assert value(everywhere, "n", "east", march(1), march(3)) == Answer(Decimal(0), "ok")


def test_a_parent_is_covered_to_the_latest_row_below_it() -> None:
    project = business(
        row(march(2), "pier"),
        row(march(4), "east"),
        kpis=(Measure("n", "rows", "count"),),
        source={"covers_to_last_row": True},
    )
    assert covered(project, "n", "west", march(9)) == (march(2), march(2))
    assert covered(project, "n", "ALL", march(9)) == (march(2), march(4))


def test_a_formula_is_defined_where_all_its_inputs_are() -> None:
    by_place = Measure("n", "rows", "count")
    alone = Measure("total", "other", "count", id=1)
    share = Formula("share", ("n", "total"), lambda of: divide(of["n"], of["total"]), id=2)
    project = Project(
        sources=(
            Source("rows", [row(march(1), "pier")], time="on", entity="place"),
            Source("other", [row(march(1), None)], time="on"),
        ),
        kpis=(by_place, alone, share),
        entities=TREE,
    )
    assert list(dashboard(project, march(1))) == [("total", "ALL"), ("share", "ALL")]
