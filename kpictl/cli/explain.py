"""`kpictl explain`."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from kpictl.cli.completion import entity_codes, kpi_codes
from kpictl.cli.options import AsOf, Env, Project

RULE = re.compile(r"KPI\d*")


Name = Annotated[
    str,
    typer.Argument(
        metavar="KPI_OR_RULE",
        help="A KPI's code, or a rule's such as KPI101; the name of a source, entity, format or model too.",
        autocompletion=kpi_codes,
    ),
]
Whose = Annotated[
    str | None,
    typer.Option(
        "--entity",
        metavar="CODE",
        help="Whose numbers, with --as-of. [default: ALL]",
        autocompletion=entity_codes,
    ),
]


def explain(
    name: Name,
    project: Project = None,
    as_of: AsOf = None,
    env: Env = None,
    entity: Whose = None,
    sql: Annotated[bool, typer.Option("--sql", help="Print the compiled SQL of the KPI instead.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print all that is known as JSON instead.")] = False,
) -> None:
    """Explain a KPI, or a rule.

    For a KPI: its definition, what its kind means, what it uses and who uses it, and where its columns come from,
    down to the raw tables; from the files alone. With --as-of the numbers: each window's days and what its value
    is made of, computed anew from the rows that the last run left, beside what was published.

      kpictl explain revenue --as-of 2025-10-06
    """
    if RULE.fullmatch(name):
        from kpictl.cli.rule_page import print_rule

        print_rule(name)
        return
    from kpictl.check import checked
    from kpictl.cli.explained import print_page, print_sql_of
    from kpictl.cli.project import folder
    from kpictl.diagnostics import UsageError

    if as_of is None and (env is not None or entity is not None) and not sql:
        option = "--entity" if env is None else "--env"
        raise UsageError(f"{option} has a meaning with --as-of alone", help="name the day: --as-of YYYY-MM-DD")
    catalog = checked(folder(project))
    if sql:
        print_sql_of(catalog, name, env)
    elif as_of is None:
        print_page(catalog, name, json=json)
    else:
        # It alone needs the databases' drivers.
        from kpictl.cli.explained_numbers import print_numbers

        print_numbers(catalog, name, as_of, env, entity, json=json)
