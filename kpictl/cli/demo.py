"""`kpictl demo`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

NEXT = """
To try next:
  cd {folder}
  {kpictl} show total_orders             one KPI's page
  {kpictl} dashboard --out kpis.html     all of them, for a browser
  {kpictl} run                           after a change in {file}, say
"""


def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A new or empty folder, or that of an earlier demo.")
    ] = Path("winery-demo"),
    years: Annotated[int, typer.Option(hidden=True, min=0, max=10)] = 3,
) -> None:
    """Run the winery's 27 KPIs on simulated APIs.

    Three years of a winery and its two APIs are simulated, synced into a DuckDB file and published: no account,
    no server, nothing leaves the machine. In the folder of an earlier demo it starts afresh.
    """
    from contextlib import closing
    from datetime import UTC, datetime, timedelta
    from shlex import quote
    from zoneinfo import ZoneInfo

    from kpictl.catalog import database_url
    from kpictl.check import checked
    from kpictl.cli.options import LogFormat
    from kpictl.cli.reported import UNPUBLISHED, reported
    from kpictl.cli.scoreboard import print_board
    from kpictl.cli.winery import claim, connectors, lay_out
    from kpictl.demo import serve, simulate
    from kpictl.engine import open_engine, open_published
    from kpictl.pipeline import Request
    from kpictl.pipeline import run as events

    claim(folder)
    now = datetime.now(UTC)
    last_day = now.astimezone(ZoneInfo("America/Los_Angeles")).date() - timedelta(days=1)
    sys.stderr.write(f"Simulating a winery up to {last_day} …\n")
    world = simulate(last_day=last_day, years=years)
    lay_out(folder, world.first_day)
    catalog = checked(folder)
    url = database_url(catalog, "local")
    with (
        reported("demo", LogFormat.TEXT, UNPUBLISHED) as job,
        serve(world) as address,
        closing(open_engine(url, folder)) as engine,
    ):
        job.follow(events(catalog, engine, Request(last_day, now, connectors(address, folder))))
    sys.stderr.write("\n")
    with closing(open_published(url, folder)) as reader, reader.transaction():
        print_board(reader, catalog)
    # uv tells what it runs that it does; without it the command is not on a new terminal's PATH.
    kpictl = "uv run kpictl" if "UV" in os.environ else "kpictl"
    sys.stderr.write(NEXT.format(folder=quote(str(folder)), kpictl=kpictl, file=Path("kpis", "guests.yml")))
