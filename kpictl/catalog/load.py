"""Reading a project's folder: all that its files say as one Catalog, and all that is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from kpictl.catalog import build, lookups, model, sqlmodel, tested
from kpictl.catalog.document import Document, Places, Value, read
from kpictl.catalog.problems import shaped, unknown_key, without_comma_told_twice
from kpictl.catalog.schema import (
    CODE,
    CatalogFile,
    EntityShape,
    FormatShape,
    KpiShape,
    KpiTestShape,
    ProjectFile,
    SourceShape,
)
from kpictl.diagnostics import Diagnostic, Span, has_errors

Shaped = TypeVar("Shaped", bound=BaseModel)
Made = TypeVar("Made")
Found = list[Diagnostic]
Unread = list[tuple[str, str | None]]
"""Entries that are left out: the name of their list, and their code where it could be read."""

PROJECT_FILE = "kpictl.yml"


def load(folder: Path) -> tuple[model.Catalog | None, tuple[Diagnostic, ...]]:
    """A project's catalog, without the entries that are wrong; and what is wrong, sorted by place.

    The catalog is None only where no `kpictl.yml` can be read. Nothing of the project is run.
    """
    found: Found = []
    read_project = _project(folder, found)
    # Without it the other files are read all the same: their errors are told at once.
    project = read_project or _stand_in(folder)
    unread: Unread = []
    documents = tuple(_documents(folder / "kpis", found, unread))
    marts = project.schemas.models

    def entries(name: str, shape: type[Shaped], make: Callable[[Shaped, Places, Found], Made]) -> tuple[Made, ...]:
        return tuple(_entries(documents, name, shape, make, found, unread))

    catalog = model.Catalog(
        project=project,
        formats=entries("formats", FormatShape, lambda shape, at, bad: build.format_(shape, project.currency, at, bad)),
        entities=build.rooted(
            entries("entities", EntityShape, lambda shape, at, _: build.entity(shape, at)), folder / PROJECT_FILE
        ),
        sources=entries("sources", SourceShape, lambda shape, at, bad: build.source(shape, project.schemas, at, bad)),
        kpis=entries("kpis", KpiShape, build.kpi),
        models=_each(sorted(folder.glob("kpis/models/*.sql")), lambda path: sqlmodel.read(path, marts), found),
        lookups=_each(sorted(folder.glob("kpis/lookups/*.csv")), lambda path: lookups.read(path, marts), found),
        tests=entries("tests", KpiTestShape, tested.kpi_test),
    )
    lists = frozenset(name for name, code in unread if code is None)
    codes = frozenset((name, code) for name, code in unread if code is not None)
    catalog = replace(catalog, unread=model.Unread(codes, lists))
    told = sorted(_without_echoes(found), key=lambda one: (one.at, one.code, one.message))
    return (None if read_project is None else catalog), tuple(told)


def _without_echoes(found: Found) -> Iterator[Diagnostic]:
    """A value that cannot be read as YAML is told once, and not also as one of a wrong type or as none."""
    unread = [one.at for one in found if one.code < "KPI020"]
    for one in found:
        at = one.at
        within = (
            each.path == at.path and (each.line, each.column) >= (at.line, at.column)
            and (each.end_line, each.end_column) <= (at.end_line, at.end_column)
            for each in unread
        )  # fmt: skip
        if one.code not in {"KPI022", "KPI027"} or not any(within):
            yield one


def _project(folder: Path, found: Found) -> model.Project | None:
    path = folder / PROJECT_FILE
    if not path.is_file():
        other = folder / "kpictl.yaml"
        advice = f"rename `{other.name}` to it" if other.is_file() else "`kpictl init` makes a project"
        found.append(Diagnostic("KPI030", f"there is no `{PROJECT_FILE}` here", Span.whole_file(path), help=advice))
        return None
    document = _document(path, found)
    if document is None:
        return None
    value = {} if document.value is None else document.value
    if not isinstance(value, dict):
        found.append(
            Diagnostic("KPI022", "the file must be a mapping", document.places.at(), help="begin with `name: …`")
        )
        return None
    shape, problems, wrong = shaped(ProjectFile, value, document.places)
    found.extend(problems)
    if shape is None:
        # What is wrong is left out, so that the other files are judged by what is right.
        rest = {key: item for key, item in value.items() if key not in wrong}
        shape, _, _ = shaped(ProjectFile, {"name": "project", **rest}, document.places)
    return None if shape is None else build.project(shape, folder, document.places, found)


def _stand_in(folder: Path) -> model.Project:
    return build.project(ProjectFile(name="project"), folder, Places.nowhere(folder / PROJECT_FILE), [])


def _documents(folder: Path, found: Found, unread: Unread) -> Iterator[Document]:
    known = tuple(CatalogFile.model_fields)
    anything: Unread = [(name, None) for name in known]
    for path in sorted(folder.rglob("*.yaml")):
        at = Span.whole_file(path)
        found.append(Diagnostic("KPI031", "this file is not read: its name ends in `.yaml`", at, help="`.yml` is read"))
    for path in sorted(folder.rglob("*.yml")):
        document = _document(path, found)
        if document is None:
            unread.extend(anything)
        elif isinstance(document.value, dict):
            unknown = [key for key in document.value if key not in known]
            found.extend(unknown_key(key, known, document.places.key(key)) for key in unknown)
            unread.extend(anything if unknown else ())
            yield document
        elif document.value is not None:
            unread.extend(anything)
            at = document.places.at()
            advice = f"its keys are {', '.join(known)}"
            found.append(Diagnostic("KPI022", "the file must be a mapping", at, help=advice))


def _document(path: Path, found: Found) -> Document | None:
    document, problems = read(path)
    found.extend(problems)
    return document


def _entries(
    documents: tuple[Document, ...],
    name: str,
    shape: type[Shaped],
    make: Callable[[Shaped, Places, Found], Made],
    found: Found,
    unread: Unread,
) -> Iterator[Made]:
    """The entries of one list of all files; those that are wrong are told and left out."""
    for document in documents:
        assert isinstance(document.value, dict)
        items = document.value.get(name)
        if items is None:
            continue
        if not isinstance(items, list):
            at = document.places.at(name)
            found.append(Diagnostic("KPI022", f"`{name}` must be a list", at, help="write `- ` before each entry"))
            unread.append((name, None))
            continue
        for index, item in enumerate(items):
            places = document.places.under(name, index)
            value, problems, _ = shaped(shape, item, places)
            if value is None:
                in_sql = build.expression_problems(item, places)
                found.extend(in_sql)
                found.extend(without_comma_told_twice(problems, in_sql))
                unread.append((name, _code(item)))
                continue
            wrong: Found = []
            made = make(value, places, wrong)
            found.extend(wrong)
            if has_errors(tuple(wrong)):
                unread.append((name, _code(item)))
            else:
                yield made


def _code(item: Value) -> str | None:
    """The code by which others may refer to an entry, if it is one."""
    code = item.get("code") if isinstance(item, dict) else None
    return code if isinstance(code, str) and re.fullmatch(CODE, code) else None


def _each(
    paths: list[Path], read_one: Callable[[Path], tuple[Made | None, tuple[Diagnostic, ...]]], found: Found
) -> tuple[Made, ...]:
    made: list[Made] = []
    for path in paths:
        value, problems = read_one(path)
        found.extend(problems)
        if value is not None:
            made.append(value)
    return tuple(made)
