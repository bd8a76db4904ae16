"""The log of a run for machines: each event is a line of JSON on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from json import dumps
from pathlib import Path

from kpictl.cli.failure import Failure
from kpictl.diagnostics import Diagnostic
from kpictl.diagnostics.render import relative
from kpictl.pipeline.events import Event, Progressed, Warned

SECONDS_DECIMALS = 3


class JsonLines:
    """A line for each event that does not only move a progress display; one that fails is one line too."""

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Nothing is shown while the run goes on."""
        yield

    def tell(self, event: Event) -> None:
        if not isinstance(event, Progressed):
            level = "warning" if isinstance(event, Warned) else "info"
            _write(level, type(event).__name__.lower(), asdict(event))

    def fail(self, failure: Failure, step: str, left: str) -> None:
        base = Path.cwd()
        fields = {
            "message": failure.message,
            "help": failure.help,
            "code": failure.code,
            "exit_code": failure.exit_code,
            "step": step,
            "left": left,
            "diagnostics": [_diagnostic(each, base) for each in failure.diagnostics],
        }
        _write("error", "failed", fields)


def _diagnostic(each: Diagnostic, base: Path) -> dict[str, object]:
    return {
        "code": each.code,
        "severity": each.severity.value,
        "message": each.message,
        "help": each.help,
        "file": relative(each.at.path, base),
        "line": each.at.line,
        "column": each.at.column,
    }


def _write(level: str, name: str, fields: Mapping[str, object]) -> None:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    told = {"time": now, "level": level, "event": name, **{key: _plain(value) for key, value in fields.items()}}
    sys.stderr.write(dumps(told, ensure_ascii=False, default=str) + "\n")
    sys.stderr.flush()


def _plain(value: object) -> object:
    return round(value, SECONDS_DECIMALS) if isinstance(value, float) else value
