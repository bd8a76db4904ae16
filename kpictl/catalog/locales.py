"""The locales that there are: those of Unicode's CLDR, by the names of the files that Babel brings.

To import Babel takes longer than to read a small catalog, so that only what writes numbers does.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from kpictl.catalog.near import meant

ENDING = ".dat"


def locale_names() -> frozenset[str]:
    """The names of all locales: de, pt_BR, zh_Hans_CN …"""
    found = find_spec("babel")
    assert found is not None, "babel is a dependency of kpictl"
    assert found.origin is not None
    files = os.listdir(Path(found.origin).with_name("locale-data"))  # noqa: PTH208 -- a thousand of them, twice as fast
    return frozenset(each.removesuffix(ENDING) for each in files if each.endswith(ENDING)) - {"root"}


def known_locale(name: str, names: Iterable[str]) -> str | None:
    """A locale's name as CLDR writes it, whatever the case, with `-` or `_`; None where there is no such locale.

    The script may be left out; where a country has several, Babel takes the one that is mostly written there.

    >>> [known_locale(name, ["pt_BR", "zh_Hans_CN"]) for name in ("pt-br", "zh_CN", "pt_MX")]
    ['pt_BR', 'zh_Hans_CN', None]
    """
    wanted = _folded(name)
    scripts: list[str] = []
    for each in names:
        if _folded(each) == wanted:
            return each
        if _folded(_without_script(each)) == wanted:
            scripts.append(each)
    if len(scripts) > 1:
        return _without_script(scripts[0])
    return scripts[0] if scripts else None


def near_locale(name: str, names: Iterable[str]) -> str | None:
    """What to say of the locale that was probably meant: one of the same language, if there is any."""
    known = tuple(names)
    language = _folded(name).partition("_")[0]
    of_the_language = [each for each in known if each.partition("_")[0] == language]
    if of_the_language:
        return meant(name, of_the_language) or f"`{language}` is near"
    return meant(name, known)


def _folded(name: str) -> str:
    return name.replace("-", "_").casefold()


def _without_script(name: str) -> str:
    language, *rest = name.split("_")
    return "_".join([language, *rest[1:]]) if len(rest) > 1 and len(rest[0]) == len("Hans") else name
