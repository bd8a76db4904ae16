"""A connector that is only YAML, for APIs over HTTP that need no Python: `type: rest`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Annotated, Any, Literal, assert_never

import httpx
from pydantic import Field, SecretStr, model_validator

from kpictl.connect import auth as auths
from kpictl.connect.declared import (
    ColumnName,
    Columns,
    ColumnShape,
    Days,
    Key,
    Name,
    Shape,
    TableShape,
    record_of,
    without,
)
from kpictl.connect.exchange import Item, Mark, MisfitError, Pages, Request, Walk
from kpictl.connect.pace import Rate
from kpictl.connect.paging import at, cursor_pages, linked_pages, listed, numbered_pages, offset_pages, one_page
from kpictl.connect.stream import Child, Connector, Stream


class BasicShape(Shape):
    """A user's name and password."""

    kind: Literal["basic"]
    user: SecretStr
    password: SecretStr


class BearerShape(Shape):
    """A token in the header `Authorization`."""

    kind: Literal["bearer"]
    token: SecretStr


class HeaderShape(Shape):
    """A key in a header of another name."""

    kind: Literal["header"]
    name: str
    value: SecretStr


class QueryShape(Shape):
    """A key in the address."""

    kind: Literal["query"]
    name: str
    value: SecretStr


class ClientCredentialsShape(Shape):
    """OAuth2: a token that is asked for, and renewed."""

    kind: Literal["client_credentials"]
    token_url: str
    client_id: SecretStr
    client_secret: SecretStr
    scope: str | None = None


Auth = Annotated[
    BasicShape | BearerShape | HeaderShape | QueryShape | ClientCredentialsShape, Field(discriminator="kind")
]


class OnePageShape(Shape):
    """The list comes whole."""

    kind: Literal["none"] = "none"


class PageShape(Shape):
    """Pages are counted."""

    kind: Literal["page"]
    page_param: str = "page"
    size_param: str = "limit"
    size: Annotated[int, Field(gt=0)] = 100
    first: int = 1
    total: str | None = None
    resumable: bool = False


class OffsetShape(Shape):
    """The records that have come are counted."""

    kind: Literal["offset"]
    offset_param: str = "offset"
    size_param: str = "limit"
    size: Annotated[int, Field(gt=0)] = 100
    total: str | None = None
    resumable: bool = False


class CursorShape(Shape):
    """Each body has what the next request sends, under the path `cursor`."""

    kind: Literal["cursor"]
    cursor: str = "cursor"
    cursor_param: str = "cursor"
    start: str | None = None
    resumable: bool = False


class LinkShape(Shape):
    """The address of the next page is in the header `Link`, or in the body under the path `next`."""

    kind: Literal["link"]
    next: str | None = None


Pagination = Annotated[OnePageShape | PageShape | OffsetShape | CursorShape | LinkShape, Field(discriminator="kind")]


class RateShape(Shape):
    requests: Annotated[int, Field(gt=0)]
    seconds: Annotated[float, Field(gt=0)] = 60


class SinceShape(Shape):
    """The parameter that asks for what has changed since a moment."""

    param: str
    format: Literal["iso", "date", "unix", "unix_ms"] = "iso"
    prefix: str = ""


class ChildShape(Shape):
    """A table of what each record has in a list; `parent_key` names the columns that hold the record's key."""

    items: str
    table: ColumnName | None = None
    key: Key | None = None
    """By default `position`: the first of its list is 1."""
    parent_key: Key | None = None
    columns: Columns


class StreamShape(TableShape):
    """A list of the API."""

    path: str
    items: str = ""
    params: dict[str, str] = Field(default_factory=dict)
    columns: Columns
    pagination: Pagination | None = None
    updated: ColumnName | None = None
    since: SinceShape | None = None
    lookback_hours: Annotated[float, Field(ge=0)] = 48
    full_every_days: Days | None = 7
    sorted: bool = False
    children: dict[Name, ChildShape] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _asks_for_changes_by_a_column(self) -> StreamShape:
        if (self.updated is None) != (self.since is None):
            raise ValueError("`updated`, the column, and `since`, the parameter, belong together")
        return self


class Settings(Shape):
    """What a connector of `type: rest` says in kpictl.yml."""

    base_url: str
    auth: Auth | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    params: dict[str, str] = Field(default_factory=dict)
    """Of every request, as the headers."""
    pagination: Pagination = OnePageShape()
    rate: RateShape | None = None
    concurrency: Annotated[int, Field(ge=1, le=16)] = 1
    timeout_seconds: Annotated[float, Field(gt=0)] = 30
    streams: Annotated[dict[Name, StreamShape], Field(min_length=1)]


def connector(settings: Settings) -> Connector:
    return Connector(
        name="rest",
        base_url=settings.base_url,
        streams=tuple(_stream(settings, name, shape) for name, shape in settings.streams.items()),
        auth=None if settings.auth is None else _auth(settings.auth),
        headers=settings.headers,
        rate=None if settings.rate is None else Rate(settings.rate.requests, settings.rate.seconds),
        concurrency=settings.concurrency,
        timeout_seconds=settings.timeout_seconds,
        on_refusal="check `auth` and `headers` of the connector, and what they may read",
    )


