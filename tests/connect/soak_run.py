"""One sync of the soak in a process of its own, which the test kills."""

from __future__ import annotations

import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

from kpictl.demo import Address
from kpictl.engine import RawTables, open_engine
from tests.connect.test_soak import STEPS, land


def main() -> None:
    url, folder, nth = sys.argv[1:]
    now, described = sys.stdin.read().splitlines()
    address: Address = eval(described, {"Address": Address})
    with closing(open_engine(url, Path(folder))) as engine:
        land(RawTables(engine), address, datetime.fromisoformat(now), STEPS[int(nth)][1])


if __name__ == "__main__":
    main()
