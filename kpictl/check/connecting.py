"""The pages of what goes wrong while connectors are called."""

from __future__ import annotations

from kpictl.check.rule import Page


class CredentialsRefused(Page):
    """An API refuses the connector's credentials, or does not let them read what is asked for.

    Status 401, or 403: it is not tried again, as that would not help. What was loaded before stays. Some APIs hide
    it behind status 503 (KPI503).

    Wrong:

        # kpictl.yml
        name: shop
        connectors:
          shop:
            type: rest
            base_url: https://api.example.com/v1
            auth: {kind: bearer, token: «"${TOKEN}"»}
            streams: {orders: {path: /orders, key: id, columns: {id: text}}}

    Right:

        # kpictl.yml
        name: shop
        connectors:
          shop:
            type: rest
            base_url: https://api.example.com/v1
            auth: {kind: bearer, token: "${SHOP_TOKEN}"}
            streams: {orders: {path: /orders, key: id, columns: {id: text}}}
    """

    code = "KPI501"
    is_shown_by_files = False


class NoConnection(Page):
    """There is no connection to an API, or no answer in time, after several tries over about a minute.

    The host may be misspelt, the network down, or a proxy needed: kpictl takes it from HTTPS_PROXY. What was loaded
    before stays, and the next sync goes on from there.

    Wrong:

        # kpictl.yml
        name: shop
        connectors:
          shop:
            type: rest
            base_url: «https://api.exmaple.com/v1»
            auth: {kind: bearer, token: "${SHOP_TOKEN}"}
            streams: {orders: {path: /orders, key: id, columns: {id: text}}}

    Right:

        # kpictl.yml
        name: shop
        connectors:
          shop:
            type: rest
            base_url: https://api.example.com/v1
            auth: {kind: bearer, token: "${SHOP_TOKEN}"}
            streams: {orders: {path: /orders, key: id, columns: {id: text}}}
    """

    code = "KPI502"
    is_shown_by_files = False


class ServiceUnavailable(Page):
    """An API answers that it cannot (a status from 500 on), or that it was called too often (429).

    It was tried several times over about a minute, or as long as its header `Retry-After` asked, up to five minutes.
    Mostly it passes: run again. Some APIs hide wrong credentials behind such an answer.

    Wrong:

        # kpictl.yml
        name: shop
        connectors:
          shop:
            type: rest
            base_url: https://api.example.com/v1
            auth: {kind: bearer, token: «of-another-shop»}
            streams: {orders: {path: /orders, key: id, columns: {id: text}}}

    Right:

        # kpictl.yml
        name: shop
        connectors:
          shop:
            type: rest
            base_url: https://api.example.com/v1
            auth: {kind: bearer, token: "${SHOP_TOKEN}"}
            streams: {orders: {path: /orders, key: id, columns: {id: text}}}
    """

    code = "KPI503"
    is_shown_by_files = False


class UnexpectedAnswer(Page):
    """An API's answer is not what the connector expects.

    It is no JSON, lacks its list, has a status that means a wrong request, or leads in a circle. Either `base_url`
    leads elsewhere, or the API has changed, and the connector must.

    Wrong:

        # kpictl.yml
        name: shop
        connectors:
          shop:
            type: rest
            base_url: «https://www.example.com»
            auth: {kind: bearer, token: "${SHOP_TOKEN}"}
            streams: {orders: {path: /orders, key: id, columns: {id: text}}}

    Right:

        # kpictl.yml
        name: shop
        connectors:
          shop:
            type: rest
            base_url: https://api.example.com/v1
            auth: {kind: bearer, token: "${SHOP_TOKEN}"}
            streams: {orders: {path: /orders, key: id, columns: {id: text}}}
    """

    code = "KPI504"
    is_shown_by_files = False


class AddressRefused(Page):
    """An API leads to an address that kpictl does not call.

    Credentials go to the scheme, host and port of `base_url` alone, and without them a connector calls the hosts that
    it lists. A redirect, a link to the next page or a file's address that leads elsewhere is refused: it could hand
    the key, or false numbers, to or from a stranger.

    Wrong:

        # kpictl.yml
        name: shop
        connectors:
          shop:
            type: rest
            base_url: «https://example.com/v1»
            auth: {kind: bearer, token: "${SHOP_TOKEN}"}
            streams: {orders: {path: /orders, key: id, columns: {id: text}}}

    Right:

        # kpictl.yml
        name: shop
        connectors:
          shop:
            type: rest
            base_url: https://api.example.com/v1
            auth: {kind: bearer, token: "${SHOP_TOKEN}"}
            streams: {orders: {path: /orders, key: id, columns: {id: text}}}
    """

    code = "KPI505"
    is_shown_by_files = False


class TooManyMisfits(Page):
    """More records do not fit their table than one believes to be mistakes.

    A record that does not fit is left out, kept in `raw_rejects` with the reason, and told. Above 20 in a walk, and
    5 percent of it, the stream stops, and where none of a whole walk of five or more fits: the API has changed, or the
    columns are declared wrongly.

    Wrong:

        # kpictl.yml
        name: shop
        connectors:
          shop:
            type: rest
            base_url: https://api.example.com/v1
            auth: {kind: bearer, token: "${SHOP_TOKEN}"}
            streams: {orders: {path: /orders, key: id, columns: {id: «bigint»}}}

    Right:

        # kpictl.yml
        name: shop
        connectors:
          shop:
            type: rest
            base_url: https://api.example.com/v1
            auth: {kind: bearer, token: "${SHOP_TOKEN}"}
            streams: {orders: {path: /orders, key: id, columns: {id: text}}}
    """

    code = "KPI506"
    is_shown_by_files = False


class ConnectorFailed(Page):
    """A connector's own Python failed.

    It is the project's, or a package's: its author can correct it. The message says what was raised.

    Wrong:

        # connectors/shop.py
        def items(body):
            return body[«"order"»]

    Right:

        # connectors/shop.py
        items = listed_under("orders")
    """

    code = "KPI507"
    is_shown_by_files = False


class BadSettings(Page):
    """A connector cannot be made: there is none of that name, or its settings are not right.

    `connectors:` in kpictl.yml names a file in `connectors/`, an installed package, or has a `type`: `rest`, `files`
    or `sql`.

    Wrong:

        # kpictl.yml
        name: shop
        connectors:
          orders: {type: «files», path: orders.csv}

    Right:

        # kpictl.yml
        name: shop
        connectors:
          orders:
            type: files
            streams: {orders: {path: orders.csv, key: id}}
    """

    code = "KPI508"
    is_shown_by_files = False


class ColumnOfAnotherType(Page):
    """A column of a raw table is there with another type than its connector declares.

    Values would be cut or refused. Where the table is dropped, the next sync makes it anew and fills it from the
    beginning.

    Wrong:

        # kpictl.yml, where raw.raw_orders.total is a bigint
        name: shop
        connectors:
          shop:
            type: files
            streams:
              orders: {path: o.csv, key: id, columns: {id: text, total: «decimal»}}

    Right:

        # kpictl.yml
        name: shop
        connectors:
          shop:
            type: files
            streams:
              orders: {path: o.csv, key: id, columns: {id: text, total: bigint}}
    """

    code = "KPI509"
    is_shown_by_files = False


PAGES: tuple[Page, ...] = (
    CredentialsRefused(),
    NoConnection(),
    ServiceUnavailable(),
    UnexpectedAnswer(),
    AddressRefused(),
    TooManyMisfits(),
    ConnectorFailed(),
    BadSettings(),
    ColumnOfAnotherType(),
)
