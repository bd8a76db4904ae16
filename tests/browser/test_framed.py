"""The recipe of a page in a wiki's frame: the file works in a sandbox, of which it learns nothing of the wiki's."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.worlds import World, shown

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

WIKI = Path(__file__).parents[2] / "docs/recipes/wiki.md"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing: the test says what it misses."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_the_file_works_in_the_recipes_frame(chromium: Browser, stores: World, tmp_path: Path) -> None:
    (frame,) = re.findall(r"```html\n(<iframe .*?</iframe>)\n```", WIKI.read_text(), flags=re.DOTALL)
    assert 'sandbox="allow-scripts"' in frame
    faults: list[str] = []
    with ExitStack() as stack:
        wiki, reports = stack.enter_context(served(tmp_path)), stack.enter_context(served(stores.folder))
        framed = unescape(frame).replace("https://reports.example.com/kpis.html", f"{reports}/page.html")
        head = '<!doctype html><html lang="en"><title>Wiki</title><link rel="icon" href="data:,">'
        (tmp_path / "wiki.html").write_text(f"{head}<h1>Our numbers</h1>{framed}</html>")
        context = stack.enter_context(chromium.new_context())
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith((wiki, reports, "data:")) else faults.append(asked.url),
        )
        page.goto(f"{wiki}/wiki.html")
        inside = page.frames[1]
        inside.wait_for_selector("h1")
        revenue = shown(stores.window("revenue", "wtd", "2025-10-06")["value"], 0)
        assert f"${revenue:,f}" in inside.inner_text("body")
        assert inside.evaluate("self.origin") == "null"
        with pytest.raises(Exception, match="sandboxed"):
            inside.evaluate("document.cookie")
        assert page.evaluate("document.body.scrollWidth") <= page.evaluate("innerWidth")
    assert faults == []
