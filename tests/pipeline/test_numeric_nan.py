"""PostgreSQL's numeric has NaN and infinities, as doubles have: they count as NULL wherever they are read."""

from __future__ import annotations

from pathlib import Path

from tests.pipeline.shop import Shop

KPIS = """\
formats:
  - {code: number, kind: number}
sources:
  - {code: readings, relation: raw.readings, time: read_on}
kpis:
  - {id: 1, code: total, name: Total, format: number, source: readings, measure: sum(n)}
  - {id: 2, code: known, name: Known, format: number, source: readings, measure: count(n)}
  - {id: 3, code: different, name: Different, format: number, source: readings, measure: count(distinct n)}
  - {id: 4, code: large, name: Large, format: number, source: readings, measure: count(*), where: n > 1}
  - {id: 5, code: or_seven, name: Or seven, format: number, source: readings, measure: "sum(coalesce(n, 7))"}
"""


def test_what_is_no_number_counts_as_null(postgres_url: str, tmp_path: Path) -> None:
    shop = Shop(postgres_url, tmp_path)
    shop.write({"kpis/kpis.yml": KPIS, "kpis/models/fct_order.sql": None})
    shop.load([("2025-05-03", "5"), ("2025-05-03", "5"), ("2025-05-03", "0.5")], "read_on:date n:decimal", "readings")
    shop.change("insert into raw.readings values ('2025-05-03', 'NaN')")
    events = shop.run("2025-05-03")
    assert {row["kpi_id"]: row["mtd_value"] for row in shop.published()["agg_kpi_dashboard"]} == {
        1: 10.5, 2: 3, 3: 2, 4: 2, 5: 17.5,
    }  # fmt: skip
    told = [str(event) for event in events if "is no number" in str(event)]
    assert any("`n`" in each and "1 row gives" in each for each in told)
