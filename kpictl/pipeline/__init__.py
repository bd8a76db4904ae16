"""A run from end to end: joins the rooms below it, yields what happens, prints nothing."""

from kpictl.pipeline.dates import default_as_of
from kpictl.pipeline.events import Event, Finished, Published, Started, Warned
from kpictl.pipeline.refresh import connectors
from kpictl.pipeline.run import Request, run

__all__ = [
    "Event",
    "Finished",
    "Published",
    "Request",
    "Started",
    "Warned",
    "connectors",
    "default_as_of",
    "run",
]
