"""A shop that tells a webhook of its runs: a real server on this machine hears it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.connect.web import Web

VARIABLE = "SHOP_WEBHOOK"
PATH = "/services/T0/B0/open-sesame"
KEYS = f'notify: {{webhook: "${{{VARIABLE}}}"}}\n'


def notify(folder: Path, keys: str = KEYS) -> None:
    """Adds the keys to the project's file."""
    path = folder / "kpictl.yml"
    path.write_text(path.read_text() + keys)


def texts(web: Web) -> list[str]:
    """What the webhook was told, as Slack shows it."""
    assert {call.path for call in web.calls} <= {PATH}
    bodies = [json.loads(call.body)["text"] for call in web.calls]
    return [body.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") for body in bodies]


def the_text(web: Web) -> str:
    """The one text that it was told."""
    (text,) = texts(web)
    return text
