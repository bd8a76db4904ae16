"""The web application: each call answered from one edition, once for all who ask the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kpictl.diagnostics import KpictlError, NotFoundError, UnpublishedError
from kpictl.report.page import content_security_policy
from kpictl.serve.answers import Answer, Answers
from kpictl.serve.guards import Names, Origins, Tokens
from kpictl.serve.openapi import description
from kpictl.serve.operations import API, HTML, JSON, PAGE, Operation
from kpictl.serve.parameters import CODE_CHARACTERS, asked
from kpictl.serve.problems import Problem, not_allowed, not_found, problem, shortened, unavailable
from kpictl.serve.settings import Settings
from kpictl.serve.source import Reading, Source

Complain = Callable[[str], None]


def application(source: Source, settings: Settings, complain: Complain) -> Starlette:
    """The application over a source; `complain` gets a line about each failure that is not the asker's."""
    desk = _Desk(source, settings, complain)
    routes = [_route(each, desk) for each in (*API, *PAGE)]
    routes.append(Route("/openapi.json", _described(source, settings)))
    middleware = [Middleware(Names, hosts=settings.hosts, is_shared=bool(settings.cors or settings.embed))]
    if settings.cors:
        middleware.append(
            Middleware(
                Origins,
                allow_origins=settings.cors,
                allow_methods=("GET", "HEAD"),
                allow_headers=("Authorization", "If-None-Match"),
                expose_headers=("ETag", "Retry-After"),
            )
        )
    middleware.append(
        Middleware(Tokens, tokens=settings.tokens, open_paths=[each.path for each in API if each.is_open])
    )
    made = Starlette(routes=routes, middleware=middleware, exception_handlers={404: not_found, 405: not_allowed})
    made.router.redirect_slashes = False
    return made


def _route(operation: Operation, desk: _Desk) -> Route:
    async def endpoint(request: Request) -> Response:
        return await desk.answer(operation, request)

    return Route(operation.path, endpoint, name=operation.name)


def _described(source: Source, settings: Settings) -> Callable[[Request], object]:
    document = description(source.catalog.project.name, asks_for_token=bool(settings.tokens))
    is_private = bool(settings.tokens)
    answer = Answer.of("openapi", json.dumps(document, ensure_ascii=False), JSON)

    async def endpoint(request: Request) -> Response:
        try:
            asked(request.scope["query_string"], ())
        except Problem as error:
            return error.response
        return answer.response(request.headers, is_private=is_private)

    return endpoint


@dataclass(slots=True)
class _Desk:
    """Where calls are answered."""

    source: Source
    settings: Settings
    complain: Complain
    answers: Answers = field(default_factory=Answers)

    async def answer(self, operation: Operation, request: Request) -> Response:
        try:
            found = await self._answer(operation, request)
        except Problem as error:
            return error.response
        except NotFoundError as error:
            return problem(404, f"{error}: {error.help}" if error.help else str(error))
        except UnpublishedError as error:
            # Who shows no token is not told what tables and files are called.
            told = "nothing has been published: `kpictl run` publishes"
            return unavailable(told if operation.is_open else f"{error}: {error.help}").response
        except KpictlError as error:
            self._complain(request, f"{error}: {error.help}" if error.help else str(error))
            words = "the database cannot be read just now; what it says is on the server's standard error"
            return unavailable(words).response
        except Exception as error:  # noqa: BLE001 -- the last door: nobody is shown what went wrong inside
            self._complain(request, f"a bug in kpictl: {type(error).__name__}: {error}")
            return problem(500, "a bug in kpictl; what is known of it is on the server's standard error")
        more = {"Content-Security-Policy": self._policy()} if operation.media_type == HTML else None
        return found.response(request.headers, is_private=bool(self.settings.tokens), more=more)

    async def _answer(self, operation: Operation, request: Request) -> Answer:
        query: bytes = request.scope["query_string"]
        key = (request.scope["path"], query)
        if operation.is_kept:
            found = self.answers.get(await self.source.edition(), key)
            if found is not None:
                return found
        code = str(request.path_params.get("code", ""))
        if len(code) > CODE_CHARACTERS:
            raise Problem(404, f"no KPI has a code of more than {CODE_CHARACTERS:,} characters")
        wanted = asked(query, operation.parameters, code)

        def make(at: Reading) -> Answer:
            # Of many who ask the same at once, the first has it made.
            made = self.answers.get(at.edition, key) if operation.is_kept else None
            if made is None:
                made = Answer.of(at.edition, operation.text(at, wanted), operation.media_type)
                if operation.is_kept:
                    self.answers.put(at.edition, key, made)
            return made

        return await self.source.read(make, sees_one_moment=operation.is_kept, is_quick=operation.is_quick)

    def _complain(self, request: Request, words: str) -> None:
        self.complain(f"{request.method} {shortened(request.url.path)}: {words}")

    def _policy(self) -> str:
        framed = " ".join(("'self'", *self.settings.embed))
        return f"{content_security_policy(live=True)}; frame-ancestors {framed}"
