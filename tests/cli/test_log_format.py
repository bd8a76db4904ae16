"""`--log-format json`: each event is a line of JSON on stderr; and what the same events say to people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from kpictl import pipeline
from kpictl.cli.json_lines import JsonLines
from kpictl.cli.said import Said, said
from kpictl.diagnostics import WorldError
from kpictl.pipeline.events import (
    Event,
    Finished,
    Progressed,
    Published,
    Refreshed,
    Restated,
    Stale,
    Started,
    Waiting,
    Warned,
)
from tests.cli.conftest import Kpictl, Result

JSON = ("--log-format", "json")
LEFT = "nothing was published, the tables of the last run stay"


def lines(result: Result) -> list[dict[str, Any]]:
    """The lines of a log; nothing else was printed, and each says when."""
    assert result.out == ""
    found = [json.loads(line) for line in result.err.splitlines()]
    for each in found:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", each.pop("time"))
    return found


def the_line(result: Result) -> dict[str, Any]:
    (found,) = lines(result)
    return found


def test_a_run_is_a_line_for_each_event(published: Path, kpictl: Kpictl) -> None:
    ran = kpictl("run", "--as-of", "2025-03-11", *JSON, columns=80)
    assert ran.code == 0
    found = lines(ran)
    assert {each["event"] for each in found} == {"began", "started", "finished", "published"}
    assert {each["level"] for each in found} == {"info"}
    steps = [each["step"] for each in found if each["event"] == "finished"]
    assert steps[0] == "models"
    assert steps[-1] == "dashboard"
    assert (found[-1]["event"], found[-1]["as_of"], found[-1]["kpis"]) == ("published", "2025-03-11", 6)


def test_the_environment_can_ask_for_it(files: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPICTL_LOG_FORMAT", "json")
    assert the_line(kpictl("sync"))["message"] == "the project has no connectors"
    assert kpictl("sync", "--log-format", "text").err.startswith("error: the project has no connectors\n")


def test_a_format_that_there_is_not(files: Path, kpictl: Kpictl) -> None:
    assert kpictl("run", "--log-format", "xml").code == 2


def test_a_warning_has_its_level(published: Path, kpictl: Kpictl) -> None:
    path = published / "kpis/shop.yml"
    path.write_text(path.read_text().replace("amount > 0", "amount > 100", 1))
    found = lines(kpictl("run", "--as-of", "2025-03-10", *JSON))
    (warned,) = [each for each in found if each["event"] == "warned"]
    assert warned["level"] == "warning"
    assert warned["message"].startswith("source sales: a sale of nothing: 2 rows")


def test_each_kind_of_event(files: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Event] = [
        Started("sync"),
        Progressed("shop.order", "500 rows"),
        Waiting("shop.order", "status 429", 2.0),
        Finished("shop.order", 1200, 1.23456, "raw_shop_order"),
        Warned("something", "look"),
        Restated(3, 2),
        Stale(2, date(2025, 3, 1), date(2025, 3, 2)),
        Published(date(2025, 3, 10), 6, 1855, 2.0, "20250311T030000-ab12"),
    ]
    monkeypatch.setattr(pipeline, "run", lambda *_: iter(told))
    assert lines(kpictl("run", "--as-of", "2025-03-10", *JSON)) == [
        {"level": "info", "event": "started", "step": "sync"},
        {"level": "info", "event": "waiting", "step": "shop.order", "reason": "status 429", "seconds": 2.0},
        {"level": "info", "event": "finished", "step": "shop.order", "rows": 1200, "seconds": 1.235,
         "detail": "raw_shop_order"},
        {"level": "warning", "event": "warned", "message": "something", "help": "look"},
        {"level": "info", "event": "restated", "numbers": 3, "as_of_dates": 2},
        {"level": "info", "event": "stale", "as_of_dates": 2, "first": "2025-03-01", "last": "2025-03-02",
         "by_definition": False},
        {"level": "info", "event": "published", "as_of": "2025-03-10", "kpis": 6, "facts_written": 1855,
         "seconds": 2.0, "run_id": "20250311T030000-ab12", "as_of_dates": 1},
    ]  # fmt: skip


def test_an_event_of_a_new_kind_is_told_by_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    @dataclass(frozen=True, slots=True)
    class Foreseen:
        days: tuple[date, ...]

    JsonLines().tell(cast("Event", Foreseen((date(2025, 3, 1),))))
    found = json.loads(capsys.readouterr().err)
    assert (found["event"], found["level"], found["days"]) == ("foreseen", "info", ["2025-03-01"])


def test_a_failure_is_one_line(files: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> Iterator[Started]:
        yield Started("tock")
        raise WorldError("the API is away", help="try later", code="KPI503")

    monkeypatch.setattr(pipeline, "run", failing)
    ran = kpictl("run", "--as-of", "2025-03-11", *JSON)
    assert ran.code == 3
    assert lines(ran)[1:] == [
        {"level": "error", "event": "failed", "message": "the API is away", "help": "try later", "code": "KPI503",
         "exit_code": 3, "step": "tock", "left": LEFT, "diagnostics": []}
    ]  # fmt: skip


def test_errors_of_the_files_have_their_places(files: Path, kpictl: Kpictl) -> None:
    path = files / "kpictl.yml"
    path.write_text(path.read_text().replace("timezone: UTC", "timezone: Mars"))
    ran = kpictl("run", *JSON)
    assert ran.code == 1
    failed = the_line(ran)
    assert (failed["event"], failed["exit_code"], failed["step"]) == ("failed", 1, "start")
    (found,) = failed["diagnostics"]
    assert (found["file"], found["line"], found["column"], found["severity"]) == ("kpictl.yml", 2, 11, "error")
    assert "`Mars`" in found["message"]


def test_a_wrong_use_is_one_line_too(files: Path, kpictl: Kpictl) -> None:
    ran = kpictl("run", "--as-of", "2027-12-31", *JSON)
    assert (ran.code, the_line(ran)["message"]) == (2, "the as-of date 2027-12-31 has not come yet")


def test_a_bug_and_an_interrupt_are_one_line_too(files: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    def ending(error: BaseException) -> Result:
        def run(*_: object) -> Iterator[Event]:
            yield from ()
            raise error

        monkeypatch.setattr(pipeline, "run", run)
        return kpictl("run", "--as-of", "2025-03-11", *JSON)

    monkeypatch.delenv("KPICTL_DEBUG", raising=False)
    broken = ending(ValueError("the roof\nis on fire"))
    assert broken.code == 70
    assert the_line(broken)["message"].endswith(": ValueError: the roof")
    interrupted = ending(KeyboardInterrupt())
    assert (interrupted.code, the_line(interrupted)["message"]) == (130, "interrupted")


@pytest.mark.parametrize(
    ("event", "word", "message", "advice"),
    [
        (Warned("it is odd", "look"), "warning", "it is odd", "look"),
        (Restated(1, 1), "restated", "1 number of 1 as-of date; kpi_restatement keeps the old ones", None),
        (Restated(1200, 3), "restated", "1,200 numbers of 3 as-of dates; kpi_restatement keeps the old ones", None),
        (
            Stale(1, date(2025, 3, 1), date(2025, 3, 1)),
            "late data",
            "1 earlier as-of date, 2025-03-01, was reported without it",
            "kpictl run --backfill 2025-03-01:2025-03-01",
        ),
        (
            Stale(2, date(2025, 3, 1), date(2025, 3, 9)),
            "late data",
            "2 earlier as-of dates, 2025-03-01 to 2025-03-09, were reported without it",
            "kpictl run --backfill 2025-03-01:2025-03-09",
        ),
        (
            Published(date(2025, 3, 1), 1, 1, 0.04),
            "Finished",
            "1 KPI as of 2025-03-01, 1 fact written, in 0.0 s.",
            None,
        ),
        (
            Published(date(2025, 3, 9), 2, 30, 0.04, as_of_dates=9),
            "Finished",
            "2 KPIs at 9 as-of dates until 2025-03-09, 30 facts written, in 0.0 s.",
            None,
        ),
        (Refreshed(2, 1200, 3.0), "Synced", "2 streams, 1,200 rows, in 3.0 s.", None),
    ],
)
def test_what_people_read(event: Event, word: str, message: str, advice: str | None) -> None:
    words = said(event)
    assert isinstance(words, Said)
    assert (words.word, words.message, words.help) == (word, message, advice)
