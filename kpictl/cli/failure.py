"""A failure as a value: the same words for the terminal, the log and the webhook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kpictl import __version__
from kpictl.diagnostics import CatalogError, Diagnostic, KpictlError, WorldError
from kpictl.diagnostics.render import relative

BUG = 70  # EX_SOFTWARE of sysexits.h
INTERRUPTED = 130  # what shells give for SIGINT
PACKAGE = "kpictl"
DIAGNOSTICS_TOLD = 10


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, and what to do; with `diagnostics` where the project's files are at fault."""

    kind: str
    message: str
    help: str | None
    code: str | None
    exit_code: int
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def heading(self) -> str:
        return "error:" if self.code is None else f"error[{self.code}]:"


def failure_of(error: BaseException) -> Failure:
    """What is told of an exception: anything that is neither a user's nor the machine's is a bug."""
    kind = type(error).__name__
    match error:
        case CatalogError():
            return Failure(kind, str(error), error.help, None, error.exit_code, error.diagnostics)
        case WorldError():
            return Failure(kind, str(error), error.help, error.code, error.exit_code)
        case KpictlError():
            return Failure(kind, str(error), error.help, None, error.exit_code)
        case KeyboardInterrupt():
            return Failure(kind, "interrupted", None, None, INTERRUPTED)
        case ModuleNotFoundError(name=str(name)) if name.partition(".")[0] != PACKAGE:
            # kpictl lists all that it imports: somebody has removed it, or installed kpictl without.
            said = f"the Python package `{name.partition('.')[0]}` is not installed"
            advice = "install kpictl again, with all that it needs: pip install --force-reinstall kpictl"
            return Failure(kind, said, advice, None, WorldError.exit_code)
        case _:
            first_line = next(iter(str(error).splitlines()), "")
            said = f"a bug in kpictl {__version__}: {kind}: {first_line}"
            advice = "run the command again with KPICTL_DEBUG=1, and report what it prints with the command"
            return Failure(kind, said, advice, None, BUG)


def lines(failure: Failure, base: Path) -> Iterator[str]:
    """The failure in plain lines, for those who do not see the files: each place by name, no source."""
    if not failure.diagnostics:
        yield f"{failure.heading} {failure.message}"
        if failure.help is not None:
            yield f"  help: {failure.help}"
        if failure.code is not None:
            yield f"  more: kpictl explain {failure.code}"
        return
    for each in failure.diagnostics[:DIAGNOSTICS_TOLD]:
        yield f"{each.severity}[{each.code}]: {each.message}"
        yield f"  --> {relative(each.at.path, base)}:{each.at.line}:{each.at.column}"
        if each.help is not None:
            yield f"  help: {each.help}"
    more = len(failure.diagnostics) - DIAGNOSTICS_TOLD
    if more > 0:
        yield f"and {more} more: kpictl lint shows them"
