"""`kpictl serve`."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Annotated

import typer

from kpictl.cli.options import Env, Project


def serve(
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Where to listen: 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="The port; 0 takes a free one.")
    ] = 8000,
    cors: Annotated[
        list[str] | None,
        typer.Option(
            "--cors",
            metavar="ORIGIN",
            help="Let pages of this origin read the API; * for all, with a token. Repeatable.",
        ),
    ] = None,
    embed: Annotated[
        list[str] | None,
        typer.Option("--embed", metavar="ORIGIN", help="Let pages of this origin frame the page. Repeatable."),
    ] = None,
    env: Env = None,
    project: Project = None,
) -> None:
    """Serve the page and a JSON API over the published tables, to be read.

    For this machine alone, unless KPICTL_SERVE_TOKEN holds the tokens that open it to others, with commas between.
    """
    from kpictl.catalog import database_url, environment_variables
    from kpictl.cli.project import folder, settings

    catalog = settings(folder(project))
    url = database_url(catalog, env)
    web = _web()
    allowed = web.settings_of(host, environment_variables(catalog.project.folder), cors or (), embed or ())
    with web.listening(host, port) as sock:
        where = f"[{host}]" if ":" in host else host
        _tell(f"serving {catalog.project.name} at http://{where}:{sock.getsockname()[1]} (Ctrl-C stops)")
        source = web.Source(catalog, url)
        try:
            web.serve(web.application(source, allowed, _tell), sock)
        finally:
            source.close()


def _web() -> ModuleType:
    """The web door; WorldError where what it stands on is not installed."""
    from kpictl.diagnostics import WorldError

    try:
        from kpictl import serve as web
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in {"starlette", "uvicorn"}:
            raise
        advice = "uv pip install 'kpictl[web]'"
        raise WorldError(f"serving needs the Python package `{error.name}`", help=advice) from None
    return web


def _tell(words: str) -> None:
    from kpictl.cli.terminal import printable

    sys.stderr.write(f"{printable(words)}\n")
    sys.stderr.flush()