def _auth(shape: Auth) -> httpx.Auth:
    match shape:
        case BasicShape():
            return auths.basic(shape.user.get_secret_value(), shape.password.get_secret_value())
        case BearerShape():
            return auths.bearer(shape.token.get_secret_value())
        case HeaderShape():
            return auths.header(shape.name, shape.value.get_secret_value())
        case QueryShape():
            return auths.query(shape.name, shape.value.get_secret_value())
        case ClientCredentialsShape():
            return auths.ClientCredentials(
                shape.token_url,
                shape.client_id.get_secret_value(),
                shape.client_secret.get_secret_value(),
                scope=shape.scope,
            )
        case never:
            assert_never(never)


def _stream(settings: Settings, name: str, shape: StreamShape) -> Stream:
    def items(body: Any) -> list[Item]:
        return without(listed(body, shape.items, is_strict=True), shape.leave_out)

    return Stream(
        name=name,
        table=shape.table or f"raw_{name.lower().replace('-', '_')}",
        key=tuple(shape.key),
        record=record_of(name, shape.columns),
        pages=_pages(settings, shape),
        items=items,
        children=tuple(_child(name, shape, child_name, child) for child_name, child in shape.children.items()),
        updated=shape.updated,
        lookback=timedelta(hours=shape.lookback_hours),
        full_every=None if shape.full_every_days is None else timedelta(days=shape.full_every_days),
        is_sorted=shape.sorted,
        expects_all_columns=True,
    )


def _pages(settings: Settings, shape: StreamShape) -> Callable[[Walk], Pages]:
    paged = shape.pagination or settings.pagination

    def pages(walk: Walk) -> Pages:
        filters = _filters(shape.since, walk.since)
        request = Request(shape.path, {**settings.params, **shape.params})
        match paged:
            case CursorShape():
                return cursor_pages(
                    request,
                    list_key=shape.items,
                    cursor_key=paged.cursor,
                    cursor_param=paged.cursor_param,
                    start=paged.start,
                    filters=filters,
                    position=walk.position,
                    is_resumable=paged.resumable,
                )
            case _:
                return _by_number(replace(request, params={**request.params, **filters}), paged, shape, walk)

    return pages


def _by_number(
    request: Request, paged: OnePageShape | PageShape | OffsetShape | LinkShape, shape: StreamShape, walk: Walk
) -> Pages:
    match paged:
        case OnePageShape():
            return one_page(request)
        case PageShape():
            return numbered_pages(
                request,
                shape.items,
                paged.size,
                page_param=paged.page_param,
                size_param=paged.size_param,
                first=paged.first,
                total_key=paged.total,
                position=walk.position,
                is_resumable=paged.resumable,
            )
        case OffsetShape():
            return offset_pages(
                request,
                shape.items,
                paged.size,
                offset_param=paged.offset_param,
                size_param=paged.size_param,
                total_key=paged.total,
                position=walk.position,
                is_resumable=paged.resumable,
            )
        case LinkShape():
            return linked_pages(request, next_key=paged.next)
        case never:
            assert_never(never)


def _filters(shape: SinceShape | None, since: Mark | None) -> Mapping[str, str]:
    if shape is None or since is None:
        return {}
    return {shape.param: shape.prefix + _since(shape, since)}


def _since(shape: SinceShape, since: Mark) -> str:
    if not isinstance(since, datetime):
        return str(since)
    match shape.format:
        case "iso":
            return since.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case "date":
            return since.astimezone(UTC).date().isoformat()
        case "unix":
            return str(int(since.timestamp()))
        case "unix_ms":
            return str(int(since.timestamp() * 1000))


def _child(stream: str, above: StreamShape, name: str, shape: ChildShape) -> Child:
    prefix = stream.lower().replace("-", "_")
    theirs = {column: above.columns[column] for column in above.key if column in above.columns}
    ours = tuple(shape.parent_key or [f"{prefix}_{column}" for column in above.key])
    if len(ours) != len(theirs):
        raise ValueError(f"children.{name}: `parent_key` names a column for each of the key: {', '.join(above.key)}")
    numbered = {} if shape.key else {"position": ColumnShape(type="bigint")}
    columns = {
        **{mine: ColumnShape(type=their.type) for mine, their in zip(ours, theirs.values(), strict=True)},
        **numbered,
        **shape.columns,
    }
    paths = {mine: their.path or [column] for mine, (column, their) in zip(ours, theirs.items(), strict=True)}

    def items(parent: Item) -> list[Item]:
        found = at(parent, shape.items) or []
        if isinstance(found, dict):
            found = [found]
        if not isinstance(found, list):
            raise MisfitError(f"`{shape.items}` is no list")
        ids = {mine: reduce(_member, path, parent) for mine, path in paths.items()}
        members = [item if isinstance(item, dict) else {"value": item} for item in found]
        return [{**item, **ids, **({"position": nth} if numbered else {})} for nth, item in enumerate(members, start=1)]

    key = (*ours, *(shape.key or ["position"]))
    return Child(shape.table or f"raw_{prefix}_{name}".lower().replace("-", "_"), key, record_of(name, columns), items)


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None
