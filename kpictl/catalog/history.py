"""What git's last version of a project said its KPIs and entities were: their ids and codes are for ever."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kpictl.catalog.document import Value, parse
from kpictl.catalog.text import FileText
from kpictl.diagnostics import UsageError

TIMEOUT_SECONDS = 10.0
_DEFINING = ("source", "measure", "where", "formula", "over_time")


@dataclass(frozen=True, slots=True)
class Numbered:
    """A KPI or an entity of an earlier version; `meaning` is what defines it, its code and name left out."""

    id: int
    code: str
    meaning: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class History:
    """What the files that have changed since `revision` held then: what stands in others is as it was."""

    revision: str
    kpis: tuple[Numbered, ...]
    entities: tuple[Numbered, ...]


def history(folder: Path, revision: str | None = None) -> History | None:
    """What stood in the files of `kpis/` that differ from `revision`, by default git's last commit.

    None where the folder is in no git repository, or in one without a commit. UsageError where a revision that was
    asked for is not there. Only plumbing is called, which runs nothing that a repository names.
    """
    wanted = f"{revision or 'HEAD'}^{{commit}}"
    found = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", wanted)
    if found is None:
        if revision is None:
            return None
        raise UsageError(f"git knows no revision `{revision}` here", help="name a commit, a branch or a tag")
    commit = found.decode("ascii").strip()
    names = _git(folder, "diff-index", "--name-only", "--relative", "-z", commit, "--", "kpis") or b""
    kpis: list[Numbered] = []
    entities: list[Numbered] = []
    for name in names.decode("utf-8", errors="replace").split("\0"):
        if PurePosixPath(name).suffix == ".yml":
            value = _value(folder / name, _git(folder, "cat-file", "blob", f"{commit}:./{name}"))
            kpis += _numbered(value, "kpis", _DEFINING)
            entities += _numbered(value, "entities", ("aliases",))
    return History(revision or "git's last version", tuple(kpis), tuple(entities))


def _git(folder: Path, *arguments: str) -> bytes | None:
    """What git prints; None where it is not there or does not find what is asked for."""
    try:
        done = subprocess.run(  # noqa: S603 -- no shell; the arguments are ours but for a revision
            ["git", *arguments],  # noqa: S607 -- git is where the PATH says
            cwd=folder,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _value(path: Path, then: bytes | None) -> Value:
    if then is None:
        return None
    document, _ = parse(FileText.of(path, then.decode("utf-8-sig", errors="replace")))
    return None if document is None else document.value


def _numbered(value: Value, name: str, defining: tuple[str, ...]) -> Iterator[Numbered]:
    items = value.get(name) if isinstance(value, dict) else None
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            id_, code = item.get("id"), item.get("code")
            if isinstance(id_, int) and isinstance(code, str):
                yield Numbered(id_, code, tuple(_words(item.get(key)) for key in defining))


def _words(value: Value) -> str | None:
    """An expression without the spaces that mean nothing."""
    return None if value is None else " ".join(str(value).split())


def revision(folder: Path) -> str | None:
    """Git's commit of a project, short, with `+` where its files differ from it; None where there is none."""
    found = _git(folder, "rev-parse", "--short", "--verify", "--quiet", "HEAD")
    if found is None:
        return None
    differs = _git(folder, "diff-index", "--name-only", "--relative", "HEAD", "--")
    return found.decode("ascii").strip() + ("+" if differs else "")
