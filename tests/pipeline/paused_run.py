"""Runs the shop in a process of its own until a step begins, says so, and waits for a line before it goes on."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path

from kpictl.check import checked
from kpictl.engine import open_engine
from kpictl.pipeline import Request, Started, run


def main(url: str, folder: Path, as_of: date, step: str) -> None:
    catalog = checked(folder / "project")
    engine = open_engine(url, folder)
    for event in run(catalog, engine, Request(as_of, datetime(2025, 6, 1, tzinfo=UTC))):
        if event == Started(step):
            print(f"at {step}", flush=True)
            sys.stdin.readline()
    print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), date.fromisoformat(sys.argv[3]), sys.argv[4])
