"""The tutorial, followed word by word: its files, its commands, and what they print."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from kpictl.cli.main import outcome

TUTORIAL = (Path(__file__).parent.parent / "docs/tutorial.md").read_text()
BLOCK = re.compile(r"(?:<!-- file: (\S+) -->\n\n)?```(\w+)\n(.*?)```", re.DOTALL)
YAML_LINES_AT_MOST = 60


@dataclass(frozen=True, slots=True)
class Block:
    file: str
    language: str
    text: str


BLOCKS = [Block(*found.groups(default="")) for found in BLOCK.finditer(TUTORIAL)]


def test_what_the_tutorial_says_is_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    printed = ""
    for block in BLOCKS:
        match block.language:
            case "sh":
                for line in block.text.splitlines():
                    capsys.readouterr()
                    program, *arguments = shlex.split(line)
                    assert program == "kpictl"
                    assert outcome(arguments) == 0, capsys.readouterr().err
                    printed = capsys.readouterr().out
            case "text":
                assert printed == block.text
            case _:
                path = tmp_path / block.file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text)
    assert outcome(["explain", "average_order", "--as-of", "2025-10-06"]) == 0
    assert "  = 51 / 4\n  = 12.75\n" in capsys.readouterr().out  # the arithmetic that it tells


def test_the_tutorial_is_short() -> None:
    lines = [line for block in BLOCKS if block.language == "yaml" and "tests" not in block.file
             for line in block.text.splitlines()]  # fmt: skip
    assert len(lines) <= YAML_LINES_AT_MOST
    assert {block.language for block in BLOCKS} == {"yaml", "csv", "sh", "text"}
    assert all(block.file for block in BLOCKS if block.language in {"yaml", "csv"})
