"""A run from end to end: joins the rooms below it, yields what happens, prints nothing."""

from kpictl.pipeline.dates import default_as_of
from kpictl.pipeline.events import (
    Began,
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
from kpictl.pipeline.inspect import inspect
from kpictl.pipeline.numbers import Numbers, Question, SideNumbers, WindowNumbers, numbers
from kpictl.pipeline.refresh import connectors, select, sync_alone
from kpictl.pipeline.request import Request
from kpictl.pipeline.run import run
from kpictl.pipeline.tested import Got, Outcome, run_tests

__all__ = [
    "Began",
    "Event",
    "Finished",
    "Got",
    "Numbers",
    "Outcome",
    "Progressed",
    "Published",
    "Question",
    "Refreshed",
    "Request",
    "Restated",
    "SideNumbers",
    "Stale",
    "Started",
    "Waiting",
    "Warned",
    "WindowNumbers",
    "connectors",
    "default_as_of",
    "inspect",
    "numbers",
    "run",
    "run_tests",
    "select",
    "sync_alone",
]
