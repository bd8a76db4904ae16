"""A small shop that has been published once, the rights of its role no more than a run needs, and what a run says."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import gethostname

from sqlalchemy import Engine as AnyEngine
from sqlalchemy import event, make_url

from kpictl.cli.main import outcome
from kpictl.compile import text
from kpictl.compile.tree import table as tree
from kpictl.engine import open_engine, open_published
from tests.pipeline.shop import Contents, Shop
from tests.postgres import execute

FILES: Mapping[str, str] = {
    "kpictl.yml": """\
name: shop
timezone: UTC
calendar: {start: 2025-01-01, end: 2025-12-31}
windows: [mtd]
environments:
  local: {url: "${SHOP_URL}"}
""",
    "kpis/kpis.yml": """\
formats:
  - {code: number, kind: number, decimals: 2}
sources:
  - {code: orders, relation: marts.fct_order, time: ordered_on, key: order_id}
  - {code: visits, relation: raw.visits, time: visited_on}
kpis:
  - {id: 1, code: revenue, name: Revenue, format: number, source: orders, measure: sum(amount)}
  - {id: 2, code: visitors, name: Visitors, format: number, source: visits, measure: sum(visitors)}
  - {id: 3, code: spent, name: Spent, format: number, formula: revenue / visitors}
""",
    "kpis/models/fct_order.sql": "select order_id, ordered_on, amount, weight from raw.orders\n",
}
ORDERS = "order_id:bigint ordered_on:date amount:decimal weight:double"
VISITS = "visited_on:date visitors:bigint"
FIRST, SECOND = "2025-05-03", "2025-05-04"
READ_BY_PEOPLE = ("dim_", "fact_", "agg_")


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed on stderr and stdout, and its exit code."""

    code: int
    text: str
    out: str = ""

    @property
    def message(self) -> str:
        """The line that says what is wrong."""
        return next((line for line in self.text.splitlines() if line.startswith(("error", "warning"))), "")

    @property
    def advice(self) -> str:
        """What stands below it: what to do."""
        below = self.text.partition(self.message)[2].splitlines()[1:]
        found: list[str] = []
        for line in below:
            words = line.strip().removeprefix("= ")
            if words.startswith("help: "):
                found.append(words.removeprefix("help: "))
            elif found and line.startswith(" " * 8):
                found.append(words)
            elif found or line.startswith(("error", "warning")) or not line.startswith((" ", *"0123456789")):
                break
        return " ".join(found)


@dataclass(frozen=True, slots=True)
class World:
    """The shop, the URL that its role has, and that of the database's owner.

    `stack` is closed when the drill is over.
    """

    shop: Shop
    url: str
    owner_url: str
    said: Callable[[], tuple[str, str]]
    setenv: Callable[[str, str], None]
    stack: ExitStack

    @property
    def project(self) -> Path:
        return self.shop.project

    @property
    def is_postgres(self) -> bool:
        return not self.url.startswith("duckdb")

    @property
    def role(self) -> str:
        return make_url(self.url).username or ""

    @property
    def database(self) -> str:
        return make_url(self.url).database or ""

    def run(self, *options: str, as_of: str = SECOND) -> Said:
        return self.kpictl("run", "--as-of", as_of, *options)

    def kpictl(self, command: str, *options: str) -> Said:
        self.said()
        code = outcome([command, "--project", str(self.project), *options])
        out, text = self.said()
        return Said(code, text, out)

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.project / file
        written = path.read_text()
        assert old in written
        path.write_text(written.replace(old, new))

    def change(self, *statements: str) -> None:
        """Change the database as its owner."""
        if self.is_postgres:
            for statement in statements:
                execute(self.owner_url, statement)
            return
        with closing(open_engine(self.url, self.shop.folder)) as engine, engine.transaction():
            for statement in statements:
                engine.execute(statement)

    def published(self) -> Contents:
        """All rows of the tables that people read."""
        url = self.owner_url if self.is_postgres else self.url
        with closing(open_published(url, self.shop.folder)) as engine, engine.transaction():
            found: Contents = {}
            for name in sorted(engine.tables()):
                if name.schema == "kpi" and name.name.startswith(READ_BY_PEOPLE):
                    rows = engine.fetch(f"select * from {text(tree(name), engine.dialect)}")
                    numbered = ({str(nth): value for nth, value in enumerate(row)} for row in rows)
                    found[name.name] = sorted(numbered, key=repr)
            return found

    def plain(self, words: str) -> str:
        """The words without what differs from one machine, process and moment to another."""
        replaced = {
            str(self.shop.folder): "shop",
            gethostname(): "HOST",
            self.role: "kpictl_run",
            self.database: "shop",
        }
        for old, new in replaced.items():
            if old:
                words = words.replace(old, new)
        for pattern, new in _VOLATILE:
            words = pattern.sub(new, words)
        return words


_VOLATILE = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC"), "TIME"),
    (re.compile(r"process \d+"), "process N"),
    (re.compile(r"pg_terminate_backend\(\d+\)"), "pg_terminate_backend(N)"),
    (re.compile(r"postgresql://(\w+)(:\*\*\*)?@[^/ ]*/"), r"postgresql://\1\2@HOST/"),
    (re.compile(r"\bport \d+"), "port PORT"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
    (re.compile(r"\d+(\.\d+)? [KMG]iB"), "N MiB"),
    (re.compile(r"\b\d{4,}\b(?!-)"), "N"),
    (re.compile(r'"(temp_file_limit)"'), r"\1"),  # with quotes on newer servers
    # Which of its blocks DuckDB has no room for hangs on its threads.
    (re.compile(r"(failed to pin|could not allocate) block"), "could not allocate block"),
    (re.compile(r"python3?(\.\d+)?, as \w+"), "python, as somebody"),
)


@contextmanager
def at_statement(pattern: str, action: Callable[[], None]) -> Iterator[None]:
    """Do something right before the first statement that contains a text."""
    done: list[str] = []

    def before(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if pattern in statement and not done:
            done.append(statement)
            action()

    event.listen(AnyEngine, "before_cursor_execute", before)
    try:
        yield
    finally:
        event.remove(AnyEngine, "before_cursor_execute", before)
    assert done, f"no statement contains {pattern}"


def copied(origin: Path, folder: Path) -> None:
    shutil.copytree(origin, folder, dirs_exist_ok=True)
