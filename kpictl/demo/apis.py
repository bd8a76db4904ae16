"""The two APIs of whatever world is on stage."""

from dataclasses import dataclass, field, replace
from threading import Lock
from types import MappingProxyType

from kpictl.demo import commerce7, tock
from kpictl.demo.commerce7 import Commerce7
from kpictl.demo.limits import Limits
from kpictl.demo.reservations import BUSINESS_GROUP_ID, BUSINESS_ID
from kpictl.demo.rng import named_uuid
from kpictl.demo.stage import Stage
from kpictl.demo.tock import Tock
from kpictl.demo.world import World


@dataclass(slots=True)
class Apis:
    """Made anew for each world; credentials, cursors, limits and signed addresses outlive it."""

    stage: Stage
    shop: Commerce7
    book: Tock
    file_size: int
    _world: World
    _exports: int = 1
    _lock: Lock = field(default_factory=Lock)

    def current(self) -> tuple[Commerce7, Tock]:
        with self._lock:
            world = self.stage.world
            if world is not self._world:
                self._follow(world)
            return self.shop, self.book

    def _follow(self, world: World) -> None:
        self.shop = replace(self.shop, listings=commerce7.listings(world))
        before, self._world = self._world, world
        if world.reservations is before.reservations and world.guests is before.guests:
            return
        # As at Tock: an export is never changed, the next one lies elsewhere.
        self._exports += 1
        old = MappingProxyType({**self.book.old_files, **self.book.files})
        token = f"{_token(world)}-{self._exports}"
        self.book = replace(self.book, files=tock.files(world, token, self.file_size), old_files=old)


def opened(stage: Stage, page_size: int, file_size: int, limits: Limits | None) -> Apis:
    world = stage.world
    secret, key = named_uuid(world.seed, "app secret"), named_uuid(world.seed, "tock key")
    shop = Commerce7("example-app", secret, "example-estate", page_size, commerce7.listings(world), limits)
    book = Tock(key, BUSINESS_ID, BUSINESS_GROUP_ID, tock.files(world, _token(world), file_size))
    return Apis(stage, shop, book, file_size, world)


def _token(world: World) -> str:
    return f"{BUSINESS_GROUP_ID}-{BUSINESS_ID}-{world.last_day:%Y%m%d}"
