"""What a command tells while it works, and to whom: one voice on stderr, a webhook, spans."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from traceback import format_exception

import typer

from kpictl.cli.failure import BUG, INTERRUPTED, failure_of
from kpictl.cli.job import Job, Voice
from kpictl.cli.json_lines import JsonLines
from kpictl.cli.notified import Notice
from kpictl.cli.options import LogFormat
from kpictl.cli.outcome import write
from kpictl.cli.traced import tracing
from kpictl.pipeline.events import Warned

UNPUBLISHED = "nothing was published, the tables of the last run stay"
UNSYNCED = "what has landed stays, and the next sync goes on from there"


@contextmanager
def reported(command: str, log_format: LogFormat, left: str) -> Iterator[Job]:
    """A command's work: whatever ends it is told to all who listen, and becomes the exit code."""
    job = Job(command, left, _voice(log_format))
    trace = tracing(job)
    if isinstance(trace, Warned):
        job.voice.tell(trace)
    elif trace is not None:
        job.listeners.append(trace)
    job.listeners.append(Notice(job))
    try:
        yield job
    except (typer.Exit, typer.Abort, BrokenPipeError):
        raise
    except KeyboardInterrupt as error:
        _fail(job, error)
        raise
    except Exception as error:  # noqa: BLE001 -- a bug is told too
        raise typer.Exit(_fail(job, error)) from None
    for listener in job.listeners:
        _warn(job, listener.succeed)


def _voice(log_format: LogFormat) -> Voice:
    if log_format is LogFormat.JSON:
        return JsonLines()
    from kpictl.cli.progress import Lines  # of no use in a machine's log

    return Lines()


def _fail(job: Job, error: BaseException) -> int:
    failure = failure_of(error)
    if failure.exit_code == BUG and os.environ.get("KPICTL_DEBUG"):
        sys.stderr.write("".join(format_exception(error)))
    if isinstance(job.voice, JsonLines):
        job.voice.fail(failure, job.step, job.left)
    elif failure.exit_code == INTERRUPTED:
        if job.is_under_way:
            sys.stderr.write(f"interrupted at `{job.step}`: {job.left}\n")
    else:
        write(failure)
        left = job.what_is_left(failure)
        if job.is_under_way and left is not None:
            sys.stderr.write(f"  {left}\n")
    for listener in job.listeners:
        _warn(job, partial(listener.fail, failure))
    return failure.exit_code


def _warn(job: Job, end: Callable[[], Warned | None]) -> None:
    """Let a listener hear the end; whatever it meets is a warning, since the outcome stands."""
    try:
        warning = end()
    except Exception as error:  # noqa: BLE001 -- as above
        warning = Warned(f"not all who listen were told: {type(error).__name__}")
    if warning is not None:
        job.voice.tell(warning)
