"""What a run has written of the published tables, for engines that show readers a copy of them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from kpictl.catalog import TableName


@dataclass(frozen=True, slots=True)
class Written:
    """The rows of a table that may have changed: those that meet a condition, before or now."""

    table: TableName
    where: exp.Expr


@dataclass(frozen=True, slots=True)
class Edition:
    """What is to be published after that of `before`: tables that `written` does not name may differ anywhere.

    `before` names the edition that it follows, as `published` in the schema's table `kpictl_state` does. None where
    there was none, or nothing is remembered: then readers get a whole copy. `views` are those that readers see.
    """

    schema: str
    before: str | None = None
    written: tuple[Written, ...] = ()
    views: tuple[TableName, ...] = ()
