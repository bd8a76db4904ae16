"""What lint finds in a database of models: as their files have them now, made or not, with nothing changed."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from kpictl.catalog import Catalog
from kpictl.check import Seen, judge
from kpictl.diagnostics import CatalogError, Diagnostic, LockError, Severity, Span, WorldError
from kpictl.engine import open_for_reading
from kpictl.pipeline import inspect
from tests.pipeline.shop import KPIS, MODEL, ROWS, Shop, paused

KEYED = KPIS.replace("time: ordered_on", "time: ordered_on, key: order_id")


def looked(shop: Shop) -> tuple[Diagnostic, ...]:
    """What is told of the shop beside its files' own cautions, by a look that can only read."""

    def look(catalog: Catalog) -> Seen:
        with closing(open_for_reading(shop.url, shop.folder)) as engine:
            return inspect(catalog, engine)

    _, found = judge(shop.project, look=look)
    return tuple(each for each in found if each.code.startswith("KPI4"))


def codes(found: tuple[Diagnostic, ...]) -> list[str]:
    return [each.code for each in found]


def line(path: Path, text: str) -> tuple[int, int]:
    """Where a text begins in a file for the first time."""
    before = path.read_text().partition(text)[0]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def test_nothing_is_told_and_nothing_is_changed_by_looking(shop: Shop) -> None:
    shop.run("2025-05-03")
    before = shop.names(), shop.schemas(), shop.held(), shop.held("marts"), shop.published()
    assert looked(shop) == ()
    assert (shop.names(), shop.schemas(), shop.held(), shop.held("marts"), shop.published()) == before


def test_a_look_before_the_first_run_makes_nothing(shop: Shop) -> None:
    shop.write({"kpis/kpis.yml": KEYED})
    shop.load([*ROWS, (3, "2025-05-04", "7")])
    (found,) = looked(shop)
    path = shop.project / "kpis/kpis.yml"
    assert (found.code, found.severity) == ("KPI408", Severity.ERROR)
    assert found.message == "`order_id` is not unique in `marts.fct_order`: 3 (2 rows)"
    assert (found.at.path, found.at.line, found.at.column) == (path, *line(path, "order_id"))
    assert shop.names() == {"raw.orders"}


def test_rows_that_where_leaves_out_are_no_duplicates(shop: Shop) -> None:
    shop.load([*ROWS, (3, "2025-05-04", "0")])
    shop.write({"kpis/kpis.yml": KEYED.replace("key: order_id", "key: order_id, where: amount > 0")})
    assert looked(shop) == ()
    shop.write({"kpis/kpis.yml": KEYED.replace("key: order_id", "key: order_id, where: amount > 100")})
    (found,) = looked(shop)
    assert (found.code, found.message) == ("KPI409", "source `orders` has no rows that meet its `where`")


def test_a_view_of_an_earlier_run_says_nothing_about_its_model(shop: Shop) -> None:
    shop.run("2025-05-03")
    shop.write({"kpis/models/fct_order.sql": "select order_id, ordered_on, amount::text as amount from raw.orders\n"})
    (found,) = looked(shop)
    path = shop.project / "kpis/kpis.yml"
    assert (found.code, found.message) == ("KPI412", "`sum` takes numbers, and `amount` is text")
    row, column = line(path, "sum(amount)")
    assert found.at == Span(path, row, column + 4, row, column + 10)


def test_a_run_refuses_what_lint_tells(shop: Shop) -> None:
    shop.run("2025-05-03")
    before = shop.published(), shop.names()
    shop.write({"kpis/models/fct_order.sql": "select order_id, ordered_on, amount::text as amount from raw.orders\n"})
    with pytest.raises(CatalogError) as error:
        shop.run("2025-05-03")
    assert error.value.diagnostics == looked(shop)
    assert codes(error.value.diagnostics) == ["KPI412"]
    assert (shop.published(), shop.names()) == before


def test_the_type_that_a_column_had_stops_no_run(shop: Shop) -> None:
    with_day = "select order_id, ordered_on, amount, {day} as day from raw.orders\n"
    shop.write({"kpis/models/fct_order.sql": with_day.format(day="ordered_on::text")})
    shop.run("2025-05-03")
    shop.write(
        {
            "kpis/models/fct_order.sql": with_day.format(day="ordered_on"),
            "kpis/kpis.yml": KPIS.replace("time: ordered_on", "time: day"),
        }
    )
    assert looked(shop) == ()
    shop.run("2025-05-03")


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("select lower(order_id) as order_id, ordered_on, amount from raw.orders", "lower("),
        ("select * from raw.orders where ordered_on > order_id", "bigint"),
    ],
)
def test_a_model_that_is_refused_is_told_once(shop: Shop, broken: str, words: str) -> None:
    shop.load([], "stock_id:bigint day:date", "stock")
    shop.write(
        {
            "kpis/models/base.sql": f"{broken}\n",
            "kpis/models/fct_order.sql": "select * from marts.base\n",
            "kpis/kpis.yml": KPIS.replace("kpis:", "  - {code: stock, relation: raw.stock, time: day}\nkpis:").replace(
                "time: ordered_on", "time: ordered_on, key: order_id"
            ),
        }
    )
    found = looked(shop)
    assert codes(found) == ["KPI409", "KPI406"]
    assert found[1].at == Span.whole_file(shop.project / "kpis/models/base.sql")
    assert found[1].message.startswith("the database refuses this model: ")
    assert words in found[1].message.lower()
    assert "\n" not in found[1].message


