"""The pages of what only a run finds."""

from __future__ import annotations

from kpictl.check.rule import Page


class UnsetVariable(Page):
    """An environment variable that kpictl.yml names is not set.

    `${NAME}` keeps secrets out of the repository. It is looked up when the environment or the connector is used, in
    the process's environment and in the `.env` beside kpictl.yml.

    Wrong:

        # kpictl.yml
        name: shop
        environments:
          local: {url: «"${SHOP_URL}"»}

    Right:

        # kpictl.yml
        name: shop
        environments:
          local: {url: "duckdb:///shop_data.duckdb"}
    """

    code = "KPI050"
    is_shown_by_files = False


class NothingToPublish(Page):
    """No KPI of the project is to be published.

    A run would write empty tables over those of the last one.

    Wrong:

        # kpis/base.yml
        kpis:
          - {code: fees, source: orders, measure: sum(fee)}
        # kpictl.yml
        «name: shop»

    Right:

        # kpis/base.yml
        kpis:
          - {id: 9, code: fees, name: Fees, description: "X.", owner: us,
             format: currency, source: orders,
             measure: sum(fee)}
    """

    code = "KPI212"
    is_shown_by_files = False


PAGES: tuple[Page, ...] = (
    UnsetVariable(),
    NothingToPublish(),
)
