"""What the YAML parser says of a file that is not YAML, in words that tell what to do."""

from __future__ import annotations

import yaml

from kpictl.catalog.text import FileText
from kpictl.diagnostics import Diagnostic

_ADVICE = {
    "mapping values are not allowed": "a value that holds `: ` needs quotes",
    "block mapping": "the keys of one mapping start in the same column",
    "block collection": "the items of one list start in the same column",
    "flow mapping": "in `{…}` a value with a comma or quotes in it is put in quotes",
    "flow sequence": "in `[…]` a value with a comma or quotes in it is put in quotes",
    "undefined alias": "a value that begins with `*` needs quotes",
    "unknown escape": "in double quotes a backslash begins an escape; single quotes take it as it is",
    "end of stream": "write the quote that closes it",
}


def syntax_error(file: FileText, error: yaml.MarkedYAMLError) -> Diagnostic:
    problem = f"{error.context or ''}: {error.problem or 'a syntax error'}".removeprefix(": ")
    mark = error.problem_mark or error.context_mark
    if mark is not None and "end of stream" in problem and error.context_mark is not None:
        mark = error.context_mark  # where the quote opens says more than where the file ends
    start = min(mark.index if mark is not None else 0, len(file.text.rstrip()))
    at = file.span(start, min(start + 1, len(file.text)))
    character = file.text[start : start + 1]
    if "another document" in problem:
        return Diagnostic("KPI004", "a file holds one YAML document", at, help="put each document in its own file")
    if character == "\t":
        return Diagnostic("KPI003", "a tab where YAML wants spaces", at, help="indent with spaces")
    if "cannot start any token" in problem:
        return Diagnostic("KPI003", f"a value cannot begin with `{character}`", at, help="put the value in quotes")
    for collection, closing in (("flow mapping", "}"), ("flow sequence", "]")):
        if collection in problem and "did not find expected" in problem:
            message = f"this is not YAML: `,` or `{closing}` is expected here"
            return Diagnostic("KPI003", message, at, help=_ADVICE[collection])
    advice = next((advice for part, advice in _ADVICE.items() if part in problem), "put the text in quotes")
    return Diagnostic("KPI003", f"this is not YAML: {problem}", at, help=advice)
