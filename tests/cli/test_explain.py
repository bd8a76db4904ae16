"""`kpictl explain`: pages of the winery read from its files by eye, numbers worked out from the rows of shop.py."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.conftest import Kpictl
from tests.cli.shop import load_rows, publish

ROOT = Path(__file__).parents[2]
PAGE = """\
Tasting Room Wine Revenue
Net sales at the tasting room's tills, before tax, shipping and tip.

code        tasting_room_wine_revenue, id 1
category    Tasting room
format      currency in $ with 0 decimals
direction   more is better
owner       finance
defined in  kpis/tasting_room.yml:3

Definition
measure     sum(net_sales)
where       channel = 'POS' and not is_event and not is_from_tock
source      orders: marts.fct_order by paid_at
  where     payment_status = 'Paid'
kind        additive. Days add up to windows, and entities to those above them;
            0 on a covered day without rows.

Used by
directly    tasting_room_total_revenue
through it  total_daily_revenue

Columns of orders, and where they come from
measure     marts.fct_order.net_sales
            └ marts.stg_order.net_sales = sub_total * 0.01
              └ raw.raw_order.sub_total
where       marts.fct_order.channel = COALESCE(original.channel, sale.channel)
            └ marts.stg_order.channel ← raw.raw_order.channel
            marts.fct_order.is_event
            └ marts.stg_order.is_event = COALESCE(LOWER(meta_data ->> 'event-sp…
              └ raw.raw_order.meta_data ->> 'event-specific-sale'
            marts.fct_order.is_from_tock
            └ marts.stg_order.is_from_tock = COALESCE(LOWER(external_order_vend…
              └ raw.raw_order.external_order_vendor
            marts.fct_order.payment_status ← marts.stg_order.payment_status
            └ raw.raw_order.payment_status
time        marts.fct_order.paid_at = CAST(paid_at AS TIMESTAMPTZ)
            └ marts.stg_order.paid_at ← raw.raw_order.order_paid_date
key         marts.fct_order.order_id ← marts.stg_order.order_id
            └ raw.raw_order.id

--sql prints its SQL, --as-of DATE how its numbers come about
"""


@pytest.fixture
def winery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_the_page_of_a_measure(winery: None, kpictl: Kpictl) -> None:
    shown = kpictl("explain", "tasting_room_wine_revenue", columns=80)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out == PAGE


def test_the_page_of_a_formula_shows_what_it_uses(winery: None, kpictl: Kpictl) -> None:
    lines = kpictl("explain", "avg_tasting_fee_per_guest", columns=80).out.splitlines()
    at = lines.index("Definition")
    assert lines[at + 1 : at + 10] == [
        "formula     (tasting_room_fees_revenue + wine_club_fees_revenue +",
        "            event_fees_reservations_revenue) / total_visitors",
        "            ├ tasting_room_fees_revenue = sum(final_total) of reservations",
        "            │   where attribution = 'tasting_room'",
        "            ├ wine_club_fees_revenue = sum(final_total) of reservations where",
        "            │   attribution = 'club'",
        "            ├ event_fees_reservations_revenue = sum(final_total) of",
        "            │   reservations where attribution = 'event'",
        "            └ total_visitors = sum(party_size) of reservations where is_held",
    ]
    assert "Columns of reservations, and where they come from" in lines
    assert "raw.raw_tock_reservation.net_amount_paid_cents" in "\n".join(lines)


@pytest.mark.parametrize("columns", [60, 80])
def test_no_line_is_wider_than_the_screen(winery: None, kpictl: Kpictl, columns: int) -> None:
    for code in ("total_daily_revenue", "total_active_club_membership", "event_wine_revenue", "wine_millilitres"):
        lines = kpictl("explain", code, columns=columns).out.splitlines()
        assert [line for line in lines if len(line) > columns] == []
        assert len(lines) > 15


def test_a_helper(winery: None, kpictl: Kpictl) -> None:
    out = kpictl("explain", "wine_millilitres", columns=80).out
    assert "code        wine_millilitres, a helper: in no table\n" in out
    assert "directly    total_9l_sold\n" in out
    assert "raw.raw_order_item.volume_in_ml" in out


def test_the_page_needs_no_database_and_no_secrets(
    files: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (files / "connectors").mkdir()
    (files / "connectors/api.py").write_text("raise RuntimeError('imported')\n")
    (files / "kpictl.yml").write_text((files / "kpictl.yml").read_text() + "connectors:\n  api: {key: '${NO_SUCH}'}\n")
    before = sorted(files.rglob("*"))
    assert kpictl("explain", "basket").code == 0
    assert kpictl("explain", "basket", "--json").code == 0
    assert kpictl("explain", "basket", "--sql").code == 0
    assert sorted(files.rglob("*")) == before


def test_the_page_as_json(winery: None, kpictl: Kpictl) -> None:
    page = json.loads(kpictl("explain", "total_9l_sold", "--json").out)
    assert (page["id"], page["code"], page["kind"], page["formula"]) == (
        22,
        "total_9l_sold",
        "formula",
        "wine_millilitres / 9000",
    )
    assert [each["code"] for each in page["uses"]] == ["wine_millilitres"]
    (source,) = page["sources"]
    assert (source["code"], source["relation"]) == ("order_items", "marts.fct_order_item")
    assert [(each["name"], each["keys"]) for each in source["columns"]] == [
        ("wine_ml", ["measure"]),
        ("payment_status", ["where"]),
        ("paid_at", ["time"]),
        ("order_item_id", ["key"]),
    ]
    assert source["columns"][3]["origin"] == {
        "kind": "model",
        "name": "marts.fct_order_item.order_item_id",
        "inputs": [
            {
                "kind": "model",
                "name": "marts.stg_order_item.order_item_id",
                "inputs": [{"kind": "raw", "name": "raw.raw_order_item.id"}],
            }
        ],
    }


def test_the_sql_is_that_of_compile(winery: None, kpictl: Kpictl) -> None:
    sql = kpictl("explain", "avg_party_size", "--sql").out
    assert sql == kpictl("compile", "avg_party_size").out
    helper = kpictl("explain", "wine_millilitres", "--sql")
    assert helper.code == 0
    assert '"wine_millilitres"' in helper.out


def test_other_names(winery: None, kpictl: Kpictl) -> None:
    assert kpictl("explain", "club_signups", columns=80).out == (
        "club_signups is a source: the rows of marts.fct_club_membership\n"
        "The same memberships, on the day of the sign-up.\n"
        "\n"
        "defined in  kpis/sources.yml:39\n"
        "used by     new_member_acquisition\n"
    )
    assert kpictl("explain", "cases").out.splitlines() == [
        "cases is a format of kind number",
        "",
        "defined in  kpis/formats.yml:7",
        "used by     total_9l_sold",
    ]
    assert kpictl("explain", "experience").out.startswith("experience is a lookup, marts.experience\n")
    assert kpictl("explain", "ALL").out.startswith("ALL is an entity: All locations\n")
    assert json.loads(kpictl("explain", "cases", "--json").out)["used_by"] == ["total_9l_sold"]


def test_an_unknown_name(winery: None, kpictl: Kpictl) -> None:
    wrong = kpictl("explain", "ecomm_revenu")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err == "error: no KPI has the code `ecomm_revenu`\n  help: `ecomm_revenue` is near\n"
    assert "`kpictl list kpis` shows all of them" in kpictl("explain", "zzz").err


def test_options_that_do_not_go_together(published: Path, kpictl: Kpictl) -> None:
    wrong = kpictl("explain", "revenue", "--entity", "ALL")
    assert (wrong.code, wrong.err.splitlines()[0]) == (2, "error: --entity has a meaning with --as-of alone")
    wrong = kpictl("explain", "sales", "--as-of", "2025-03-10")
    assert (wrong.code, wrong.err.splitlines()[0]) == (2, "error: --as-of is for KPIs, and `sales` is none")


# The numbers


def test_the_numbers_of_a_sum(published: Path, kpictl: Kpictl) -> None:
    """As of 10 March 2025: 250 on the 3rd, 250 on the 10th; the year before 100 and 300, covered from the 5th on."""
    shown = kpictl("explain", "revenue", "--as-of", "2025-03-10", columns=80)
    assert (shown.code, shown.err) == (0, "")
    lines = shown.out.splitlines()
    at = lines.index("As of 2025-03-10, The whole shop (ALL)")
    assert lines[at + 2 : at + 6] == [
        "                 days                     covered    value  status",
        "mtd              2025-03-01 – 2025-03-10  10 of 10     500  ok",  # noqa: RUF001 -- ranges have an en dash
        "  a year before  2024-03-01 – 2024-03-10  6 of 10      400  partial",  # noqa: RUF001
        "  change                                              +100  +25.0%",
    ]
    assert "Published: the same." in lines
    of_month = lines.index("mtd: the sum of 10 days")
    days = re.findall(r"2025-03-(\d\d) +(\d+)", "\n".join(lines[of_month:]).split("=")[0])
    assert {int(day): int(value) for day, value in days} == {
        **dict.fromkeys(range(1, 11), 0),
        3: 250,
        10: 250,
    }
    assert lines[of_month:].index("  = 500") < 8


def test_the_numbers_of_a_formula(published: Path, kpictl: Kpictl) -> None:
    out = kpictl("explain", "web_share_pct", "--as-of", "2025-03-10", columns=80).out
    assert (
        "mtd, last28: 100 * web_sales / sales_count\n"
        "  = 100 * 1 / 3\n"
        "  = 33.3333333333\n"
    ) in out  # fmt: skip


def test_a_division_by_zero_and_no_data(published: Path, kpictl: Kpictl) -> None:
    out = kpictl("explain", "refund_size", "--as-of", "2025-03-10", columns=80).out
    assert "refunds / refund_count\n  = 0 / 0\n  = – (undefined)\n" in out  # noqa: RUF001 -- an en dash is no value
    out = kpictl("explain", "visitors", "--as-of", "2025-03-10", columns=80).out
    assert re.search(r"mtd +2025-03-01 – 2025-03-10 +0 of 10 +– +no_data", out)  # noqa: RUF001 -- ranges have one


def test_what_was_published_is_old(published: Path, kpictl: Kpictl) -> None:
    path = published / "kpis/shop.yml"
    path.write_text(path.read_text().replace("measure: sum(amount)}", "measure: sum(amount + 1)}", 1))
    out = " ".join(kpictl("explain", "revenue", "--as-of", "2025-03-10", columns=80).out.split())
    assert "Published were other values: mtd 500 (ok); mtd a year before 400 (partial); last28 500 (ok);" in out
    assert "Since then revenue changed; `kpictl run` publishes anew." in out


def test_a_date_that_was_not_published(published: Path, kpictl: Kpictl) -> None:
    out = kpictl("explain", "revenue", "--as-of", "2025-03-09", columns=80).out
    assert "Not published as of 2025-03-09; the latest as-of date is 2025-03-10.\n" in out
    assert re.search(r"mtd +2025-03-01 – 2025-03-09 +9 of 9 +250  ok", out)  # noqa: RUF001 -- ranges have one


def test_the_numbers_as_json(published: Path, kpictl: Kpictl) -> None:
    text = kpictl("explain", "basket", "--as-of", "2025-03-10", "--json").out
    found = json.loads(text, parse_float=Decimal, parse_int=Decimal)["numbers"]
    month = found["windows"]["mtd"]
    assert (month["from"], month["to"], month["days"], month["covered_days"]) == ("2025-03-01", "2025-03-10", 10, 10)
    assert month["value"] == Decimal("166.6666666667")
    assert month["working"] == {
        "is": "formula",
        "formula": "revenue / sales_count",
        "terms": [
            {"code": "revenue", "value": 500, "status": "ok"},
            {"code": "sales_count", "value": 3, "status": "ok"},
        ],
    }
    assert (month["prior"]["value"], month["prior"]["status"]) == (200, "partial")
    assert month["delta"] == month["value"] - 200
    assert found["published"] == {"is_published": True, "latest": "2025-03-10", "differences": [], "changed": []}
    revenue = json.loads(kpictl("explain", "revenue", "--as-of", "2025-03-10", "--json").out)["numbers"]
    days = revenue["windows"]["mtd"]["working"]
    assert days["is"] == "sum"
    assert sum(part["value"] for part in days["parts"]) == 500


def test_postgres_has_the_same_numbers(
    published: Path, postgres_url: str, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    before = kpictl("explain", "revenue", "--as-of", "2025-03-10", "--env", "production")
    assert (before.code, before.out) == (3, "")
    assert "nothing has been published" in before.err
    load_rows(published, postgres_url)
    publish(published, postgres_url)
    for code in ("revenue", "basket", "web_share_pct", "visitors"):
        asked = ("explain", code, "--as-of", "2025-03-10")
        assert kpictl(*asked, "--env", "production").out == kpictl(*asked).out


def test_numbers_before_any_run(files: Path, kpictl: Kpictl) -> None:
    wrong = kpictl("explain", "revenue", "--as-of", "2025-03-10")
    assert (wrong.code, wrong.out) == (3, "")
    assert "`kpictl run` publishes" in wrong.err
    assert list(files.glob("*.duckdb")) == []


def test_an_entity_that_is_not_there(published: Path, kpictl: Kpictl) -> None:
    wrong = kpictl("explain", "revenue", "--as-of", "2025-03-10", "--entity", "al")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err == "error: no entity has the code `al`\n  help: `ALL` is near\n"
