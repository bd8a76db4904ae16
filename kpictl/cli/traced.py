"""Spans of a command for OpenTelemetry, where its packages are installed and its own variables ask for them."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from kpictl import __version__
from kpictl.cli.failure import Failure
from kpictl.cli.job import Job
from kpictl.pipeline.events import Event, Finished, Published, Refreshed, Started, Warned

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
SERVICE = "kpictl"
UNDELIVERED = Warned(
    "the spans of OpenTelemetry were not delivered", "look at the variables OTEL_EXPORTER_OTLP_…, and the collector"
)


def tracing(job: Job) -> Trace | Warned | None:
    """The spans of a command; None where nobody has asked for them, and then nothing is imported.

    They are asked for by an endpoint, or by a program that has set OpenTelemetry up before: `opentelemetry-instrument`.
    """
    try:
        if _is_set_up():
            return Trace(job, None)
        is_asked = any(os.environ.get(name) for name in ENDPOINTS)
        return Trace(job, _provider()) if is_asked and os.environ.get("OTEL_TRACES_EXPORTER") != "none" else None
    except ModuleNotFoundError:
        return None
    except Exception:  # noqa: BLE001 -- whatever its variables are set to, a run goes on
        return UNDELIVERED


def _is_set_up() -> bool:
    """Whether there is a provider already; only where its module is loaded can there be one."""
    if "opentelemetry.trace" not in sys.modules:
        return False
    from opentelemetry import trace

    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def _provider() -> TracerProvider:
    """Spans go by OTLP over HTTP to where the OTEL_* variables say."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name = os.environ.get("OTEL_SERVICE_NAME") or SERVICE
    provider = TracerProvider(resource=Resource.create({"service.name": name, "service.version": __version__}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


class _Complaints(logging.Handler):
    """Counts what OpenTelemetry says went wrong; its own lines would stand among those of the log."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += record.levelno >= logging.ERROR


class Trace:
    """One span for the command, one below it for each step and each stream of a connector that has finished."""

    def __init__(self, job: Job, provider: TracerProvider | None) -> None:
        from opentelemetry import trace

        self._job = job
        self._provider = provider
        self._complaints = _Complaints()
        if provider is not None:
            logging.getLogger("opentelemetry").addHandler(self._complaints)
        found = provider or trace.get_tracer_provider()
        self._tracer: Tracer = found.get_tracer(SERVICE, __version__)
        self._whole: Span = self._tracer.start_span(f"kpictl {job.command}")
        self._within = trace.set_span_in_context(self._whole)
        self._step_began_at = time.time_ns()

    def tell(self, event: Event) -> None:
        match event:
            case Started():
                self._step_began_at = time.time_ns()
            case Finished():
                began = time.time_ns() - round(event.seconds * 1e9)
                said = {"step": event.step, "rows": event.rows, "detail": event.detail, "status": "ok"}
                self._step(event.step, began, said).end()
                self._step_began_at = time.time_ns()
            case Warned():
                self._whole.add_event("warning", {"message": event.message})
            case Published() | Refreshed():
                self._whole.set_attributes(_attributes(asdict(event)))
            case _:
                pass

    def fail(self, failure: Failure) -> Warned | None:
        from opentelemetry.trace import Status, StatusCode

        status = Status(StatusCode.ERROR, failure.message)
        if self._job.is_under_way:
            span = self._step(self._job.step, self._step_began_at, {"step": self._job.step, "status": "failed"})
            span.set_status(status)
            span.end()
        self._whole.set_status(status)
        self._whole.set_attributes({"error.type": failure.kind})
        return self._end("failed", failure.exit_code)

    def succeed(self) -> Warned | None:
        return self._end("ok", 0)

    def _step(self, name: str, began_at: int, said: Mapping[str, object]) -> Span:
        return self._tracer.start_span(name, self._within, attributes=_attributes(said), start_time=began_at)

    def _end(self, status: str, exit_code: int) -> Warned | None:
        job = self._job
        known = {"environment": job.environment, "as_of": job.as_of, "run_id": job.run_id}
        if job.catalog is not None:
            known["project"] = job.catalog.project.name
        self._whole.set_attributes(_attributes({**known, "status": status, "exit_code": exit_code}))
        self._whole.end()
        if self._provider is None:
            return None
        self._provider.shutdown()  # sends what is left
        logging.getLogger("opentelemetry").removeHandler(self._complaints)
        return UNDELIVERED if self._complaints.count else None


def _attributes(known: Mapping[str, object]) -> dict[str, str | int | float]:
    """Attributes with kpictl's prefix, without those that are not known; a day as text."""
    return {
        f"kpictl.{name}": value if isinstance(value, int | float) else str(value)
        for name, value in known.items()
        if value is not None and value != ""
    }
