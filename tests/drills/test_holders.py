"""What a message says of who is in the way, whose it is, where, since when; and of a server that is too old."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kpictl.diagnostics import LockError, WorldError
from kpictl.engine import open_engine
from kpictl.engine.postgres import NAME_BYTES, _name, refuse_old
from kpictl.engine.processes import started_at, user_of

TICK = timedelta(seconds=1.5)
"""The machine's start is known to the second."""


def test_a_process_has_a_user_and_a_beginning() -> None:
    """Where the system tells, as Linux does."""
    before = datetime.now(UTC)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        began, user = started_at(child.pid), user_of(child.pid)
        after = datetime.now(UTC)
        child.kill()
    if Path("/proc/stat").exists():
        assert began is not None
        assert before - TICK <= began <= after + TICK
        assert user == pwd.getpwuid(os.geteuid()).pw_name
    else:
        assert (began, user) == (None, None)
    assert (started_at(child.pid), user_of(child.pid)) == (None, None)


@pytest.mark.parametrize("host", ["db-1", "a-machine-with-a-name-" * 5, "büro"])
def test_the_name_of_a_lock_is_cut_behind_the_process(host: str) -> None:
    name = _name(4_194_303, host)
    assert name.startswith(f"kpictl, process 4194303 on {host[:1]}")
    assert name.isascii()
    assert len(name) <= NAME_BYTES


@pytest.mark.xdist_group("drills postgres")
def test_another_role_is_named_without_what_it_may_hide(postgres_url: str) -> None:
    """Since when a session of another role is there, only some roles may see."""
    holder, other = open_engine(postgres_url, Path()), open_engine(postgres_url, Path())
    role = f"blind_{os.getpid()}"
    with other.transaction():
        other.execute(f"CREATE ROLE {role}")
    try:
        with holder.lock("kpi"):
            with pytest.raises(LockError, match=r", as postgres, since \d{4}-"), other.lock("kpi"):
                pass
            with other.transaction():
                other.execute(f"SET LOCAL ROLE {role}")
                said = other.lock_holder("kpi")
            assert said is not None
            assert f"process {os.getpid()} on " in said
            assert said.endswith(", as postgres")
    finally:
        with other.transaction():
            other.execute(f"DROP ROLE {role}")
        other.close()
        holder.close()


def test_an_old_server_is_refused() -> None:
    """The numbers are those of the server's `server_version_num`."""
    for number, version in ((130_022, "13.22"), (90_624, "9.6")):
        with pytest.raises(WorldError, match=rf"^PostgreSQL {version} is too old$"):
            refuse_old(number)
    refuse_old(140_000)
    refuse_old(180_001)
