"""`kpictl add-kpi`."""

from __future__ import annotations

from typing import Annotated

import typer

from kpictl.cli.options import Project

Text = str | None
Code = Annotated[Text, typer.Option(metavar="CODE", help="As formulas name it: a-z, digits and _.")]
Name = Annotated[Text, typer.Option(metavar="TEXT", help="As the dashboard shows it.")]
Source = Annotated[Text, typer.Option(metavar="CODE", help="The source whose rows are measured.")]
Measure = Annotated[Text, typer.Option(metavar="SQL", help="One aggregate: 'sum(amount)'.")]
Where = Annotated[Text, typer.Option(metavar="SQL", help="Only the rows where: \"channel = 'Web'\".")]
Formula = Annotated[Text, typer.Option(metavar="SQL", help="Over other KPIs instead: '100 * a / b'.")]
FormatCode = Annotated[Text, typer.Option("--format", metavar="CODE", help="One of the project's formats.")]
Category = Annotated[Text, typer.Option(metavar="TEXT", help="The group it stands in.")]
Description = Annotated[Text, typer.Option(metavar="TEXT", help="What it is, in a sentence.")]
Owner = Annotated[Text, typer.Option(metavar="TEXT", help="Who answers for it.")]
Direction = Annotated[Text, typer.Option(metavar="WAY", help="Which way is good: up, down or none.")]
OverTime = Annotated[Text, typer.Option(metavar="HOW", help="Days of a stock: last, first, average, min or max.")]
File = Annotated[Text, typer.Option(metavar="FILE", help="[default: the one with the category's KPIs]")]
Helper = Annotated[bool, typer.Option("--helper", help="For formulas alone: no id, in no table.")]
Id = Annotated[int | None, typer.Option("--id", metavar="N", min=1, help="[default: the next free one]")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the diff, write nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")]


def add_kpi(
    project: Project = None,
    name: Name = None,
    code: Code = None,
    source: Source = None,
    measure: Measure = None,
    where: Where = None,
    formula: Formula = None,
    format_: FormatCode = None,
    category: Category = None,
    description: Description = None,
    owner: Owner = None,
    target_direction: Direction = None,
    over_time: OverTime = None,
    file: File = None,
    helper: Helper = False,
    id_: Id = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Add a KPI to a file; the rest of the file stays as it is.

    What the options leave out is asked for on a terminal. Before anything is written it shows the change, what lint
    says of it and the KPI's SQL; what lint would refuse is not written.

    kpictl add-kpi --name Refunds --code refunds --source orders --measure 'count(*)' --format number
    """
    from kpictl.cli.added import Wish, add
    from kpictl.cli.project import folder

    given = {
        "id": id_,
        "code": code,
        "name": name,
        "description": description,
        "category": category,
        "format": format_,
        "target_direction": target_direction,
        "source": source,
        "measure": measure,
        "where": where,
        "formula": formula,
        "over_time": over_time,
        "owner": owner,
    }
    said = {key: value for key, value in given.items() if value is not None}
    code_of_exit = add(folder(project), Wish(said, file, helper=helper, dry_run=dry_run, yes=yes))
    if code_of_exit:
        raise typer.Exit(code_of_exit)
