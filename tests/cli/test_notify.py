"""`notify`: a webhook is told of runs that fail or warn; what becomes of that changes no exit code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from socket import gethostname

import pytest

from kpictl import pipeline
from kpictl.cli import notified
from kpictl.diagnostics import LockError, WorldError
from kpictl.pipeline.events import Event, Finished, Published, Started, Warned
from tests.cli.conftest import Kpictl
from tests.cli.notified import KEYS, VARIABLE, notify, texts, the_text
from tests.cli.shop import AS_OF
from tests.connect.web import Answer, Web

RUN = ("run", "--as-of", "2025-03-10")
LEFT = "nothing was published, the tables of the last run stay"
PUBLISHED = Published(AS_OF, 6, 1855, 2.0, "20250311T030000-ab12")


def runs(monkeypatch: pytest.MonkeyPatch, *events: Event, error: BaseException | None = None) -> None:
    """Let a run say this, and then fail."""

    def run(*_: object) -> Iterator[Event]:
        yield from events
        if error is not None:
            raise error

    monkeypatch.setattr(pipeline, "run", run)


@pytest.fixture
def shop(files: Path) -> Path:
    notify(files)
    return files


def test_a_run_that_fails_is_told(shop: Path, webhook: Web, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    runs(monkeypatch, Started("tock"), error=WorldError("the API is <away>", help="try later", code="KPI503"))
    ran = kpictl(*RUN)
    assert ran.code == 3
    assert the_text(webhook) == (
        "kpictl run failed: shop, local, as of 2025-03-10\n"
        "error[KPI503]: the API is <away>\n"
        "  help: try later\n"
        "  more: kpictl explain KPI503\n"
        f"stopped at `tock`: {LEFT}\n"
        f"exit code 3 (a database or an API failed), on {gethostname()}"
    )
    assert "error[KPI503]: the API is <away>\n  help: try later\n" in ran.err


def test_a_run_that_warns_is_told(shop: Path, webhook: Web, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    runs(monkeypatch, Warned("it is odd", "look"), Finished("facts", 1, 0.1), Warned("it is odder"), PUBLISHED)
    assert kpictl(*RUN, "--env", "local").code == 0
    assert the_text(webhook) == (
        "kpictl run finished with 2 warnings: shop, local, as of 2025-03-10\n"
        "warning: it is odd\n"
        "  help: look\n"
        "warning: it is odder\n"
        "Finished: 6 KPIs as of 2025-03-10, 1,855 facts written, in 2.0 s.\n"
        f"exit code 0, on {gethostname()}, run 20250311T030000-ab12"
    )


def test_many_warnings_are_counted(shop: Path, webhook: Web, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    runs(monkeypatch, *(Warned(f"odd {number}") for number in range(1, 13)), PUBLISHED)
    assert kpictl(*RUN).code == 0
    text = the_text(webhook)
    assert "with 12 warnings" in text
    assert "warning: odd 10\nand 2 more: the run's log has them\nFinished: " in text


def test_a_run_without_warnings_is_told_where_that_is_wanted(
    files: Path, webhook: Web, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs(monkeypatch, PUBLISHED)
    before = (files / "kpictl.yml").read_text()
    notify(files)
    assert (kpictl(*RUN).code, texts(webhook)) == (0, [])
    (files / "kpictl.yml").write_text(before)
    notify(files, KEYS.replace("}\n", ", on_success: true}\n"))
    assert kpictl(*RUN).code == 0
    assert the_text(webhook) == (
        "kpictl run finished: shop, local, as of 2025-03-10\n"
        "Finished: 6 KPIs as of 2025-03-10, 1,855 facts written, in 2.0 s.\n"
        f"exit code 0, on {gethostname()}, run 20250311T030000-ab12"
    )


def test_errors_of_the_files_are_told(shop: Path, webhook: Web, kpictl: Kpictl) -> None:
    path = shop / "kpictl.yml"
    path.write_text(path.read_text().replace("timezone: UTC", "timezone: Mars"))
    assert kpictl("run").code == 1
    text = the_text(webhook)
    first, second, place, *_, left, last = text.splitlines()
    assert first == "kpictl run failed: shop, local"
    assert re.fullmatch(r"error\[KPI\d{3}\]: .*`Mars`.*", second)
    assert place == "  --> kpictl.yml:2:11"
    assert (left, last) == (LEFT, f"exit code 1 (the project's files have errors), on {gethostname()}")


def test_no_connection_is_told(shop: Path, webhook: Web, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:hunter2@127.0.0.1:1/shop")
    ran = kpictl(*RUN, "--env", "production")
    assert ran.code == 3
    text = the_text(webhook)
    assert text.startswith("kpictl run failed: shop, production, as of 2025-03-10\nerror: no connection to ")
    assert "hunter2" not in text
    assert text.splitlines()[1] in ran.err


def test_a_lock_that_is_held_is_told(published: Path, webhook: Web, kpictl: Kpictl) -> None:
    notify(published)
    holding = "import duckdb, sys; c = duckdb.connect('shop.duckdb'); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holding], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        ran = kpictl(*RUN)
        holder.communicate("")
    assert ran.code == 4
    text = the_text(webhook)
    assert "\nerror: another process has shop.duckdb open: " in text
    assert text.endswith(f"exit code 4 (another run holds the lock), on {gethostname()}")


def test_a_bug_is_told_and_an_interrupt_is_not(
    shop: Path, webhook: Web, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KPICTL_DEBUG", raising=False)
    runs(monkeypatch, Started("facts"), error=KeyboardInterrupt())
    assert (kpictl(*RUN).code, texts(webhook)) == (130, [])
    runs(monkeypatch, Started("facts"), error=ValueError("no https://me:hunter2@b.example/?key=hunter3 there"))
    assert kpictl(*RUN).code == 70
    text = the_text(webhook)
    assert ": ValueError: no https://***@b.example/?*** there\n" in text
    assert text.endswith(f"exit code 70 (a bug in kpictl), on {gethostname()}")


def test_who_mistypes_something_sees_it(
    shop: Path, webhook: Web, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as at_a_terminal:
        at_a_terminal.setattr(sys.stderr, "isatty", lambda: True)
        assert (kpictl("run", "--env", "prod").code, texts(webhook)) == (2, [])
    assert kpictl("run", "--env", "prod").code == 2
    assert the_text(webhook).startswith("kpictl run failed: shop, prod\nerror: no environment is called `prod`\n")


def test_only_a_run_is_told_of(shop: Path, webhook: Web, kpictl: Kpictl) -> None:
    assert kpictl("sync").code == 2
    assert texts(webhook) == []


def test_an_unset_variable_is_found_before_anything_is_written(
    shop: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    ran = kpictl(*RUN)
    assert ran.code == 1
    assert f"error[KPI050]: the environment variable `{VARIABLE}` is not set\n" in ran.err
    assert "kpictl.yml:9:" in ran.err
    said = " ".join(ran.err.split())
    assert f"help: set `{VARIABLE}` to the webhook's address, or to nothing where nobody is to be told" in said
    assert "was not told" not in ran.err
    assert not (shop / "shop.duckdb").exists()
    assert kpictl("lint").code == 0
    assert kpictl("compile", "--dialect", "duckdb").code == 0


def test_an_empty_variable_tells_nobody(shop: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    (shop / ".env").write_text(f"{VARIABLE}=\n")
    runs(monkeypatch, error=LockError("another run is at it"))
    ran = kpictl(*RUN)
    assert (ran.code, ran.err) == (4, f"error: another run is at it\n  {LEFT}\n")


def test_what_is_no_address(shop: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "http://hooks.example.com/open-sesame")
    ran = kpictl(*RUN)
    assert ran.code == 3
    assert f"error: `{VARIABLE}`, the webhook of `notify`, holds no https:// address\n" in ran.err
    assert "open-sesame" not in ran.err
    assert "was not told" not in ran.err


def test_whoever_listens_changes_no_outcome(
    shop: Path, webhook: Web, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "kpictl.connect.webhook", None)  # as if a package that it needs were missing
    monkeypatch.setattr(notified, "webhook_address", lambda _: None)
    runs(monkeypatch, Started("facts"), error=LockError("another run is at it"))
    ran = kpictl(*RUN)
    assert ran.code == 4
    assert ran.err == (
        f"error: another run is at it\n  stopped at `facts`: {LEFT}\n"
        "warning: not all who listen were told: ModuleNotFoundError\n"
    )


def test_an_address_in_the_file_is_refused(files: Path, kpictl: Kpictl) -> None:
    notify(files, "notify: {webhook: https://hooks.slack.com/services/T0/B0/open-sesame}\n")
    linted = kpictl("lint", "--format", "concise")
    assert linted.code == 1
    assert linted.out.startswith("kpictl.yml:9:19: error[KPI024] this is not a variable's name in `${…}`\n")
    assert "open-sesame" not in linted.out


@pytest.mark.parametrize(("error", "code"), [(None, 0), (LockError("another run is at it"), 4)])
def test_a_webhook_that_refuses_changes_nothing(
    shop: Path, webhook: Web, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch, error: LockError | None, code: int
) -> None:
    webhook.answer = lambda _: Answer(b"no_service", 404)
    runs(monkeypatch, Warned("it is odd"), *([] if error else [PUBLISHED]), error=error)
    ran = kpictl(*RUN)
    assert ran.code == code
    assert ran.err.endswith(
        f"\nwarning: the webhook was not told: it came back with 404\n  help: look at `{VARIABLE}`\n"
    )
    in_json = kpictl(*RUN, "--log-format", "json")
    last = json.loads(in_json.err.splitlines()[-1])
    assert (in_json.code, last["event"], last["level"]) == (code, "warned", "warning")
    assert last["message"] == "the webhook was not told: it came back with 404"
    for told in (ran, in_json):
        assert "open-sesame" not in told.err
        assert webhook.host not in told.err


def test_errors_of_the_files_and_an_unset_variable(shop: Path, kpictl: Kpictl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    path = shop / "kpictl.yml"
    path.write_text(path.read_text().replace("timezone: UTC", "timezone: Mars"))
    ran = kpictl("run")
    assert ran.code == 1
    assert "`Mars`" in ran.err
    assert f"warning: the webhook was not told: the environment variable `{VARIABLE}` is not set\n" in ran.err
