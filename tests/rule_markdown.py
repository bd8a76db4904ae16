"""A rule's page as Markdown, as the documents have it."""

from __future__ import annotations

from collections.abc import Iterator

from kpictl.check.pages import FILE, OF_THE_DATABASE, RulePage, files, marked_parts, unmarked

_LANGUAGES = {".yml": "yaml", ".yaml": "yaml", ".sql": "sql", ".csv": "csv"}


def markdown(shown: RulePage) -> str:
    """A heading, what and why, and both examples in fences; what the wrong one marks is quoted behind it."""
    return "\n\n".join(_paragraphs(shown)) + "\n"


def _paragraphs(shown: RulePage) -> Iterator[str]:
    yield f"### {shown.code}"  # what links lead to
    may = f"; `# kpictl: allow {shown.code} why` allows it" if shown.can_be_allowed else ""
    yield f"**{shown.name}** ({shown.severity}{may})"
    yield shown.what
    if shown.why:
        yield shown.why
    yield "Wrong:"
    yield from _example(shown.wrong)
    places = [f"`{' '.join(part.split())}`" for part in marked_parts(shown.wrong) if part.strip()]
    if places:
        yield f"The finding is at {', '.join(places)}."
    yield "Right:"
    yield from _example(shown.right)


def _example(example: str) -> Iterator[str]:
    parts = files(example)
    for name, text in parts.items():
        file, _, odd = name.partition(", ")
        behind = f", {odd}" if odd and odd != "whole file" else ""
        if name == OF_THE_DATABASE:
            yield f"{name.capitalize()}:"
        elif name != FILE or len(parts) > 1:
            yield f"`{file}`{behind}{':' if text.strip() else ''}"
        if text.strip():
            language = "sql" if name == OF_THE_DATABASE else _LANGUAGES[file[file.rindex(".") :]]
            yield f"```{language}\n{unmarked(text).rstrip()}\n```"
