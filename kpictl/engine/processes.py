"""Whose a process of this machine is, and since when it has been running, as far as the machine tells."""

from __future__ import annotations

import os
import pwd
from datetime import UTC, datetime
from pathlib import Path

_START = 19
"""Where the start stands after the name, in ticks since the machine's own: proc_pid_stat(5)."""


def started_at(process: int) -> datetime | None:
    """When a process began; None where it has gone, or the system has no /proc."""
    try:
        ticks = int(_after_name(Path(f"/proc/{process}/stat").read_text()).split()[_START])
        lines = Path("/proc/stat").read_text().splitlines()
        booted = next(int(line.split()[1]) for line in lines if line.startswith("btime "))
    except (OSError, ValueError, IndexError, StopIteration):
        return None
    return datetime.fromtimestamp(booted + ticks / os.sysconf("SC_CLK_TCK"), UTC)


def user_of(process: int) -> str | None:
    """Who runs a process; None where that cannot be known."""
    try:
        return pwd.getpwuid(Path(f"/proc/{process}").stat().st_uid).pw_name
    except (OSError, KeyError):
        return None


def _after_name(stat: str) -> str:
    """What follows the name, which stands in parentheses and may hold any character."""
    return stat.rpartition(")")[2]
