"""The HTML file: a frame, the style, the script, and the documents where they are to be carried along."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files

from kpictl.report.page.document import Document
from kpictl.report.page.noscript import fallback
from kpictl.report.page.whole import Embedded

_SCRIPTS = ("dom.js", "choice.js", "chart.js", "pieces.js", "board.js", "kpi.js", "page.js")
_MARK = re.compile(r"\{\{(\w+)\}\}")
# What could end a script element, or a line of JavaScript, within JSON.
_UNSAFE = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def page(head: Document, documents: Embedded | None = None) -> str:
    """The page as one HTML text; without documents it is a live one, which fetches them from beside itself."""
    carried = None if documents is None else {"boards": documents.boards, "kpis": documents.kpis}
    return _filled(
        _read("page.html"),
        {
            "policy": escape(content_security_policy(live=documents is None)),
            "title": escape(head["project"]),
            "style": _style(),
            "script": _script(),
            "head": _json(head),
            "documents": _json(carried),
            "fallback": fallback(head, None if documents is None else documents.default_board),
        },
    )


def content_security_policy(*, live: bool) -> str:
    """Nothing but this very style and script; a live page may fetch from where it came from."""
    connect = "'self'" if live else "'none'"
    return (
        f"default-src 'none'; style-src '{_digest(_style())}'; script-src '{_digest(_script())}'; "
        f"connect-src {connect}; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _json(document: Document | None) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(_UNSAFE)


def _filled(frame: str, parts: Mapping[str, str]) -> str:
    """In one pass: what is filled in is not looked at again."""
    return _MARK.sub(lambda mark: parts[mark[1]], frame)


def _style() -> str:
    return _read("page.css")


@cache
def _script() -> str:
    """The script's files, one after another, in a scope of their own."""
    return "\n".join(["'use strict';", "{", *(_read(name) for name in _SCRIPTS), "}", ""])


@cache
def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
