"""The simulated winery and its two APIs: a stranger to the rest of kpictl, it speaks HTTP."""

from kpictl.demo.exchange import Request
from kpictl.demo.faults import Fault, Script, random_faults
from kpictl.demo.server import Address, serve
from kpictl.demo.stage import Seen, Stage, changed, skewed
from kpictl.demo.world import World, simulate

__all__ = [
    "Address",
    "Fault",
    "Request",
    "Script",
    "Seen",
    "Stage",
    "World",
    "changed",
    "random_faults",
    "serve",
    "simulate",
    "skewed",
]
