"""The console script's door."""

from __future__ import annotations

import gc

# A command builds many trees and ends soon: collecting them over and over took a fifth of `kpictl compile`
# (0.7 s with Python's threshold of 700, 0.55 s with this one; tests/bench, compile).
gc.set_threshold(100_000, 20, 20)

from kpictl.cli.main import main  # noqa: E402 -- the imports are a part of what is to be quick

if __name__ == "__main__":
    main()
