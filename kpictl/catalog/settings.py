"""Values that come from the environment: `${NAME}` in `kpictl.yml`, and the `.env` beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from kpictl.catalog.model import Catalog, Environment
from kpictl.diagnostics import CatalogError, Diagnostic, Span, UsageError

_NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*")
_QUOTED = re.compile(r"""(?:'([^']*)'|"([^"]*)")\s*(?:#.*)?""")


def environment_variables(folder: Path) -> Mapping[str, str]:
    """The variables of the process over those of `.env` in the project's folder, which never overrides."""
    path = folder / ".env"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        message = "the file cannot be read as UTF-8 text"
        at = Span.whole_file(path)
        raise CatalogError((Diagnostic("KPI001", message, at, help="save it as UTF-8, readable for you"),)) from error
    return {**_variables(text), **os.environ}


def resolve(value: str, variables: Mapping[str, str], at: Span) -> str:
    """`value`, or what the environment says if it is exactly `${NAME}`; an unset name is an error at `at`."""
    found = _NAME.fullmatch(value)
    if found is None:
        return value
    name = found.group(1)
    if name not in variables:
        message = f"the environment variable `{name}` is not set"
        raise CatalogError((Diagnostic("KPI050", message, at, help=f"set `{name}`, or write it into `.env`"),))
    return variables[name]


def _variables(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is not None:
            found[match.group(1)] = _unquoted(match.group(2))
    return found


def _unquoted(value: str) -> str:
    quoted = _QUOTED.fullmatch(value)
    if quoted is not None:
        return quoted.group(1) if quoted.group(1) is not None else quoted.group(2)
    return "" if value.startswith("#") else re.split(r"\s+#", value, maxsplit=1)[0]


def environment(catalog: Catalog, name: str | None) -> Environment:
    """The environment of that name, or the project's default; UsageError for a name that it lacks."""
    wanted = name or catalog.project.environment
    for candidate in catalog.project.environments:
        if candidate.name == wanted:
            return candidate
    names = ", ".join(candidate.name for candidate in catalog.project.environments)
    raise UsageError(f"no environment is called `{wanted}`", help=f"kpictl.yml has: {names}")


def database_url(catalog: Catalog, name: str | None) -> str:
    """The environment's database URL, with `${NAME}` resolved."""
    chosen = environment(catalog, name)
    variables = environment_variables(catalog.project.folder)
    return resolve(chosen.url, variables, chosen.places.at("url"))
