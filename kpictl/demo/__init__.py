"""The simulated winery and its two APIs: a stranger to the rest of kpictl, it speaks HTTP."""

from kpictl.demo.server import Address, serve
from kpictl.demo.world import World, simulate

__all__ = ["Address", "World", "serve", "simulate"]
