"""What pydantic finds wrong with a YAML value, in kpictl's words and where the wrong key or value stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from kpictl.catalog import schema
from kpictl.catalog.document import Places, Value
from kpictl.catalog.near import meant
from kpictl.catalog.text import QUOTE_COMMAS
from kpictl.diagnostics import Diagnostic, Span

Route = tuple[str | int, ...]
Shaped = TypeVar("Shaped", bound=BaseModel)

# How each pattern of the schema is said in words.
_PATTERNS: Mapping[str, tuple[str, str]] = {
    schema.CODE: ("is not a code", "`a` to `z`, digits and `_` make a code, a letter first"),
    schema.NAME: ("is not a name", "letters, digits, `_` and `-` make a name, a letter first"),
    schema.SCHEMA: ("is not a schema's name", "it is written with `a` to `z`, digits and `_`"),
    schema.COLUMN: ("is not a column's name", "letters, digits and `_` make a name; a model can rename it"),
    schema.RELATION: ("is not a table's name", "write `schema.table`, or `table` in the models' schema"),
    schema.CURRENCY: ("is not a currency's code", "it is written with three capital letters: USD"),
    schema.DURATION: ("is not a duration", "it is written `36h`: a number, then m, h or d"),
    schema.MONTH_DAY: ("is not a day of a year", "it is written `january-31`"),
}  # fmt: skip

_TYPES: Mapping[str, tuple[str, str]] = {
    "string_type": ("a text", "write one text; in quotes anything is one"),
    "int_type": ("a whole number", "write digits alone, without a point or quotes"),
    "int_from_float": ("a whole number", "write digits alone, without a point or quotes"),
    "float_type": ("a number", "write digits, without quotes"),
    "bool_type": ("`true` or `false`", "write one of them, without quotes"),
    "list_type": ("a list", "write `[a, b]`, or `- ` before each item"),
    "dict_type": ("a mapping", "write `{key: value}`, or each key on a line of its own"),
    "model_type": ("a mapping", "write `{key: value}`, or each key on a line of its own"),
}

_WRITE = "write a value, or leave the key out"


def shaped(
    shape: type[Shaped], value: Value, places: Places
) -> tuple[Shaped | None, tuple[Diagnostic, ...], frozenset[str]]:
    """A value as `shape`; what is wrong with it; and the first keys of what is wrong."""
    empty: list[Route] = []
    if value is None:
        return None, (_no_value(places, ()),), frozenset()
    whole = _without_nulls(value, (), empty)
    found = [_no_value(places, route) for route in empty]
    try:
        made = shape.model_validate(whole)
    except ValidationError as error:
        # `input` may be huge; the place shows it.
        for detail in error.errors(include_url=False, include_input=True):
            route = _known(detail["loc"], whole)
            if detail["type"] == "missing" and any(gone[: len(detail["loc"])] == detail["loc"] for gone in empty):
                continue
            found.append(_diagnostic(shape, detail, places, route))
            empty.append(tuple(detail["loc"]))
        made = None
    keys = frozenset(str(route[0]) for route in empty if route)
    return (None if found else made), tuple(found), keys


def _without_nulls(value: Value, route: Route, empty: list[Route]) -> Value:
    """The value without its keys that have none; a route to each of them is added to `empty`."""
    match value:
        case dict():
            empty.extend((*route, key) for key, item in value.items() if item is None)
            return {k: _without_nulls(item, (*route, k), empty) for k, item in value.items() if item is not None}
        case list():
            empty.extend((*route, index) for index, item in enumerate(value) if item is None)
            return [_without_nulls(item, (*route, index), empty) for index, item in enumerate(value)]
        case _:
            return value


def _no_value(places: Places, route: Route) -> Diagnostic:
    if not route or isinstance(route[-1], int):
        advice = "write one, or remove its `-` or comma"
        return Diagnostic("KPI027", "an item of this list has no value", places.at(*route), help=advice)
    name, at = route[-1], places.at(*route)
    if places.under(*route).follows_comma():
        message = f"`{_short(name)}` stands behind a comma, which ends the value before it"
        return Diagnostic("KPI027", message, at, help=QUOTE_COMMAS)
    return Diagnostic("KPI027", f"`{name}` has no value", at, help=_WRITE)


def without_comma_told_twice(found: tuple[Diagnostic, ...], in_sql: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Where a comma cut an expression in two, that is told at its open bracket, and not at its second half too."""
    if all(each.code != "KPI303" for each in in_sql):
        return found
    return tuple(each for each in found if each.help != QUOTE_COMMAS)


