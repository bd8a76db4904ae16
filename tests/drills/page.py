"""docs/failures.md: a row for each drill, which the drill itself compares with what it saw, or writes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tests.drills.drill import Drill
from tests.drills.world import Said, World

PAGE = Path(__file__).parents[2] / "docs/failures.md"
WRITES = "KPICTL_WRITE_FAILURES"
COMMAND = f"{WRITES}=1 uv run pytest -n 0 tests/drills"
HEAD = f"""\
# When it fails

<!-- Made by `{COMMAND}`. -->

Each row was drilled, on a shop that had been published before: what went wrong, the exit code of `kpictl run`, what
it said, and what it advised. Unless the code is 0, every row of the published tables was the same before and after.
Nothing has to be cleaned up: once the cause is gone, the next run works. Where *foreseen* has a code, `kpictl doctor`
says the same before a run does, and ends with that. What differs from one machine to another stands here as `HOST`,
`PORT`, `TIME`, `N` or `…`.

Exit codes: 0 done; 1 the project's files are wrong, or name what the database lacks; 3 a database or an API failed;
4 another run holds the lock; 5 a check stopped the publishing.

| what happens | on | code | foreseen | what kpictl says | what to do |
| --- | --- | --- | --- | --- | --- |
"""
NAMES = {("duckdb",): "DuckDB", ("postgres",): "PostgreSQL", ("duckdb", "postgres"): "both"}


def row(drill: Drill, world: World, said: Said) -> str:
    message, advice = (_code(world.plain(words)) for words in (said.message, said.advice))
    foreseen = "" if drill.foreseen is None else drill.foreseen
    return f"| {drill.happened} | {NAMES[drill.engines]} | {said.code} | {foreseen} | {message} | {advice} |"


def _code(words: str) -> str:
    """Words as they are, backticks and bars too."""
    return "`` " + words.replace("|", "\\|") + " ``" if words else ""


def rows() -> dict[str, str]:
    """The rows of the page, by what happens."""
    text = PAGE.read_text().partition("| --- |")[2] if PAGE.exists() else ""
    lines = [line for line in text.splitlines()[1:] if line.startswith("| ")]
    return {_happened(line): line for line in lines}


def _happened(line: str) -> str:
    return line.removeprefix("| ").partition(" | ")[0]


def write(found: str, drills: Sequence[Drill]) -> None:
    """Put a row into the page, in the place of the drill's old one."""
    known = rows()
    known[_happened(found)] = found
    lines = [known[drill.happened] for drill in drills if drill.happened in known]
    PAGE.write_text(HEAD + "\n".join(lines) + "\n")


def is_to_be_written() -> bool:
    return bool(os.environ.get(WRITES))
