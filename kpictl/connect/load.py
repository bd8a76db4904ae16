"""Finds a connector by its name: the project's own file first, then an installed plugin."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError

from kpictl.connect.exchange import AnswerError
from kpictl.connect.redact import redact
from kpictl.connect.stream import Connector
from kpictl.diagnostics import SettingsError, UsageError, WorldError

GROUP = "kpictl.connectors"
SECRET_LENGTH = 4
"""Until a plugin says which settings are secret, every text of this length is; others are in any message."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def load_connector(
    name: str, settings: Mapping[str, object], folder: Path, secrets: Sequence[str] = (), *, plugins: bool = True
) -> Connector:
    """The connector `name` of the project in `folder`, with its settings from `kpictl.yml`.

    A plugin is a module with a pydantic model `Settings` and a function `connector(settings)`; `type`, among the
    settings, names another than that of the connector's name. Members of type `SecretStr` are kept out of every
    message, and so are `secrets`, what the environment said; until they are known, all texts are. The context of the
    settings' validation has `folder`. Without `plugins` a connector that is the project's own Python is refused, and
    nothing of it is read. Raises SettingsError for settings that are wrong, UsageError for a plugin that may not be
    loaded, WorldError for all else.
    """
    given, kind = _typed(name, settings)
    texts = [*secrets, *(value for value in given.values() if isinstance(value, str))]
    private = [text for text in texts if len(text) >= SECRET_LENGTH]
    if kind in secrets:
        # Which code is loaded is for the file to say; and its name would stand in messages.
        raise _refused(f"connector {name}: `type` comes from the environment", help="write it in kpictl.yml")
    if not plugins and (own := project_python(kind, folder)) is not None:
        raise UsageError(
            f"connector {name}: --no-plugins refuses {own.relative_to(folder)}, which is the project's own Python",
            help="leave --no-plugins out if that file is trusted; `type: rest`, `files` and `sql` need no Python",
        )
    plugin = _plugin(kind, folder, private)
    model, make = _parts(name, plugin)
    try:
        checked = model.model_validate(given, context={"folder": folder})
    except ValidationError as error:
        raise _bad_settings(name, given, error, private) from None
    try:
        connector = make(checked)
    except AnswerError as error:
        raise _refused(f"connector {name}: {error}", help=error.help or _CORRECT) from None
    except Exception as error:  # noqa: BLE001 -- a plugin is the project's own code: its faults are not kpictl's
        raise _refused(redact(f"connector {name}: {_text(error)}", private), help=_CORRECT) from None
    if not isinstance(connector, Connector):
        raise _refused(f"connector {name}: connector() did not return a Connector", help=_CORRECT)
    # An address of the environment is none of them: messages say where a call went, without its path's query.
    hidden = (each for each in (*_secrets(checked), *secrets) if not each.startswith(("http://", "https://")))
    kept = (each for each in hidden if len(each) >= SECRET_LENGTH)
    return replace(connector, name=name, secrets=(*connector.secrets, *kept))


def _bad_settings(
    name: str, given: Mapping[str, object], error: ValidationError, private: Sequence[str]
) -> SettingsError:
    problems = tuple(
        (_written(given, found["loc"]), redact(_said(found["msg"]), private))
        for found in error.errors(include_input=False, include_context=False)
    )
    said = "; ".join(f"{'.'.join(map(str, at)) or 'settings'}: {message}" for at, message in problems)
    help_ = f"correct `connectors: {name}:` in kpictl.yml, or the environment variables that it names"
    return SettingsError(f"connector {name}: bad settings: {said}", problems, help=help_)


def _written(given: object, location: Sequence[str | int]) -> tuple[str | int, ...]:
    """The keys that lead to a problem as they are written: pydantic's own for the kinds of a union are not there."""
    found: list[str | int] = []
    for nth, step in enumerate(location):
        match given, step:
            case dict(), _ if step in given:
                given = given[step]
            case list(), int():
                given = given[step]
            case _ if nth < len(location) - 1:
                continue
        found.append(step)
    return tuple(found)


def _said(message: str) -> str:
    """Pydantic's words as those of a message to people."""
    words = {"Extra inputs are not permitted": "there is no such setting", "Field required": "it is missing"}
    return words.get(message, message.removeprefix("Value error, "))


def _typed(name: str, settings: Mapping[str, object]) -> tuple[dict[str, object], str]:
    """The settings without `type`, and what it says: the plugin's name, where that is not the connector's."""
    kind = settings.get("type", name)
    if not isinstance(kind, str):
        raise _refused(f"connector {name}: `type` is no name", help=_CORRECT)
    return {key: value for key, value in settings.items() if key != "type"}, kind


