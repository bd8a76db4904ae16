"""The pages of what is found while files are read as text and YAML."""

from __future__ import annotations

from kpictl.check.rule import Page


class UnreadableFile(Page):
    """A file cannot be read.

    It is a folder, or its permissions keep kpictl out. Nothing that it says is known.

    Wrong:

        # kpis/example.yml, a folder

    Right:

        # kpis/example.yml
        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee)}
    """

    code = "KPI001"


class NotUtf8(Page):
    """A file is not UTF-8.

    Every text of a project is. Another encoding shows letters with accents as others, or stops here.

    Wrong:

        # kpis/example.yml, saved as latin-1
        formats:
          - {code: cafe, kind: number, unit: caf«»é}

    Right:

        formats:
          - {code: cafe, kind: number, unit: café}
    """

    code = "KPI002"


class NotYaml(Page):
    """A file is not YAML: a tab, a missing quote, keys in different columns.

    Nothing of the file can be read until it is.

    Wrong:

        formats:
          - {code: euros, kind: «"»currency}

    Right:

        formats:
          - code: euros
            kind: currency
    """

    code = "KPI003"


class TwoDocuments(Page):
    """A file holds more than one YAML document.

    What stands behind the second `---` would be easy to overlook.

    Wrong:

        formats:
          - {code: euros, kind: currency}
        «-»--
        kpis: []

    Right:

        formats:
          - {code: euros, kind: currency}
    """

    code = "KPI004"


class DuplicateKey(Page):
    """A key stands twice in one mapping.

    Readers of YAML keep the last one and say nothing: one of the two values would be lost.

    Wrong:

        formats:
          - {code: euros, kind: currency, decimals: 2, «decimals»: 0}

    Right:

        formats:
          - {code: euros, kind: currency, decimals: 2}
    """

    code = "KPI005"


class AliasTooLarge(Page):
    """An alias stands inside its own anchor, or the aliases of a file stand for too much.

    A few lines could stand for more values than a machine can hold.

    Wrong:

        formats:
          - &euros «{code: euros, kind: currency, unit: *euros}»

    Right:

        formats:
          - {code: euros, kind: currency}
    """

    code = "KPI006"


class MergeKey(Page):
    """A merge key, `<<`, is not read.

    It is no part of YAML 1.2, and what an entry says would stand somewhere else.

    Wrong:

        formats:
          - {«<<»: {decimals: 2}, code: euros, kind: currency}

    Right:

        formats:
          - {decimals: 2, code: euros, kind: currency}
    """

    code = "KPI007"


class Tag(Page):
    """A tag, such as `!!str`, is not read.

    Values are what JSON knows: texts, numbers, true, false, lists and mappings.

    Wrong:

        formats:
          - {code: euros, kind: currency, unit: «!!str» euros}

    Right:

        formats:
          - {code: euros, kind: currency, unit: "euros"}
    """

    code = "KPI008"


class AmbiguousScalar(Page):
    """A value is a number to some readers of YAML and not to others.

    `010` is eight, ten or a text, depending on who reads it. `NO` and `1:30` are texts here, as in YAML 1.2.

    Wrong:

        formats:
          - {code: euros, kind: currency, decimals: «02»}

    Right:

        formats:
          - {code: euros, kind: currency, decimals: 2}
    """

    code = "KPI009"


class KeyIsNoName(Page):
    """A key is a list or a mapping.

    It is what a template's `{{ … }}` looks like to YAML. There are no templates.

    Wrong:

        formats:
          - {code: euros, kind: currency, unit: {«{unit}»: x}}

    Right:

        formats:
          - {code: euros, kind: currency, unit: x}
    """

    code = "KPI010"


class NestedTooDeep(Page):
    """Values are nested more than 50 deep.

    No catalog needs it; a bracket that is never closed looks like it.

    Wrong:

        formats: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
          [[[[[[[[[[[[[[[[[[[«[]»]]]]]]]]]]]]]]]]]]]
          ]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]

    Right:

        formats: []
    """

    code = "KPI011"


PAGES: tuple[Page, ...] = (
    UnreadableFile(),
    NotUtf8(),
    NotYaml(),
    TwoDocuments(),
    DuplicateKey(),
    AliasTooLarge(),
    MergeKey(),
    Tag(),
    AmbiguousScalar(),
    KeyIsNoName(),
    NestedTooDeep(),
)
