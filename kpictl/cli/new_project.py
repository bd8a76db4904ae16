"""A new project's files, laid out from a template."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import kpictl
from kpictl.catalog import database_url
from kpictl.check import checked
from kpictl.cli.schemas import schema_files
from kpictl.cli.winery import PARTS, connectors, lay_out
from kpictl.connect import everything
from kpictl.demo import serve, simulate
from kpictl.diagnostics import UsageError
from kpictl.engine import open_engine
from kpictl.pipeline.refresh import refresh

TEMPLATES = Path(kpictl.__file__).parent / "templates"
NAME = "PROJECT_NAME"
NEW_FOLDER = "name a new folder: kpictl init DIR"
SCHEMAS = ".kpictl"
SCHEMA_NAMES = frozenset({"raw", "marts", "kpi", "main", "temp", "information_schema"})
DAYS = 735
"""Two years, so that every window has one before it, and that of the year to date too."""


def make(folder: Path, template: str, today: date) -> list[Path]:
    """Write a template's files, with rows up to yesterday: which files."""
    files = {path: text.replace(NAME, project_name(folder)) for path, text in _files(template).items()}
    files |= {f"kpis/lookups/{name}": text for name, text in _rows(template, today - timedelta(days=1)).items()}
    _refuse_existing(folder, files)
    for name, text in files.items():
        _write(folder / name, text)
    return [folder / name for name in sorted(files)]


def make_winery(folder: Path, now: datetime, years: int) -> list[Path]:
    """The winery's own project, its raw tables filled from simulated APIs as a sync would: which files and folders."""
    common = _common()
    databases = [path.name for path in folder.glob("winery*.duckdb*")]  # a database that is not init's to replace
    _refuse_existing(folder, [*common, *PARTS, *databases])
    last_day = now.astimezone(ZoneInfo("America/Los_Angeles")).date() - timedelta(days=1)
    sys.stderr.write(f"Simulating a winery up to {last_day} …\n")
    for name, text in common.items():  # before the long work, so that a folder that takes no files is told at once
        _write(folder / name, text)
    world = simulate(last_day=last_day, years=years)
    lay_out(folder, world.first_day)
    _head_with_schemas(folder)
    catalog = checked(folder)
    with serve(world) as address, closing(open_engine(database_url(catalog, "local"), folder)) as engine:
        for _ in refresh(catalog, engine, everything(connectors(address, folder)), now):
            pass
    return [folder / name for name in sorted({*common, *PARTS, "winery.duckdb"})]


def project_name(folder: Path) -> str:
    """A name made of the folder's: letters, digits, `_` and `-`, a letter first; `raw` and its like would be schemas.

    >>> project_name(Path("/home/me/My KPIs"))
    'My-KPIs'
    """
    words = re.sub("[^A-Za-z0-9_-]+", "-", folder.resolve().name).strip("-_")[:40]
    name = words if re.match("[A-Za-z]", words) else f"kpis-{words}".strip("-")
    return f"{name}-kpis" if name.lower() in SCHEMA_NAMES else name


def _files(template: str) -> dict[str, str]:
    own = TEMPLATES / template
    found = {path.relative_to(own).as_posix(): path.read_text(encoding="utf-8") for path in own.rglob("*.*ml")}
    return {**found, **_common()}


def _common() -> dict[str, str]:
    shared = TEMPLATES / "common"
    paths = [path for path in shared.rglob("*") if path.is_file()]
    texts = {path.relative_to(shared).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    named = {(".gitignore" if name == "gitignore" else name): text for name, text in texts.items()}
    return named | {f"{SCHEMAS}/{name}": text for name, text in schema_files().items()}


def _head_with_schemas(folder: Path) -> None:
    """Put the line that editors look for before every YAML file of the winery."""
    for path in (folder / "kpictl.yml", *(folder / "kpis").rglob("*.yml")):
        kind = "project" if path.parent == folder else "kpis"
        up = "../" * (len(path.relative_to(folder).parts) - 1)
        line = f"# yaml-language-server: $schema={up}{SCHEMAS}/{kind}.schema.json\n"
        path.write_text(line + path.read_text(encoding="utf-8"), encoding="utf-8")


def _refuse_existing(folder: Path, files: Iterable[str]) -> None:
    for path in (folder / name for name in ("kpictl.yml", *sorted(files))):
        for above in path.parents:
            if above.exists() and not above.is_dir():
                raise UsageError(f"{above} is a file", help=NEW_FOLDER)
        if os.path.lexists(path):
            raise UsageError(f"{path} is there already", help=NEW_FOLDER)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", help=NEW_FOLDER) from None


def _rows(template: str, last_day: date) -> dict[str, str]:
    """The template's CSV files: made-up rows up to a day, the same ones whenever it is the same day."""
    days = [last_day - timedelta(days=back) for back in range(DAYS, -1, -1)]
    match template:
        case "csv":
            return {"orders.csv": "\n".join(["order_id,ordered_on,customer_id,channel,amount", *_orders(days), ""])}
        case "wide-table":
            return {"daily.csv": "\n".join(["day,revenue,orders,visitors,stock_value", *_daily(days), ""])}
        case _:
            shown = [last_day - timedelta(days=back) for back in (380, 366, 14, 0)]
            rows = [f"{day},{amount}" for day, amount in zip(shown, (8, 10, 11, 12), strict=True)]
            return {"example.csv": "\n".join(["day,amount", *rows, ""])}


def _orders(days: list[date]) -> Iterator[str]:
    number = 0
    for day in days:
        for turn in range(1 + (day.toordinal() * 7 + day.weekday() * 5) % 4):
            number += 1
            customer = 100 + (number * 37 + turn) % 83
            channel = "web" if number % 3 else "shop"
            amount = -20 if number % 41 == 0 else 15 + (number * 29) % 70 + number // 40
            yield f"{number},{day},{customer},{channel},{amount}.{(number * 7) % 100:02}"


def _daily(days: list[date]) -> Iterator[str]:
    for number, day in enumerate(days):
        orders = 8 + (day.toordinal() * 5 + day.weekday() * 3) % 9 + number // 60
        visitors = orders * 9 + (number * 11) % 40
        yield f"{day},{orders * 31 + (number * 13) % 50}.50,{orders},{visitors},{12000 + (number * 173) % 2500}"
