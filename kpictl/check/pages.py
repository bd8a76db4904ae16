"""The page of a rule: what is wrong, why that matters, and an example of it, wrong and right."""

from __future__ import annotations

import re
from dataclasses import dataclass
from inspect import getdoc

from kpictl.check.rule import Page
from kpictl.diagnostics import Severity

OPEN, CLOSE = "«", "»"
"""What marks the place of the finding in a wrong example."""
FILE = "kpis/example.yml"
"""Where an example stands that names no file."""
OF_THE_DATABASE = "the database"

_PARTS = re.compile(r"(.*?)\n\n(?:(.*?)\n\n)?Wrong:\n\n(.*?)\n\nRight:\n\n(.*)", re.DOTALL)
_HEADER = re.compile(r"(?:#|--) ((?:kpictl\.yml|kpictl\.yaml|kpis/\S+|the database)(?:, [a-z -]+[0-9]?)?)")

_AT_FAULT = re.compile(r"(#|--) (\S+), (whole file|missing|a folder)")


@dataclass(frozen=True, slots=True)
class RulePage:
    """`wrong` has marks around the place of the finding; both examples are parts of a project: see `files`."""

    code: str
    name: str
    severity: Severity
    can_be_allowed: bool
    what: str
    why: str
    wrong: str
    right: str


def page(rule: Page) -> RulePage:
    """What a rule's docstring says.

    Its first paragraph is what, further ones are why; then follow `Wrong:` and `Right:`, each with an example,
    indented.
    """
    written = getdoc(rule) or ""
    parts = _PARTS.fullmatch(written)
    assert parts is not None, f"the docstring of {type(rule).__name__} is no page"
    what, why, wrong, right = parts.groups(default="")
    return RulePage(
        rule.code,
        _name(type(rule).__name__),
        rule.severity,
        rule.can_be_allowed,
        _flowing(what),
        _flowing(why),
        _dedented(wrong),
        _dedented(right),
    )


def files(example: str) -> dict[str, str]:
    """The parts of an example by the file that each stands in.

    A line `# kpis/sources.yml`, `# kpictl.yml`, `-- kpis/models/NAME.sql` or `-- the database` begins a part, and is
    not in it; what stands before any is in `kpis/example.yml`. `, before` and the like after the name are part of it.
    """
    found: dict[str, str] = {}
    name = FILE
    for line in example.splitlines():
        header = _HEADER.fullmatch(line)
        if header is not None:
            name = header.group(1)
            found.setdefault(name, "")
        else:
            found[name] = f"{found.get(name, '')}{line}\n"
    return {name: text for name, text in found.items() if text.strip() or name != FILE}


def unmarked(example: str) -> str:
    return example.replace(OPEN, "").replace(CLOSE, "")


def with_files_marked(example: str) -> str:
    """An example whose headers mark the files that are at fault as a whole, as it is shown to people."""

    def header(found: re.Match[str]) -> str:
        comment, name, odd = found.groups()
        return f"{comment} {OPEN}{name}{CLOSE}" + ("" if odd == "whole file" else f", {odd}")

    return "\n".join(_AT_FAULT.sub(header, line) for line in example.splitlines())


def marked_parts(example: str) -> list[str]:
    """What an example marks, one by one."""
    return re.findall(f"{OPEN}(.*?){CLOSE}", with_files_marked(example), re.DOTALL)


def _name(class_name: str) -> str:
    """`UnknownKpi` as `unknown-kpi`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", class_name).lower()


def _flowing(text: str) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _dedented(example: str) -> str:
    return "\n".join(line.removeprefix("    ") for line in example.splitlines())
