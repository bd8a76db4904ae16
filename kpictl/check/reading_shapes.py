"""The pages of what is found while values are read: keys, types, lookups."""

from __future__ import annotations

from kpictl.check.rule import Page


class UnknownKey(Page):
    """A key is not one of those that its mapping may have.

    A misspelt key would be ignored, and a default taken in its place.

    Wrong:

        formats:
          - {code: euros, kind: currency, «decimal»: 2}

    Right:

        formats:
          - {code: euros, kind: currency, decimals: 2}
    """

    code = "KPI020"


class MissingKey(Page):
    """A key that must be there is missing.

    There is no default that could be taken in its place.

    Wrong:

        formats:
          - {«code»: euros, decimals: 2}

    Right:

        formats:
          - {code: euros, kind: currency, decimals: 2}
    """

    code = "KPI021"


class WrongType(Page):
    """A value is of another type than its key asks for.

    Nothing is converted: a text that looks like a number may be meant as either.

    Wrong:

        formats:
          - {code: euros, kind: currency, decimals: «"2"»}

    Right:

        formats:
          - {code: euros, kind: currency, decimals: 2}
    """

    code = "KPI022"


class NotAChoice(Page):
    """A value is not among the few that its key knows.

    Each of them is computed or shown in another way, so the nearest is not taken for it.

    Wrong:

        formats:
          - {code: euros, kind: «curency»}

    Right:

        formats:
          - {code: euros, kind: currency}
    """

    code = "KPI023"


class WrongForm(Page):
    """A value has not the form that its key asks for: that of a code, a column, a table, a currency.

    Codes become columns and keys of JSON, so they are plain on every engine.

    Wrong:

        formats:
          - {code: «Euros», kind: currency}

    Right:

        formats:
          - {code: euros, kind: currency}
    """

    code = "KPI024"


class OutOfRange(Page):
    """A number is too small or too large, or a text is too long.

    The bounds are what every engine and every reader of the tables can hold.

    Wrong:

        formats:
          - {code: euros, kind: currency, decimals: «11»}

    Right:

        formats:
          - {code: euros, kind: currency, decimals: 2}
    """

    code = "KPI025"


class NotADay(Page):
    """A value is no day or no time of day.

    Days are written 2025-01-31, times of day "04:00".

    Wrong:

        # kpictl.yml
        name: shop
        covers_from: «2025-02-30»

    Right:

        # kpictl.yml
        name: shop
        covers_from: 2025-03-01
    """

    code = "KPI026"


class UnknownLocale(Page):
    """No locale has this name in Unicode's CLDR, by which numbers, amounts and dates are written.

    A comma that stands for thousands here stands for decimals there: no other locale is taken in its place.

    Wrong:

        # kpictl.yml
        name: shop
        locale: «de_GE»

    Right:

        # kpictl.yml
        name: shop
        locale: de_DE
    """

    code = "KPI108"


class NoValue(Page):
    """A key has no value, or an empty one.

    It may have been left for later, and nothing tells what is meant.

    Wrong:

        formats:
          - {code: euros, kind: currency, unit: «""»}

    Right:

        formats:
          - {code: euros, kind: currency}
    """

    code = "KPI027"


class WithoutMeaning(Page):
    """A key has no meaning beside what another one says.

    It would be ignored, and its author would think it is not.

    Wrong:

        formats:
          - {code: pieces, kind: number, «currency»: EUR}

    Right:

        formats:
          - {code: pieces, kind: number}
    """

    code = "KPI028"


class NoProject(Page):
    """There is no kpictl.yml in the folder.

    It is what makes a folder a project; only `name` has to be in it.

    Wrong:

        # kpictl.yml, missing

    Right:

        # kpictl.yml
        name: shop
    """

    code = "KPI030"


class NotRead(Page):
    """A file ends in `.yaml` and is not read.

    One ending is enough, and two would hide a file from a search for the other.

    Wrong:

        # kpis/other.yaml, whole file
        kpis: []

    Right:

        # kpis/other.yml
        kpis: []
    """

    code = "KPI031"


class NoHeader(Page):
    """A lookup has no header, or one that is no column's name.

    Its first row names the columns, with `a` to `z`, digits and `_`.

    Wrong:

        # kpis/lookups/targets.csv
        day,«Target»
        2025-01-01,3

    Right:

        # kpis/lookups/targets.csv
        day,target
        2025-01-01,3
    """

    code = "KPI040"


class ColumnTwice(Page):
    """A lookup has two columns of one name.

    Nothing would tell which of the two is meant.

    Wrong:

        # kpis/lookups/targets.csv
        day,target,«target»
        2025-01-01,3,4

    Right:

        # kpis/lookups/targets.csv
        day,target,stretch
        2025-01-01,3,4
    """

    code = "KPI041"


class RaggedRow(Page):
    """A row of a lookup has more or fewer fields than the header.

    A comma in a text splits it, and every value behind it would move to another column.

    Wrong:

        # kpis/lookups/targets.csv
        day,target
        «2025-01-01,1,000»

    Right:

        # kpis/lookups/targets.csv
        day,target
        2025-01-01,1000
    """

    code = "KPI042"


class NotATableName(Page):
    """A lookup's or a model's file has a name that is no table's.

    The file's name becomes that of its table.

    Wrong:

        # kpis/lookups/2025.csv, whole file
        day,target
        2025-01-01,3

    Right:

        # kpis/lookups/targets_2025.csv
        day,target
        2025-01-01,3
    """

    code = "KPI043"


class NotCsv(Page):
    """A lookup is not CSV.

    A quote is opened and not closed, or closed too early.

    Wrong:

        # kpis/lookups/targets.csv
        day,target
        «2025-01-01,"3"x»

    Right:

        # kpis/lookups/targets.csv
        day,target
        2025-01-01,3
    """

    code = "KPI044"


PAGES: tuple[Page, ...] = (
    UnknownKey(),
    MissingKey(),
    WrongType(),
    NotAChoice(),
    WrongForm(),
    OutOfRange(),
    NotADay(),
    UnknownLocale(),
    NoValue(),
    WithoutMeaning(),
    NoProject(),
    NotRead(),
    NoHeader(),
    ColumnTwice(),
    RaggedRow(),
    NotATableName(),
    NotCsv(),
)
