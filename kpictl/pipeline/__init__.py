"""A run from end to end: joins the rooms below it, yields what happens, prints nothing."""

from kpictl.catalog import database_url, environment
from kpictl.check import checked, judge
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
    "checked",
    "connectors",
    "database_url",
    "default_as_of",
    "environment",
    "judge",
    "run",
]