def _known(loc: Sequence[str | int], value: object) -> Route:
    """`loc` without the steps that are pydantic's own, such as the tags of unions."""
    route: list[str | int] = []
    for step in loc:
        match value:
            case dict() if step in value:
                value = value[step]
            case list() if isinstance(step, int) and step < len(value):
                value = value[step]
            case _:
                continue
        route.append(step)
    return tuple(route)


def _diagnostic(shape: type[BaseModel], detail: ErrorDetails, places: Places, route: Route) -> Diagnostic:
    kind, name = detail["type"], str(detail["loc"][-1]) if detail["loc"] else ""
    at = places.key(*route) if name == "[key]" or kind == "extra_forbidden" else places.at(*route)
    context = detail.get("ctx", {})
    if kind.startswith("KPI"):
        return Diagnostic(kind, detail["msg"], at, help=context.get("help"))
    match kind:
        case "extra_forbidden":
            return unknown_key(name, _keys(shape, route[:-1]), at)
        case "missing":
            at = _first_line(places, route)
            return Diagnostic("KPI021", f"`{name}` is missing", at, help=f"add `{name}: …`")
        case "literal_error":
            return _not_a_choice(detail["input"], _choices(context), at)
        case "string_pattern_mismatch":
            what, advice = _PATTERNS[context["pattern"]]
            return Diagnostic("KPI024", f"`{_short(detail['input'])}` {what}", at, help=advice)
        case "greater_than_equal" | "less_than_equal":
            low = kind == "greater_than_equal"
            message = f"this number is too {'small' if low else 'large'}"
            advice = f"write at least {context['ge']}" if low else f"write at most {context['le']}"
            return Diagnostic("KPI025", message, at, help=advice)
        case "string_too_short" | "too_short":
            return Diagnostic("KPI027", f"{_named(route)} is empty", at, help=_WRITE)
        case "string_too_long":
            message = f"this has more than {context['max_length']} characters"
            return Diagnostic("KPI025", message, at, help="shorten it")
        case _:
            return _wrong_type(kind, detail["input"], route, at)


def unknown_key(name: str, known: Iterable[str], at: Span) -> Diagnostic:
    known = tuple(known)
    advice = meant(name, known) or (f"there are {', '.join(known)}" if known else "leave it out")
    return Diagnostic("KPI020", f"the key `{_short(name)}` is not known", at, help=advice)


def _keys(shape: type[BaseModel], route: Route) -> tuple[str, ...]:
    """The keys that a mapping may have, found by the route to it through the shapes."""
    for step in route:
        field = shape.model_fields.get(step) if isinstance(step, str) else None
        if field is not None:
            shape = _shape_in(field.annotation) or shape
    return tuple(shape.model_fields)


def _shape_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _shape_in(part)) is not None), None)


def _first_line(places: Places, route: Route) -> Span:
    """The first key of a mapping that lacks another one: the whole of it would underline too much."""
    below = places.under(*route)
    first = below.first_key()
    return below.at() if first is None else below.key(first)


def _choices(context: Mapping[str, object]) -> list[str]:
    return str(context.get("expected", "")).replace("'", "").replace(" or ", ", ").split(", ")


def _not_a_choice(value: object, choices: list[str], at: Span) -> Diagnostic:
    close = meant(value, choices) if isinstance(value, str) else None
    advice = close or f"there are {', '.join(choices)}"
    return Diagnostic("KPI023", f"`{_short(value)}` is not a choice here", at, help=advice)


def _wrong_type(kind: str, value: object, route: Route, at: Span) -> Diagnostic:
    wanted, advice = _TYPES.get(kind, ("another value", "see `kpictl schema`"))
    if wanted == "a text" and isinstance(value, bool | int | float):
        advice = "put it in quotes"
    said = "one with a fraction" if wanted == "a whole number" and isinstance(value, float) else _said(value)
    return Diagnostic("KPI022", f"{_named(route)} must be {wanted}, not {said}", at, help=advice)


def _named(route: Route) -> str:
    names = [step for step in route if isinstance(step, str)]
    if not names:
        return "this"
    return f"`{names[-1]}`" if route[-1] == names[-1] else f"each of `{names[-1]}`"


def _said(value: object) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return "this"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
