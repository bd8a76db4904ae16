"""The pages of what is found while SQL models are read."""

from __future__ import annotations

from kpictl.check.rule import Page


class NotOneSelect(Page):
    """A model is not one SELECT.

    It says what rows there are. What makes or changes tables is kpictl's part.

    Wrong:

        -- kpis/models/daily.sql
        «create» table x as select 1 as a

    Right:

        -- kpis/models/daily.sql
        select ordered_on, sum(amount) as amount from marts.orders group by ordered_on
    """

    code = "KPI330"


class ModelSetting(Page):
    """A setting in a model's first comments is not known, or has an unknown value.

    A setting that is not read would look like one that is.

    Wrong:

        -- kpis/models/daily.sql
        -- «dialect: mysql»
        select order_id from marts.orders

    Right:

        -- kpis/models/daily.sql
        -- dialect: duckdb
        select order_id from marts.orders
    """

    code = "KPI331"


class ModelChangesData(Page):
    """A model changes data or locks rows.

    A model is read at any time, by anybody, and leaves everything as it is.

    Wrong:

        -- kpis/models/daily.sql
        select order_id from marts.orders «for» update

    Right:

        -- kpis/models/daily.sql
        select ordered_on, sum(amount) as amount from marts.orders group by ordered_on
    """

    code = "KPI332"


class NotAllowedInModel(Page):
    """A model holds a piece of SQL that is not among those allowed.

    What is allowed has been translated to every engine and tested there.

    Wrong:

        -- kpis/models/daily.sql
        select order_id from «marts.orders tablesample bernoulli (10)»

    Right:

        -- kpis/models/daily.sql
        select ordered_on, sum(amount) as amount from marts.orders group by ordered_on
    """

    code = "KPI333"


class UnknownModelFunction(Page):
    """A model calls a function that not every engine has, or that gives another answer each time.

    A model gives the same rows tonight and in a backfill.

    Wrong:

        -- kpis/models/daily.sql
        select order_id, «now»() as loaded_at from marts.orders

    Right:

        -- kpis/models/daily.sql
        select ordered_on, sum(amount) as amount from marts.orders group by ordered_on
    """

    code = "KPI334"


class TableForm(Page):
    """A model reads something that is no table of a schema.

    Files come in as lookups or through connectors, so that a run knows all that it reads.

    Wrong:

        -- kpis/models/daily.sql
        select order_id from «shop.marts.orders»

    Right:

        -- kpis/models/daily.sql
        select ordered_on, sum(amount) as amount from marts.orders group by ordered_on
    """

    code = "KPI335"


class BareNumeric(Page):
    """A cast to `numeric` gives no size.

    PostgreSQL keeps every digit of it, DuckDB three decimals.

    Wrong:

        -- kpis/models/daily.sql
        select «cast(amount as numeric)» as amount from marts.orders

    Right:

        -- kpis/models/daily.sql
        select cast(amount as numeric(38, 10)) as amount from marts.orders
    """

    code = "KPI336"


class IntegerDivision(Page):
    """A model divides an integer by an integer.

    7 / 2 is 3 on PostgreSQL and 3.5 on DuckDB.

    Wrong:

        -- kpis/models/daily.sql
        select «count(*) / 2» as half from marts.orders

    Right:

        -- kpis/models/daily.sql
        select count(*)::numeric(38, 10) / 2 as half from marts.orders
    """

    code = "KPI337"


class NamelessColumn(Page):
    """A column of a model has no name.

    Engines make up different ones.

    Wrong:

        -- kpis/models/daily.sql
        select «amount + 1» from marts.orders

    Right:

        -- kpis/models/daily.sql
        select amount + 1 as more from marts.orders
    """

    code = "KPI338"


class SelectedTwice(Page):
    """A model selects two columns of one name.

    A view has one column of a name.

    Wrong:

        -- kpis/models/daily.sql
        select order_id, «channel as order_id» from marts.orders

    Right:

        -- kpis/models/daily.sql
        select order_id, channel from marts.orders
    """

    code = "KPI339"


PAGES: tuple[Page, ...] = (
    NotOneSelect(),
    ModelSetting(),
    ModelChangesData(),
    NotAllowedInModel(),
    UnknownModelFunction(),
    TableForm(),
    BareNumeric(),
    IntegerDivision(),
    NamelessColumn(),
    SelectedTwice(),
)
