"""The `kpictl` command: its subcommands, and how each outcome becomes an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from kpictl import __version__
from kpictl.cli.add_kpi import add_kpi
from kpictl.cli.compile import compile_
from kpictl.cli.dashboard import dashboard
from kpictl.cli.demo import demo
from kpictl.cli.doctor import doctor
from kpictl.cli.explain import explain
from kpictl.cli.export import export
from kpictl.cli.failure import INTERRUPTED
from kpictl.cli.init import init
from kpictl.cli.lint import lint
from kpictl.cli.list import list_
from kpictl.cli.outcome import tell
from kpictl.cli.run import run
from kpictl.cli.runs import runs
from kpictl.cli.schema import schema
from kpictl.cli.serve import serve
from kpictl.cli.show import show
from kpictl.cli.status import status
from kpictl.cli.streams import stream
from kpictl.cli.sync import sync
from kpictl.cli.test import verify
from kpictl.diagnostics import WorldError

EPILOG = (
    "Exit codes: 0 done; 1 the catalog has errors; 2 wrong command line; 3 a database or an API failed; "
    "4 another run holds the lock; 5 a check stopped the publishing; 70 a bug in kpictl."
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"kpictl {__version__}")
        raise typer.Exit


def kpictl(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """KPIs in YAML, compiled to SQL, refreshed, materialized and shown."""
    del version


def command_line() -> typer.Typer:
    """The commands; building them imports none of their work."""
    # Without Rich in the help, `kpictl --help` starts in half the time.
    made = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    made.callback(no_args_is_help=True, epilog=EPILOG)(kpictl)
    for name, command in (
        ("init", init),
        ("add-kpi", add_kpi),
        ("lint", lint),
        ("test", verify),
        ("compile", compile_),
        ("sync", sync),
        ("run", run),
        ("status", status),
        ("runs", runs),
        ("doctor", doctor),
        ("show", show),
        ("dashboard", dashboard),
        ("serve", serve),
        ("export", export),
        ("explain", explain),
        ("list", list_),
        ("schema", schema),
        ("demo", demo),
    ):
        made.command(name)(command)
    return made


def main() -> None:
    sys.stdout, sys.stderr = stream(sys.stdout, 1), stream(sys.stderr, 2)
    code = outcome()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        code = 1
    except WorldError as error:
        code = tell(error)
    sys.exit(code)


def outcome(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, that of the process by default: its exit code."""
    try:
        command_line()(args=arguments, prog_name="kpictl")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return 1
    except Exception as error:  # noqa: BLE001 -- the last door: what is no error of a user's is a bug
        return tell(error)
    return 0
