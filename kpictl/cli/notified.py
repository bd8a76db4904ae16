"""Tells a webhook how a run went: what failed, what that means, and what to do, in the words of the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from socket import gethostname
from typing import TYPE_CHECKING

from kpictl.cli.failure import BUG, INTERRUPTED, Failure, failure_of, lines
from kpictl.cli.job import Job
from kpictl.pipeline.events import Event, Warned

if TYPE_CHECKING:
    from kpictl.catalog import Catalog, Project

WARNINGS_TOLD = 10
MEANINGS = {
    1: "the project's files have errors",
    2: "the command line asks for what is not there",
    3: "a database or an API failed",
    4: "another run holds the lock",
    5: "a check stopped the publishing",
    70: "a bug in kpictl",
}


def webhook_address(catalog: Catalog) -> str | None:
    """The address that a run's end is told to; None where nobody is to be told.

    An unset variable is a CatalogError, what is no address a WorldError: neither is found out only when there is a
    failure to be told.
    """
    from kpictl.catalog import environment_variables, resolve
    from kpictl.connect.webhook import is_address
    from kpictl.diagnostics import CatalogError, Diagnostic, WorldError

    project = catalog.project
    if project.notify is None:
        return None
    variables = environment_variables(project.folder)
    name = project.notify.webhook
    try:
        address = resolve(name, variables, project.notify.places.at("webhook")).strip()
    except CatalogError as error:
        advice = f"set `{name[2:-1]}` to the webhook's address, or to nothing where nobody is to be told"
        found = tuple(Diagnostic(each.code, each.message, each.at, help=advice) for each in error.diagnostics)
        raise CatalogError(found) from None
    if address and not is_address(address):
        raise WorldError(
            f"`{name[2:-1]}`, the webhook of `notify`, holds no https:// address",
            help="set it to the address that Slack, or another of its kind, gave for an incoming webhook",
        )
    return address or None


class Notice:
    """What is sent when a run has ended: if it failed or has warned, or always if `on_success` says so."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def tell(self, event: Event) -> None:
        """What was said is the job's to keep."""

    def fail(self, failure: Failure) -> Warned | None:
        is_typed = failure.exit_code == 2 and sys.stderr.isatty()  # who mistypes something sees it
        if failure.exit_code == INTERRUPTED or is_typed:
            return None
        return self._send(failure)

    def succeed(self) -> Warned | None:
        return self._send(None)

    def _send(self, failure: Failure | None) -> Warned | None:
        if self._job.folder is None:
            return None
        from kpictl.catalog import load
        from kpictl.connect.redact import redact
        from kpictl.connect.webhook import post
        from kpictl.diagnostics import KpictlError

        catalog = self._job.catalog or load(self._job.folder)[0]
        if catalog is None or catalog.project.notify is None:
            return None
        warned = any(words.kind == "warning" for words in self._job.heard)
        if failure is None and not warned and not catalog.project.notify.on_success:
            return None
        try:
            address = webhook_address(catalog)
        except KpictlError as error:
            found = failure_of(error)
            if failure is not None and (found.message, found.diagnostics) == (failure.message, failure.diagnostics):
                return None  # just that is the failure
            told = found.diagnostics[0] if found.diagnostics else found
            return _untold(told.message, told.help)
        if address is None:
            return None
        text = message(self._job, catalog.project, failure)
        if failure is not None and failure.exit_code == BUG:
            text = redact(text, (address,))  # no other message has a secret; a bug's can quote anything
        reason = post(address, text, time.sleep)
        return None if reason is None else _untold(reason, f"look at `{catalog.project.notify.webhook[2:-1]}`")


def _untold(reason: str, advice: str | None) -> Warned:
    return Warned(f"the webhook was not told: {reason}", advice)


def message(job: Job, project: Project, failure: Failure | None) -> str:
    """The text that is sent; None as failure is a success."""
    return "\n".join(_message(job, project, failure))


def _message(job: Job, project: Project, failure: Failure | None) -> Iterator[str]:
    where = f"{project.name}, {job.environment or project.environment}"
    when = "" if job.as_of is None else f", as of {job.as_of}"
    warnings = [words for words in job.heard if words.kind == "warning"]
    counted = f"{len(warnings):,} {'warning' if len(warnings) == 1 else 'warnings'}"
    if failure is None:
        yield f"kpictl {job.command} finished{f' with {counted}' if warnings else ''}: {where}{when}"
    else:
        yield f"kpictl {job.command} failed: {where}{when}"
        yield from lines(failure, Path.cwd())
        if (left := job.what_is_left(failure)) is not None:
            yield left
    for words in warnings[:WARNINGS_TOLD]:
        yield from words.lines()
    if len(warnings) > WARNINGS_TOLD:
        yield f"and {len(warnings) - WARNINGS_TOLD:,} more: the run's log has them"
    for words in job.heard:
        if words.kind != "warning":
            yield from words.lines()
    code = 0 if failure is None else failure.exit_code
    meaning = "" if code not in MEANINGS else f" ({MEANINGS[code]})"
    run = "" if job.run_id is None else f", run {job.run_id}"
    yield f"exit code {code}{meaning}, on {gethostname()}{run}"
