"""One Chromium for all tests of pages; they run with `-m browser` alone, so that no other test needs a browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

from tests.browser.worlds import World, odd_world, stores_world, winery_world

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

Opened = Callable[..., "AbstractContextManager[Page]"]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Modules here import playwright, which is there with the extra `browser` only."""
    is_test = collection_path.name.startswith("test_")
    return True if is_test and config.getoption("markexpr") == "not browser" else None


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    program = next((found for found in map(shutil.which, NAMES) if found is not None), None)
    assert program is not None, f"there is none of {', '.join(NAMES)} on this machine; .ci/browser installs one"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Browser) -> Opened:
    """Opens a page of a file or of a server; it must ask nobody else for anything, and say nothing on the console."""

    @contextmanager
    def opening(where: Path | str, address: str = "#/", **how: Any) -> Iterator[Page]:
        url = where.as_uri() if isinstance(where, Path) else where
        allowed = ("file:", "data:") if isinstance(where, Path) else (url, "data:")
        faults: list[str] = []
        context = chromium.new_context(**{"viewport": {"width": 1440, "height": 900}, **how})
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(dialog.message))
        page.on("request", lambda asked: None if asked.url.startswith(allowed) else faults.append(asked.url))
        page.goto(f"{url}{address}")
        if how.get("java_script_enabled", True):
            page.wait_for_selector("h1")
        yield page
        context.close()
        assert faults == []

    return opening


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> World:
    return stores_world(tmp_path_factory.mktemp("stores"))


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> World:
    return odd_world(tmp_path_factory.mktemp("odd"))


@pytest.fixture(scope="session")
def winery_page(tmp_path_factory: pytest.TempPathFactory) -> World:
    return winery_world(tmp_path_factory.mktemp("winery"))
