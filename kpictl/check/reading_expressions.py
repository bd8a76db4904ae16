"""The pages of what is found while measures, conditions and formulas are read."""

from __future__ import annotations

from kpictl.check.rule import Page


class Subquery(Page):
    """An expression holds a subquery.

    An expression sees one row of its source. What needs other rows is for a model.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "fee > («select» avg(fee) from marts.orders)"}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "fee > 5"}
    """

    code = "KPI306"


class WindowFunction(Page):
    """An expression holds a window function or a `filter`.

    Windows are kpictl's own. A condition goes into `where`, a window function into a model.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: «sum(fee) filter (where fee > 0)»}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: fee > 0}
    """

    code = "KPI307"


class Star(Page):
    """`*` stands elsewhere than in `count(*)`.

    Elsewhere it stands for all columns, and an expression has one value.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "«*»"}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee)}
    """

    code = "KPI308"


class Statement(Page):
    """A statement stands where an expression is expected.

    An expression is a part of a query that kpictl writes; it changes nothing.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "«delete» from orders"}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "fee > 0"}
    """

    code = "KPI309"


class UnknownFunction(Page):
    """An expression calls a function that not every engine has with one meaning.

    A function is let through where tests on all engines show that it gives the same. Others are for a model.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: "sum(«soundex»(email))"}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee)}
    """

    code = "KPI310"


class NotAllowedHere(Page):
    """An expression holds a piece of SQL that is not among those allowed.

    The list is short on purpose: what stands on it means the same on every engine.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "fee > «interval '1'» day"}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "fee > 0"}
    """

    code = "KPI311"


class DottedName(Page):
    """A name in an expression has a dot, or is none.

    The source is said by `source`; a column stands alone.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: "sum(«orders.fee»)"}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee)}
    """

    code = "KPI312"


class NumberForm(Page):
    """A number is written in a form that engines read differently.

    1e3 is exact on PostgreSQL and a rounded `double` on DuckDB: sums would differ in their last digits.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "fee > «1e3»"}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "fee > 1000"}
    """

    code = "KPI313"


class FunctionForm(Page):
    """A function is called in a form on which engines differ.

    Positions below 1, backslashes in patterns and the like do not mean the same everywhere.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "«substring(email, 0)» = 'a'"}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "substring(email, 1) = 'a'"}
    """

    code = "KPI314"


class CastType(Page):
    """A cast is to a type that engines do not share, or of a text that is no date.

    `money` is PostgreSQL's alone, and `varchar(3)` cuts a text there and not on DuckDB.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "«cast(fee as money)» > 0"}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "cast(fee as decimal(12, 2)) > 0"}
    """

    code = "KPI315"


class AggregateHere(Page):
    """An aggregate stands where there is one row or one value.

    A condition looks at one row of the source, a formula at the values of other KPIs.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "«sum»(fee) > 0"}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee), where: "fee > 0"}
    """

    code = "KPI320"


class NoAggregate(Page):
    """A measure is no call of one aggregate.

    Days, windows and entities are put together from sums and counts. Two aggregates are two KPIs and a formula.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: «"sum(fee) / count(*)"»}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee)}
    """

    code = "KPI321"


class AggregateForm(Page):
    """An aggregate has more than one argument, or a `distinct` that is for counts alone.

    The sum of distinct values is hardly ever meant: two sales of 10 are 20.

    Wrong:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: "«sum»(distinct fee)"}

    Right:

        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: number, source: orders,
             measure: "count(distinct fee)"}
    """

    code = "KPI322"


PAGES: tuple[Page, ...] = (
    Subquery(),
    WindowFunction(),
    Star(),
    Statement(),
    UnknownFunction(),
    NotAllowedHere(),
    DottedName(),
    NumberForm(),
    FunctionForm(),
    CastType(),
    AggregateHere(),
    NoAggregate(),
    AggregateForm(),
)
