"""The names of locales: those that Babel has, however they are written."""

from __future__ import annotations

from collections import Counter

import pytest
from babel.core import Locale
from babel.localedata import locale_identifiers

from kpictl.catalog.locales import known_locale, locale_names, near_locale


def test_they_are_those_that_babel_has() -> None:
    assert locale_names() == set(locale_identifiers())


def test_babel_takes_a_country_whose_language_has_several_scripts() -> None:
    """sr_BA: it is written in two; what is left out here, Babel adds."""
    scripts = Counter(
        f"{language}_{country}"
        for language, script, country in (name.split("_") for name in locale_names() if name.count("_") == 2)
        if len(script) == len("Latn")
    )
    several = [name for name, count in scripts.items() if count > 1 and name not in locale_names()]
    assert "sr_BA" in several
    for name in several:
        assert known_locale(name, locale_names()) == name
        assert str(Locale.parse(name)).startswith(f"{name.partition('_')[0]}_")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("en", "en"),
        ("de_DE", "de_DE"),
        ("de-DE", "de_DE"),
        ("PT-br", "pt_BR"),
        ("zh_Hans_CN", "zh_Hans_CN"),
        ("zh-SG", "zh_Hans_SG"),
        ("zh-CN", "zh_CN"),
        ("sr_BA", "sr_BA"),
        ("en_150", "en_150"),
        ("en_XX", None),
        ("root", None),
        ("", None),
        ("en.UTF-8", None),
        ("C", None),
    ],
)
def test_case_and_hyphens_do_not_matter(written: str, expected: str | None) -> None:
    assert known_locale(written, locale_names()) == expected


def test_what_is_near_is_of_the_same_language_first() -> None:
    assert near_locale("de_GE", ["de_DE", "en_GE"]) == "`de_DE` is near"
    assert near_locale("de_GR", ["de", "de_DE", "el_GR"]) == "`de` is near"
    assert near_locale("dee_DE", ["de_DE", "fr_FR"]) == "`de_DE` is near"
    assert near_locale("klingon", ["de_DE", "fr_FR"]) is None
