"""A run from end to end: joins the rooms below it, yields what happens, prints nothing."""

from kpictl.pipeline.dates import default_as_of
from kpictl.pipeline.events import Event, Finished, Published, Started, Warned
from kpictl.pipeline.inspect import inspect
from kpictl.pipeline.numbers import Numbers, Question, SideNumbers, WindowNumbers, numbers
from kpictl.pipeline.refresh import connectors
from kpictl.pipeline.run import Request, run
from kpictl.pipeline.tested import Got, Outcome, run_tests

__all__ = [
    "Event",
    "Finished",
    "Got",
    "Numbers",
    "Outcome",
    "Published",
    "Question",
    "Request",
    "SideNumbers",
    "Started",
    "Warned",
    "WindowNumbers",
    "connectors",
    "default_as_of",
    "inspect",
    "numbers",
    "run",
    "run_tests",
]
