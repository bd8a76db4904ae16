"""A process that has loaded everything and opened nothing: what is forked of it runs at once, and may be killed."""

from __future__ import annotations

import gc
import json
import os
import pickle
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Ended:
    """How a forked process ended: `signal` if it was killed, else its exit code and what it came to."""

    signal: int
    exit_code: int
    value: Any = None


@dataclass(frozen=True, slots=True)
class Fork:
    """A forked process; `pipe` is what it says at its end."""

    process_id: int
    pipe: int

    def kill(self) -> None:
        os.kill(self.process_id, signal.SIGKILL)

    def ended(self) -> Ended:
        """Wait for its end."""
        with os.fdopen(self.pipe, "rb") as pipe:
            said = pipe.read()
        _, status = os.waitpid(self.process_id, 0)
        value = pickle.loads(said) if said else None
        if os.WIFSIGNALED(status):
            return Ended(os.WTERMSIG(status), 0, value)
        return Ended(0, os.WEXITSTATUS(status), value)


def forked(work: Callable[[], Any]) -> Fork:
    """Let a new process do it; its exit code is 1 where it raises, or what SystemExit says."""
    reads, writes = os.pipe()
    gc.freeze()
    process_id = os.fork()
    if process_id:
        os.close(writes)
        return Fork(process_id, reads)
    os.close(reads)
    code = 1
    try:
        value = work()
        with os.fdopen(writes, "wb") as pipe:
            pickle.dump(value, pipe)
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001 -- a child that went on would be a second nursery
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def done(work: Callable[[], Any]) -> Any:
    """What a new process comes to."""
    ended = forked(work).ended()
    assert ended == Ended(0, 0, ended.value), f"a forked process ended badly: {ended}"
    return ended.value


def said_by(script: str, *arguments: object) -> list[Any]:
    """The lines of JSON that a script of this folder writes: a nursery, for a process with threads cannot be one."""
    here = Path(__file__).parent
    found = subprocess.run(
        [sys.executable, "-P", here / script, *map(str, arguments)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(here.parents[1])},
    )
    return [json.loads(line) for line in found.stdout.splitlines()]
