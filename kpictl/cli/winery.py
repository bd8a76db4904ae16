"""The demo's folder: the winery's own project, told that its APIs were simulated."""

from __future__ import annotations

import filecmp
import re
import shutil
from datetime import date
from pathlib import Path

import kpictl
from kpictl.connect import Connector, load_connector
from kpictl.demo import Address
from kpictl.diagnostics import UsageError

MARKER = ".kpictl-demo"
PARTS = ("kpictl.yml", "kpis", "connectors")
INSTEAD_OF_CONNECTORS = """\
# The demo has no `connectors`: the two APIs were simulated, and what they said is in the raw tables.
# `kpictl run` goes on from there.
"""


def original() -> Path:
    """The winery's project: data of the installed package, or the checkout that the package lies in."""
    package = Path(kpictl.__file__).parent
    installed = package / "winery"
    return installed if installed.is_dir() else package.parent


def lay_out(folder: Path, first_day: date) -> None:
    """Copy the winery into an empty folder, or anew into one that an earlier demo made."""
    source = original()
    for name in PARTS:
        _remove(folder / name)
        if (source / name).is_dir():
            shutil.copytree(source / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source / name, folder / name)
    for database in folder.glob("winery*.duckdb*"):
        database.unlink()
    settings = folder / "kpictl.yml"
    settings.write_text(_edited(settings.read_text(encoding="utf-8"), first_day), encoding="utf-8")


def claim(folder: Path) -> None:
    """Make the folder the demo's own; UsageError where it holds what the demo did not put there."""
    try:
        if folder.exists() and not (folder / MARKER).is_file() and any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty", help="name another folder: kpictl demo DIR")
        if (edited := _edited_file(folder)) is not None:
            raise UsageError(
                f"{edited} is not the winery's, and would be lost",
                help=f"name another folder: kpictl demo DIR, or delete {folder}",
            )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARKER).write_text("`kpictl demo` made this folder and may make it anew.\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{folder} cannot be used: {error.strerror}", help="name another folder") from None


def _edited_file(folder: Path) -> Path | None:
    """A file of the demo's catalog that the winery does not have so."""
    for path in sorted(path for name in ("kpis", "connectors") for path in (folder / name).rglob("*.*")):
        mine = original() / path.relative_to(folder)
        same = mine.is_file() and filecmp.cmp(path, mine, shallow=False)
        if path.suffix != ".pyc" and not same:
            return path
    return None


def connectors(address: Address, folder: Path) -> tuple[Connector, ...]:
    """The winery's own connectors, pointed at the simulated APIs."""
    shop = {
        "tenant": address.tenant,
        "app_id": address.app_id,
        "app_secret": address.app_secret,
        "base_url": address.commerce7_url,
    }
    book = {
        "api_key": address.tock_api_key,
        "business_id": address.tock_business_id,
        "business_group_id": address.tock_business_group_id,
        "base_url": address.tock_url,
        "allowed_file_hosts": ["127.0.0.1"],
    }
    return load_connector("commerce7", shop, folder), load_connector("tock", book, folder)


def _edited(text: str, first_day: date) -> str:
    text, dates = re.subn(r"(?m)^(covers_from: )\S+", rf"\g<1>{first_day}", text)
    text, blocks = re.subn(r"(?m)^connectors:\n(?:[ ].*\n?)+", INSTEAD_OF_CONNECTORS, text)
    assert (dates, blocks) == (1, 1), "the winery's kpictl.yml lacks a line that the demo replaces"
    return text


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
