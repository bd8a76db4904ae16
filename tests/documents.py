"""The pages of docs/ that are made from the code; `uv run python -m tests.documents` writes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from kpictl.catalog import Table, load
from kpictl.catalog.json_schema import json_schema
from kpictl.catalog.schema import CLOCK
from kpictl.check import PAGES, page
from kpictl.cli.main import command_line
from kpictl.cli.schemas import printed
from kpictl.compile import compile as relations_of
from kpictl.compile import flat_views
from kpictl.pipeline.own import own_tables
from tests.rule_markdown import markdown

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
MADE = "<!-- Made by `uv run python -m tests.documents`. -->\n\n"
FAMILIES = {
    "KPI0": "Reading files",
    "KPI1": "Names, references, tests",
    "KPI2": "Meaning",
    "KPI3": "SQL",
    "KPI4": "The database",
}
SHAPES = (
    "FormatShape",
    "EntityShape",
    "SourceShape",
    "ExpectationShape",
    "FreshnessShape",
    "KpiShape",
    "CheckShape",
    "KpiTestShape",
    "ExpectedShape",
)
OWNERS = {
    "FormatShape": "formats",
    "EntityShape": "entities",
    "SourceShape": "sources",
    "ExpectationShape": "sources: expect",
    "FreshnessShape": "sources: expect_fresh",
    "KpiShape": "kpis",
    "CheckShape": "kpis: checks",
    "KpiTestShape": "tests",
    "ExpectedShape": "tests: expect",
    "CalendarShape": "calendar",
    "FiscalShape": "calendar: fiscal",
    "SchemasShape": "schemas",
    "EnvironmentShape": "environments: NAME",
    "NotifyShape": "notify",
}


def pages() -> dict[str, str]:
    """Every page that is made, by its file."""
    return {
        "reference.md": reference(),
        "rules.md": rules(),
        "commands.md": commands(),
        "payload.schema.json": printed("payload"),
        "payload.ts": printed("typescript"),
    }


def rules() -> str:
    shown = [page(each) for each in PAGES]
    lines = [
        "# Rules",
        "",
        MADE.strip(),
        "",
        f"What `kpictl lint` and the other commands find: {len(shown)} codes. `kpictl explain CODE` prints one of",
        "these pages. A warning is silenced on its line by a comment: `# kpictl: allow KPI240` and why.",
        "",
    ]
    for prefix, family in FAMILIES.items():
        lines += [f"## {family}", "", "| code | name | |", "| --- | --- | --- |"]
        mine = [each for each in shown if each.code.startswith(prefix)]
        lines += [f"| [{each.code}](#{each.code.lower()}) | {each.name} | {each.what} |" for each in mine]
        lines.append("")
    return "\n".join([*lines, *(markdown(each) for each in shown)])


def reference() -> str:
    project, kpis = json_schema("project"), json_schema("kpis")
    lines = [
        "# Reference",
        "",
        MADE.strip(),
        "",
        "Every key of the YAML and every column of the published tables. `kpictl schema` prints the same as JSON",
        "Schema, for editors.",
        "",
        "## kpictl.yml",
        "",
        *_keys(project),
    ]
    for name in ("CalendarShape", "FiscalShape", "SchemasShape", "EnvironmentShape", "NotifyShape"):
        lines += [f"### {OWNERS[name]}", "", *_keys(project["$defs"][name])]
    lines += ["## kpis/**/*.yml", "", *_keys(kpis)]
    for name in SHAPES:
        lines += [f"### {OWNERS[name]}", "", *_keys(kpis["$defs"][name])]
    return "\n".join([*lines, *_tables()])


def _keys(shape: dict[str, Any]) -> list[str]:
    lines = ["| key | value | default | |", "| --- | --- | --- | --- |"]
    required = shape.get("required", [])
    for name, key in shape["properties"].items():
        default = "must be there" if name in required else _default(key)
        lines.append(f"| `{name}` | {_kind(key)} | {default} | {key['description']} |")
    return [*lines, ""]


def _kind(key: dict[str, Any]) -> str:
    match key:
        case {"enum": choices}:
            return ", ".join(f"`{each}`" for each in choices)
        case {"anyOf": choices}:
            return " or ".join(_kind(each) for each in choices)
        case {"const": choice}:
            return f"`{choice}`"
        case {"$ref": _} | {"type": "object"}:
            return "a mapping"
        case {"type": "array"}:
            return "a list"
        case {"format": "date"}:
            return "a day"
        case {"type": "integer"}:
            return "a whole number"
        case {"type": "number"}:
            return "a number"
        case {"type": "boolean"}:
            return "`true`, `false`"
        case _:
            return "a text"


def _default(key: dict[str, Any]) -> str:
    value = key.get("default")
    match value:
        case None | "" | [] | {} | dict():
            return ""
        case bool():
            return f"`{str(value).lower()}`"
        case list():
            return f"`[{', '.join(value)}]`"
        case str() if key.get("pattern") == CLOCK:
            return f'`"{value}"`'
        case _:
            return f"`{value}`"


def _tables() -> Iterator[str]:
    catalog, _ = load(ROOT / "examples/stores")
    assert catalog is not None
    kpi = catalog.project.schemas.kpi
    yield from ("## The published tables", "", "In the schema that `schemas: kpi` names. WINDOW stands for each of the")
    yield from ("project's windows.", "")
    for relation in relations_of(catalog):
        if relation.name.schema == kpi:
            yield from _table(relation.table, relation.comment, catalog.project.windows)
    yield from ("## The views for BI tools", "")
    yield from ("`kpictl export --to-sql-views` makes them; [export](export.md) says what for.", "")
    for view in flat_views(kpi, catalog.project.windows):
        yield from _table(view.table, view.comment, ())
    yield from ("## The journal", "", "Tables of kpictl's own beside them; [runs](runs.md) says what they are for.", "")
    for made, comment in own_tables(catalog):
        yield from _table(made, comment, ())


def _table(table: Table, comment: str, windows: tuple[str, ...]) -> Iterator[str]:
    yield from (f"### {table.name.name}", "", f"{comment[:1].upper()}{comment[1:]}.", "")
    yield from ("| column | type | |", "| --- | --- | --- |")
    told: set[str] = set()
    for column in table.columns:
        name, text = column.name, column.comment or ""
        for window in windows:
            if name.startswith(f"{window}_"):
                name = f"WINDOW_{name.removeprefix(f'{window}_')}"
                text = text.replace(window, "WINDOW")
        if name not in told:
            told.add(name)
            key = ", part of the key" if column.name in table.key else ""
            yield f"| `{name}` | {column.type}{key} | {text} |"
    yield ""


def commands() -> str:
    group = get_command(command_line())
    assert isinstance(group, TyperGroup)
    lines = ["# Commands", "", MADE.strip(), "", str(group.help), "", str(group.epilog), ""]
    for name, command in group.commands.items():
        lines += _command(name, command)
    return "\n".join(lines)


def _command(name: str, command: Any) -> list[str]:
    context = typer.Context(command, info_name=f"kpictl {name}")
    usage = " ".join(command.collect_usage_pieces(context))
    paragraphs = (command.help or "").split("\n\n")
    lines = [f"## kpictl {name}", "", f"`kpictl {name} {usage}`", ""]
    for paragraph in paragraphs:
        text = " ".join(paragraph.split())
        lines += [f"`{text}`" if text.startswith(("kpictl ", "# ")) else text, ""]
    options = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    if options:
        lines += ["| | |", "| --- | --- |"]
    for parameter in options:
        record = parameter.get_help_record(context)
        if record is not None:
            words = " ".join(record[1].split()).replace("|", "\\|")
            lines.append(f"| `{record[0].replace('|', ', ')}` | {words} |")
        elif parameter.param_type_name == "argument":
            help_ = " ".join(str(getattr(parameter, "help", "") or "").split())
            lines.append(f"| `{parameter.make_metavar(context)}` | {help_} |")
    return [*lines, ""]


def main() -> None:
    for name, text in pages().items():
        (DOCS / name).write_text(text)


if __name__ == "__main__":
    main()