def test_a_row_that_a_model_cannot_cast_is_told_at_the_model(shop: Shop) -> None:
    shop.load([(1, "2025-05-01", "10"), (2, "soon", "10")], "order_id:bigint ordered_on:text amount:decimal")
    shop.write({"kpis/models/fct_order.sql": "select order_id, ordered_on::date as ordered_on, amount from raw.orders"})
    (found,) = looked(shop)
    assert (found.code, found.at) == ("KPI406", Span.whole_file(shop.project / "kpis/models/fct_order.sql"))
    assert found.message.startswith("source `orders` cannot read the rows of this model: ")
    assert "soon" in found.message


def test_models_read_models_steps_of_their_own_and_lookups_that_are_not_loaded(shop: Shop) -> None:
    shop.write(
        {
            "kpis/kpis.yml": KEYED,
            "kpis/lookups/channel.csv": "order_id,name,since,share\n1,Web,2025-01-01,0.5\n2,,,\n",
            "kpis/lookups/nothing.csv": "a,b\n",
            "kpis/models/stg_order.sql": MODEL,
            "kpis/models/fct_order.sql": (
                "with stg_order as (select * from marts.stg_order), channel as (select name from channel)\n"
                "select stg_order.order_id, s.ordered_on, s.amount, marts.channel.name, share\n"
                "from stg_order join marts.stg_order as s on s.order_id = stg_order.order_id\n"
                "left join marts.channel on marts.channel.order_id = s.order_id left join nothing on a = name\n"
                "where exists (select 1 from channel as c where c.name = 'Web')\n"
            ),
        }
    )
    assert looked(shop) == ()
    shop.run("2025-05-03")
    assert looked(shop) == ()


def test_what_a_model_lacks_is_told_by_its_own_rule_alone(shop: Shop) -> None:
    shop.write({"kpis/models/fct_order.sql": "select order_id, ordered_on, amuont as amount from raw.orders\n"})
    assert codes(looked(shop)) == ["KPI405"]
    shop.write({"kpis/models/fct_order.sql": "select order_id, ordered_on, amount from raw.order\n"})
    assert codes(looked(shop)) == ["KPI402"]


def test_a_condition_that_cannot_be_computed_is_told_and_not_asked(shop: Shop) -> None:
    shop.write({"kpis/kpis.yml": KEYED.replace("key: order_id", "key: order_id, where: lower(amount) = 'a'")})
    assert codes(looked(shop)) == ["KPI412"]


DAYS = [(n, f"2025-05-{n:02}", "1") for n in range(1, 11)]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (DAYS, []),
        ([*DAYS, (99, "2025-05-03", "1")], ["2025-05-03 (2 rows)"]),
        # 9 of 10 days are different, 8 of 10 are too few; 9 rows are too few whatever they are.
        ([*DAYS[:9], (99, "2025-05-09", "1")], ["2025-05-09 (2 rows)"]),
        ([*DAYS[:8], (98, "2025-05-07", "1"), (99, "2025-05-08", "1")], []),
        ([*DAYS[:8], (99, "2025-05-08", "1")], []),
    ],
)
def test_days_that_stand_twice_where_nearly_all_stand_once(shop: Shop, rows: list[object], told: list[str]) -> None:
    shop.load(rows)  # type: ignore[arg-type]  # rows of three kinds of values
    found = looked(shop)
    assert [each.message.partition(": ")[2] for each in found] == told
    assert codes(found) == ["KPI410"] * len(told)


def test_events_are_no_days(shop: Shop) -> None:
    """Different moments of the same days, one of them twice."""
    moments = [(n, f"2025-05-01 10:{n:02}:00", "1") for n in range(30)]
    shop.load([*moments, (99, "2025-05-01 10:07:00", "1")], "order_id:bigint ordered_on:timestamptz amount:decimal")
    assert looked(shop) == ()


def test_each_entity_has_days_of_its_own(shop: Shop) -> None:
    shop.load(
        [(1 + n % 2, f"2025-05-{1 + n // 2:02}", "1") for n in range(20)] + [(2, "2025-05-04", "1")],
        "order_id:bigint ordered_on:date amount:decimal",
    )
    entities = "entities:\n  - {id: 0, code: ALL, name: All}\n" + "".join(
        f"  - {{id: {n}, code: '{n}', name: Shop {n}, parent: ALL}}\n" for n in (1, 2)
    )
    shop.write({"kpis/kpis.yml": entities + KPIS.replace("time: ordered_on", "time: ordered_on, entity: order_id")})
    (found,) = looked(shop)
    assert found.message.endswith(": 2025-05-04 (2 rows)")


def test_a_duckdb_file_that_is_missing_or_in_use(shop: Shop, tmp_path: Path) -> None:
    if not shop.url.startswith("duckdb"):
        with paused(shop, "2025-05-03", "facts"):
            assert looked(shop) == ()
        return
    with paused(shop, "2025-05-03", "facts"), pytest.raises(LockError, match=r"another process has .* open"):
        looked(shop)
    with pytest.raises(WorldError, match=r"there is no other\.duckdb"):
        open_for_reading("duckdb:///other.duckdb", tmp_path)