def _secrets(value: object) -> Iterator[str]:
    """All secrets in a model, however deep."""
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case BaseModel():
            yield from _secrets(dict(value))
        case dict():
            for member in value.values():
                yield from _secrets(member)
        case list() | tuple():
            for member in value:
                yield from _secrets(member)


_CORRECT = "correct the plugin or its settings"
_STAND_INS = ("test", "1", "https://localhost")


def describe_connector(name: str, settings: Mapping[str, object], folder: Path) -> Connector:
    """The connector with made-up settings in the place of those that are missing or wrong.

    It tells its tables without a secret; no API would let it in.
    """
    given, kind = _typed(name, settings)
    model, _ = _parts(name, _plugin(kind, folder, []))
    tries = [{**_completed(model, given, (first, *_STAND_INS)), "type": kind} for first in _STAND_INS]
    for made_up in tries[:-1]:
        try:
            return load_connector(name, made_up, folder)
        except WorldError:  # the plugin asks more of a text than its settings say
            continue
    return load_connector(name, tries[-1], folder)


def _completed(model: type[BaseModel], settings: Mapping[str, object], texts: Sequence[str]) -> dict[str, object]:
    """The settings with the first of the texts that fits where there is no value that does."""
    given = dict(settings)
    for text in texts:
        try:
            model.model_validate(given)
        except ValidationError as error:
            given |= {str(problem["loc"][0]): text for problem in error.errors() if problem["loc"]}
    return given


def plugins_of(folder: Path) -> tuple[str, ...]:
    """The names of the plugins that lie in a project's folder, configured or not."""
    own = folder / "connectors"
    files = {path.stem for path in own.glob("*.py")} | {path.parent.name for path in own.glob("*/__init__.py")}
    return tuple(sorted(name for name in files if _NAME.fullmatch(name)))


def _plugin(name: str, folder: Path, private: list[str]) -> Any:
    if _NAME.fullmatch(name) is None:
        raise _refused(f"connector {name}: a connector's name is made of letters, digits and `_`", help="rename it")
    path = project_python(name, folder)
    try:
        if path is not None:
            return _from_path(name, path)
        for found in entry_points(group=GROUP, name=name):
            return found.load()
    except ModuleNotFoundError as error:
        place = path.relative_to(folder) if path is not None else "the installed plugin"
        module = (error.name or "").partition(".")[0]
        raise _refused(
            f"connector {name}: {place} needs the Python package `{module}`, which is not installed",
            help=f"install it where kpictl is, say by `pip install {module}`, or correct the import",
        ) from error
    except Exception as error:
        place = path.relative_to(folder) if path is not None else "the installed plugin"
        raise _refused(
            redact(f"connector {name}: importing {place} failed: {_text(error)}", private), help=_CORRECT
        ) from error
    raise _refused(
        f"connector {name}: there is no connectors/{name}.py and no installed plugin of that name",
        help=f"write connectors/{name}.py, install a package with an entry point in `{GROUP}`, or take "
        f"`{name}` out of `connectors` in kpictl.yml",
    )


def project_python(kind: str, folder: Path) -> Path | None:
    """The file of the project's own that makes connectors of a kind; an installed package is the machine's."""
    if _NAME.fullmatch(kind) is None:
        return None
    own = folder / "connectors"
    return next((path for path in (own / f"{kind}.py", own / kind / "__init__.py") if path.is_file()), None)


def _from_path(name: str, path: Path) -> ModuleType:
    private_name = f"_kpictl_connector_{name}"
    search = [str(path.parent)] if path.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(private_name, path, submodule_search_locations=search)
    if spec is None or spec.loader is None:
        raise ImportError(f"no loader for {path.name}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[private_name] = module  # pydantic and dataclasses look their module up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[private_name]
        raise
    return module


def _parts(name: str, plugin: Any) -> tuple[type[BaseModel], Callable[[BaseModel], object]]:
    model = getattr(plugin, "Settings", None)
    make = getattr(plugin, "connector", None)
    if not (isinstance(model, type) and issubclass(model, BaseModel)) or not callable(make):
        raise _refused(
            f"connector {name}: the plugin lacks a pydantic model `Settings` or a function `connector`",
            help=_CORRECT,
        )
    return model, make


def _refused(message: str, *, help: str) -> WorldError:  # noqa: A002 -- the word of every diagnostic
    return WorldError(message, help=help, code="KPI508")


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
