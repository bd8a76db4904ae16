"""Comments that silence findings on their lines: `# kpictl: allow KPI240 both names are in contracts`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kpictl.catalog import PROJECT_FILE
from kpictl.catalog.document import parse, read_text
from kpictl.catalog.text import FileText
from kpictl.catalog.tokens import tokenize
from kpictl.check.rule import Page
from kpictl.check.suggest import suggest
from kpictl.diagnostics import Diagnostic, Severity, Span

_MARK = b"kpictl:"
_COMMENT = re.compile(r"(?:#|--)[ \t]*kpictl:[ \t]*(\w+)[ \t]*(\S*)[ \t]*([^\r\n]*)")
_CODE = re.compile(r"KPI\d{3}")
HOW = "write `kpictl: allow KPI240`, say, and then why"


@dataclass(frozen=True, slots=True)
class Allowance:
    """A comment that allows a code from the first to the last of some lines; `reason` may be missing."""

    code: str
    reason: str
    at: Span
    first_line: int
    last_line: int

    def covers(self, found: Diagnostic) -> bool:
        same = self.code == found.code and self.at.path == found.at.path
        return same and self.first_line <= found.at.line <= self.last_line


class Useless(Page):
    """A comment allows what is not found on its line.

    It stays behind when the reason for it is gone, and would hide the next one.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: finance,
             format: currency,
             source: orders,
             measure: sum(fee)}  # «kpictl: allow KPI231» nobody owns it yet

    Right:

        kpis:
          # kpictl: allow KPI231 nobody yet
          - {id: 9, code: fees, name: Fees, description: "X.", format: currency,
             source: orders, measure: sum(fee)}
    """

    code = "KPI060"
    severity = Severity.WARNING


class WithoutReason(Page):
    """A comment allows a finding and does not say why.

    Whoever reads it next cannot tell whether it still holds.

    Wrong:

        kpis:
          # «kpictl: allow KPI231»
          - {id: 9, code: fees, name: Fees, description: "X.", format: currency,
             source: orders, measure: sum(fee)}

    Right:

        kpis:
          # kpictl: allow KPI231 nobody yet
          - {id: 9, code: fees, name: Fees, description: "X.", format: currency,
             source: orders, measure: sum(fee)}
    """

    code = "KPI061"
    severity = Severity.WARNING


class NotAllowable(Page):
    """A comment asks for what no comment can give: an unknown code, or an error to be overlooked.

    With an error there is nothing that could be computed. Warnings may be allowed, and a changed id or code.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: finance,
             format: currency,
             source: orders,
             measure: sum(fee)}  # «kpictl: allow KPI999» it does not matter

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: finance,
             format: currency,
             source: orders, measure: sum(fee)}
    """

    code = "KPI062"
    severity = Severity.WARNING


PAGES: tuple[Page, ...] = (Useless(), WithoutReason(), NotAllowable())


def allowed(
    folder: Path, found: Sequence[Diagnostic], pages: Sequence[Page], judged: Collection[str]
) -> tuple[Diagnostic, ...]:
    """The findings that no comment of the project silences, and what is wrong with such comments.

    `judged` are the codes that were looked for: a comment about another is not called useless.
    """
    allowances, problems = _read(folder, pages)
    used: set[Allowance] = set()
    kept = []
    for each in found:
        matching = [allowance for allowance in allowances if allowance.covers(each)]
        used.update(matching)
        if not matching:
            kept.append(each)
    useless = (
        Diagnostic(Useless.code, f"there is no {each.code} here to allow", each.at, Useless.severity, help="remove it")
        for each in allowances
        if each not in used and each.code in judged
    )
    return (*kept, *problems, *useless)


def _read(folder: Path, pages: Sequence[Page]) -> tuple[list[Allowance], list[Diagnostic]]:
    can_be_allowed = {page.code for page in pages if page.can_be_allowed}
    allowances: list[Allowance] = []
    problems: list[Diagnostic] = []
    for path in _files(folder):
        for word, code, reason, at, lines in _comments(path):
            if word != "allow" or _CODE.fullmatch(code) is None:
                advice = HOW if word == "allow" else suggest(word, ["allow"], otherwise=HOW)
                message = f"`{word}` is not known after `kpictl:`" if word != "allow" else "this allows no code"
                problems.append(Diagnostic(NotAllowable.code, message, at, NotAllowable.severity, help=advice))
            elif code not in can_be_allowed:
                exists = code in {page.code for page in pages}
                message = f"{code} is an error, which cannot be allowed" if exists else f"there is no code {code}"
                advice = "correct what it says" if exists else suggest(code, can_be_allowed, otherwise="remove it")
                problems.append(Diagnostic(NotAllowable.code, message, at, NotAllowable.severity, help=advice))
            else:
                allowances.append(Allowance(code, reason, at, *lines))
                if not reason:
                    message = f"this allows {code} and does not say why"
                    advice = "write the reason behind the code"
                    problems.append(Diagnostic(WithoutReason.code, message, at, WithoutReason.severity, help=advice))
    return allowances, problems


def _files(folder: Path) -> Iterator[Path]:
    kpis = folder / "kpis"
    for path in (folder / PROJECT_FILE, *sorted(kpis.rglob("*.yml")), *sorted(kpis.glob("models/*.sql"))):
        try:
            if _MARK in path.read_bytes():
                yield path
        except OSError:
            continue  # told when it is read


def _comments(path: Path) -> Iterator[tuple[str, str, str, Span, tuple[int, int]]]:
    """Each comment's word, code, reason and place, and the first and last line that it is about."""
    file, _ = read_text(path)
    if file is None:
        return
    scalars = _scalars(file) if path.suffix == ".yml" else _strings(file)
    for found in _COMMENT.finditer(file.text):
        if any(start <= found.start() < end for start, end in scalars):
            continue
        whole = found.group().rstrip()
        reason = found.group(3).strip()
        shown = whole[: len(whole) - len(reason)].rstrip() if reason else whole
        start = found.start() + found.group().index("kpictl:")
        at = file.span(start, found.start() + len(shown))
        line = at.line
        before = file.text[file.line_starts[line - 1] : found.start()]
        last = line if before.strip() else line + 1
        inside = (file.span(start, end) for start, end in scalars)
        yield (
            found.group(1),
            found.group(2),
            reason,
            at,
            (line, max([last, *(one.end_line for one in inside if one.line in {line, last})])),
        )


def _scalars(file: FileText) -> list[tuple[int, int]]:
    """Where YAML's values stand: a `#` in one of them begins no comment."""
    document, _ = parse(file)
    found: list[tuple[int, int]] = []
    waiting: list[Node] = [] if document is None or document.places.node is None else [document.places.node]
    while waiting:
        node = waiting.pop()
        match node:
            case MappingNode():
                waiting += [part for pair in node.value for part in pair]
            case SequenceNode():
                waiting += node.value
            case ScalarNode():
                start = node.start_mark.index
                if node.style in ("|", ">"):  # the line of the `>` may end in a comment
                    start = file.text.find("\n", start, node.end_mark.index)
                found.append((start, start + len(file.text[start : node.end_mark.index].rstrip())))
    return found


def _strings(file: FileText) -> list[tuple[int, int]]:
    return [(token.start, token.end + 1) for token in tokenize(file.text)]
