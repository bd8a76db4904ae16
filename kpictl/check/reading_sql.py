"""The pages of what is found while SQL is read, in expressions and models alike."""

from __future__ import annotations

from kpictl.check.rule import Page


class NoSql(Page):
    """An expression is empty.

    There would be nothing to compute.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: «""»}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee)}
    """

    code = "KPI300"


class OpenQuote(Page):
    """A quote or a comment in SQL is not closed.

    All that follows, to the end, would belong to it.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "channel = «'»Web"}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "channel = 'App'"}
    """

    code = "KPI301"


class SqlSyntax(Page):
    """The SQL cannot be read.

    A word stands where SQL expects none, or one is missing.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "channel = 'Web' «and»"}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "channel = 'App' and fee > 0"}
    """

    code = "KPI302"


class Unbalanced(Page):
    """A bracket or a `case` is not closed, or one is closed that was never opened.

    In a mapping in braces a comma ends the value: an expression with a comma needs quotes there.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(coalesce«(»fee, 0))}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: "sum(coalesce(fee, 0))"}
    """

    code = "KPI303"


class Template(Page):
    """A template or a placeholder stands in SQL.

    Expressions are plain SQL, read once: what is computed is what stands there.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "channel = «{{» channel }}"}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "channel = 'App'"}
    """

    code = "KPI304"


class TooMuchSql(Page):
    """An expression is too long or nested too deeply.

    Split it: helpers are KPIs without an id, and models may be as long as they need to.

    Wrong:

        kpis:
          - id: 9
            code: fees
            name: Fees
            description: X.
            owner: us
            format: currency
            source: orders
            measure: >-
              sum(((((((((((((((((((((((((((((((((((((((((
              (((((((((((((((((((«(»fee
              )))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee)}
    """

    code = "KPI305"


PAGES: tuple[Page, ...] = (
    NoSql(),
    OpenQuote(),
    SqlSyntax(),
    Unbalanced(),
    Template(),
    TooMuchSql(),
)
