"""The three failures that most first runs meet: the same words on the terminal, in the log and by the webhook."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from socket import gethostname

import pytest

from tests.cli.conftest import Kpictl
from tests.cli.notified import notify, the_text
from tests.connect.web import Web

LEFT = "nothing was published, the tables of the last run stay"


@dataclass(frozen=True, slots=True)
class Told:
    """What a run said on stderr, in the last line of its log, and by the webhook between its first line and its last.

    In the text the lines of steps are left out: what is told begins with `error`.
    """

    code: int
    text: str
    line: dict[str, object]
    heading: str
    webhook: str
    last: str


def sent_lines(webhook: Web) -> list[str]:
    """What the webhook got, but for the id that each run has of its own."""
    return re.sub(r", run \d{8}T\d{6}-[0-9a-f]{4}$", "", the_text(webhook)).splitlines()


def told(kpictl: Kpictl, webhook: Web, *options: str) -> Told:
    text = kpictl("run", "--as-of", "2025-03-10", *options)
    sent = sent_lines(webhook)
    webhook.calls.clear()
    log = kpictl("run", "--as-of", "2025-03-10", *options, "--log-format", "json")
    assert (text.out, log.out, log.code) == ("", "", text.code)
    assert sent_lines(webhook) == sent
    line = json.loads(log.err.splitlines()[-1])
    assert (line["level"], line["event"], line["exit_code"], line["left"]) == ("error", "failed", text.code, LEFT)
    shown = text.err[text.err.index("error") :]
    return Told(text.code, shown, line, sent[0], "\n".join(sent[1:-1]) + "\n", sent[-1])


def test_a_missing_relation(published: Path, webhook: Web, kpictl: Kpictl) -> None:
    notify(published)
    model = published / "kpis/models/fct_sale.sql"
    model.write_text(model.read_text().replace("raw.sale", "shopify.orders"))
    found = told(kpictl, webhook)
    assert found.code == 1
    assert found.text == (
        "error[KPI402]: there is no table `shopify.orders`\n"
        " --> kpis/models/fct_sale.sql:2:38\n"
        "  |\n"
        "2 | select sold_on, amount, channel from shopify.orders\n"
        "  |                                      ^^^^^^^^^^^^^^\n"
        "  |\n"
        "  = help: make it, or add a model of this name\n"
        "\n"
        "error: 1 error in kpis/models/fct_sale.sql\n"
        f"  {LEFT}\n"
    )
    assert found.line["message"] == "the catalog has errors"
    assert found.line["diagnostics"] == [
        {
            "code": "KPI402",
            "severity": "error",
            "message": "there is no table `shopify.orders`",
            "help": "make it, or add a model of this name",
            "file": "kpis/models/fct_sale.sql",
            "line": 2,
            "column": 38,
        }
    ]
    assert found.heading == "kpictl run failed: shop, local, as of 2025-03-10"
    assert found.webhook == (
        "error[KPI402]: there is no table `shopify.orders`\n"
        "  --> kpis/models/fct_sale.sql:2:38\n"
        "  help: make it, or add a model of this name\n"
        f"{LEFT}\n"
    )
    assert found.last == f"exit code 1 (the project's files have errors), on {gethostname()}"


def test_a_missing_driver(files: Path, webhook: Web, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    notify(files)
    monkeypatch.setenv("DATABASE_URL", "postgresql://me@127.0.0.1:1/shop")
    monkeypatch.setitem(sys.modules, "psycopg2", None)  # what an import finds where it is not installed
    found = told(kpictl, webhook, "--env", "production")
    message = "the Python package `psycopg2` is not installed"
    advice = "install kpictl again, with all that it needs: pip install --force-reinstall kpictl"
    assert found.code == 3
    assert found.text == f"error: {message}\n  help: {advice}\n"
    assert (found.line["message"], found.line["help"], found.line["code"]) == (message, advice, None)
    assert found.heading == "kpictl run failed: shop, production, as of 2025-03-10"
    assert found.webhook == f"error: {message}\n  help: {advice}\n{LEFT}\n"
    assert found.last == f"exit code 3 (a database or an API failed), on {gethostname()}"


def test_a_package_that_a_connector_needs(files: Path, webhook: Web, kpictl: Kpictl) -> None:
    notify(files)
    notify(files, "connectors:\n  till: {}\n")
    (files / "connectors").mkdir()
    (files / "connectors/till.py").write_text("from nowhere_at_all.api import Session\n")
    found = told(kpictl, webhook)
    message = "connector till: connectors/till.py needs the Python package `nowhere_at_all`, which is not installed"
    advice = "install it where kpictl is, say by `pip install nowhere_at_all`, or correct the import"
    assert found.code == 3
    assert found.text == f"error[KPI508]: {message}\n  help: {advice}\n  more: kpictl explain KPI508\n"
    assert (found.line["message"], found.line["help"], found.line["code"]) == (message, advice, "KPI508")
    assert found.webhook == (f"error[KPI508]: {message}\n  help: {advice}\n  more: kpictl explain KPI508\n{LEFT}\n")


def test_a_duplicate_key(published: Path, webhook: Web, kpictl: Kpictl) -> None:
    notify(published)
    path = published / "kpis/shop.yml"
    path.write_text(path.read_text().replace("time: sold_on", "time: sold_on\n    key: channel"))
    found = told(kpictl, webhook)
    message = "source sales: channel is not unique: till (3 rows), web (2 rows)"
    advice = (
        "a row that stands twice counts twice: correct the rows, leave them out by a `where`, or name another `key`; "
        "nothing was published"
    )
    assert found.code == 5
    assert found.text == f"error: {message}\n  help: {advice}\n"
    assert (found.line["message"], found.line["help"], found.line["code"]) == (message, advice, None)
    assert found.webhook == f"error: {message}\n  help: {advice}\n"
    assert found.last.startswith(f"exit code 5 (a check stopped the publishing), on {gethostname()}")
