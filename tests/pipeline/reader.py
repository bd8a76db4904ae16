"""Reads the published revenue in a process of its own, on one open connection: once for each line that it is sent."""

from __future__ import annotations

import sys
from pathlib import Path

from kpictl.engine import open_published


def main(url: str, folder: Path) -> None:
    engine = open_published(url, folder)
    while True:
        with engine.transaction():
            rows = engine.fetch("select as_of_date, mtd_value from kpi.agg_kpi_dashboard where kpi_id = 1 order by 1")
        print(" ".join(f"{as_of}:{value:.2f}" for as_of, value in rows), flush=True)
        if not sys.stdin.readline():
            return


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
