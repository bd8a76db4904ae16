"""OpenTelemetry: a span for a command and for each of its steps, sent to a real endpoint on this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from kpictl import pipeline
from kpictl.diagnostics import WorldError
from kpictl.pipeline.events import Event, Finished, Published, Started, Warned
from tests.cli.conftest import Kpictl
from tests.cli.shop import AS_OF
from tests.connect.web import Answer, Web, serving

RUN = ("run", "--as-of", "2025-03-10")
PUBLISHED = Published(AS_OF, 6, 1855, 2.0, "20250311T030000-ab12")


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with serving() as web:
        web.answer = lambda _: Answer(headers={"Content-Type": "application/x-protobuf"})
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", web.url)
        yield web


def runs(monkeypatch: pytest.MonkeyPatch, *events: Event, error: Exception | None = None) -> None:
    def run(*_: object) -> Iterator[Event]:
        yield from events
        if error is not None:
            raise error

    monkeypatch.setattr(pipeline, "run", run)


def spans(web: Web) -> dict[str, Span]:
    found: dict[str, Span] = {}
    for call in web.calls:
        assert call.path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(call.body).resource_spans:
            assert attributes(resource.resource.attributes)["service.name"] == "kpictl"
            found |= {span.name: span for scope in resource.scope_spans for span in scope.spans}
    return found


def attributes(of: object) -> dict[str, object]:
    found: dict[str, object] = {}
    for each in of:  # type: ignore[attr-defined] # a list of protobuf's own kind
        assert isinstance(each, KeyValue)
        found[each.key] = getattr(each.value, each.value.WhichOneof("value") or "string_value")
    return found


def test_a_span_for_the_run_and_one_for_each_step(
    files: Path, collector: Web, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = (Started("sync"), Finished("tock.guest", 7, 1.5, "raw_tock_guest"), Warned("it is odd"), PUBLISHED)
    runs(monkeypatch, *told)
    ran = kpictl(*RUN)
    assert (ran.code, ran.err.count("\n")) == (0, 3)
    found = spans(collector)
    assert set(found) == {"kpictl run", "tock.guest"}
    whole, step = found["kpictl run"], found["tock.guest"]
    assert (step.trace_id, step.parent_span_id) == (whole.trace_id, whole.span_id)
    assert attributes(step.attributes) == {
        "kpictl.step": "tock.guest",
        "kpictl.rows": 7,
        "kpictl.detail": "raw_tock_guest",
        "kpictl.status": "ok",
    }
    assert (step.end_time_unix_nano - step.start_time_unix_nano) / 1e9 == pytest.approx(1.5, abs=0.1)
    assert attributes(whole.attributes) == {
        "kpictl.project": "shop",
        "kpictl.environment": "local",
        "kpictl.as_of": "2025-03-10",
        "kpictl.run_id": "20250311T030000-ab12",
        "kpictl.kpis": 6,
        "kpictl.facts_written": 1855,
        "kpictl.as_of_dates": 1,
        "kpictl.seconds": 2.0,
        "kpictl.status": "ok",
        "kpictl.exit_code": 0,
    }
    assert [attributes(event.attributes) for event in whole.events] == [{"message": "it is odd"}]


def test_a_failure_stands_in_the_spans(
    files: Path, collector: Web, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs(monkeypatch, Started("facts"), error=WorldError("the disk is full"))
    assert kpictl(*RUN).code == 3
    found = spans(collector)
    assert set(found) == {"kpictl run", "facts"}
    for span in found.values():
        assert (span.status.code, span.status.message) == (Status.STATUS_CODE_ERROR, "the disk is full")
        assert attributes(span.attributes)["kpictl.status"] == "failed"
    assert attributes(found["kpictl run"].attributes)["kpictl.exit_code"] == 3


def test_a_collector_that_refuses_is_one_warning(
    files: Path, collector: Web, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector.answer = lambda _: Answer(status=400)
    runs(monkeypatch, PUBLISHED)
    ran = kpictl(*RUN)
    assert ran.code == 0
    assert ran.err == (
        "Finished: 6 KPIs as of 2025-03-10, 1,855 facts written, in 2.0 s.\n"
        "warning: the spans of OpenTelemetry were not delivered\n"
        "  help: look at the variables OTEL_EXPORTER_OTLP_…, and the collector\n"
    )


def test_a_provider_that_is_there_is_used(files: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `opentelemetry-instrument` sets it up."""
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    runs(monkeypatch, Finished("facts", 1855, 0.2), PUBLISHED)
    assert kpictl(*RUN).code == 0
    assert {span.name for span in kept.get_finished_spans()} == {"kpictl run", "facts"}


@pytest.fixture
def unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process as it is before OpenTelemetry is imported."""
    for name in loaded():
        monkeypatch.delitem(sys.modules, name)


def loaded() -> list[str]:
    return [name for name in sys.modules if name.partition(".")[0] == "opentelemetry"]


def test_without_its_packages_there_are_no_spans(
    files: Path, collector: Web, unloaded: None, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)  # what an import finds where it is not installed
    runs(monkeypatch, PUBLISHED)
    assert (kpictl(*RUN).code, collector.calls) == (0, [])


def test_nothing_is_imported_where_nobody_asks(
    files: Path, unloaded: None, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", raising=False)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    runs(monkeypatch, PUBLISHED)
    assert (kpictl(*RUN).code, loaded()) == (0, [])


def test_they_can_be_refused(files: Path, collector: Web, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    runs(monkeypatch, PUBLISHED)
    assert (kpictl(*RUN).code, collector.calls) == (0, [])
