"""Reading a project's folder: all that its files say as one Catalog, and all that is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from kpictl.catalog import build, lookups, model, sqlmodel
from kpictl.catalog.document import Document, Places, read
from kpictl.catalog.problems import shaped, unknown_key
from kpictl.catalog.schema import CatalogFile, EntityShape, FormatShape, KpiShape, ProjectFile, SourceShape
from kpictl.diagnostics import Diagnostic, Span, has_errors

Shaped = TypeVar("Shaped", bound=BaseModel)
Made = TypeVar("Made")
Found = list[Diagnostic]

PROJECT_FILE = "kpictl.yml"


def load(folder: Path) -> tuple[model.Catalog | None, tuple[Diagnostic, ...]]:
    """A project's catalog, without the entries that are wrong; and what is wrong, sorted by place.

    The catalog is None only where no `kpictl.yml` can be read. Nothing of the project is run.
    """
    found: Found = []
    read_project = _project(folder, found)
    # Without it the other files are read all the same: their errors are told at once.
    project = read_project or _stand_in(folder)
    documents = tuple(_documents(folder / "kpis", found))
    marts = project.schemas.models

    def entries(name: str, shape: type[Shaped], make: Callable[[Shaped, Places, Found], Made]) -> tuple[Made, ...]:
        return tuple(_entries(documents, name, shape, make, found))

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
    )
    found.sort(key=lambda one: (one.at, one.code, one.message))
    return (None if read_project is None else catalog), tuple(found)


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
        found.append(Diagnostic("KPI022", "the file must be a mapping", document.places.at()))
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


def _documents(folder: Path, found: Found) -> Iterator[Document]:
    for path in sorted(folder.rglob("*.yaml")):
        at = Span.whole_file(path)
        found.append(Diagnostic("KPI031", "this file is not read: its name ends in `.yaml`", at, help="`.yml` is read"))
    for path in sorted(folder.rglob("*.yml")):
        document = _document(path, found)
        if document is None or document.value is None:
            continue
        if not isinstance(document.value, dict):
            lists = ", ".join(CatalogFile.model_fields)
            at = document.places.at()
            found.append(Diagnostic("KPI022", "the file must be a mapping", at, help=f"its keys are {lists}"))
            continue
        known = tuple(CatalogFile.model_fields)
        found.extend(unknown_key(key, known, document.places.key(key)) for key in document.value if key not in known)
        yield document


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
) -> Iterator[Made]:
    """The entries of one list of all files; those that are wrong are told and left out."""
    for document in documents:
        assert isinstance(document.value, dict)
        items = document.value.get(name)
        if items is None:
            continue
        if not isinstance(items, list):
            found.append(Diagnostic("KPI022", f"`{name}` must be a list", document.places.at(name)))
            continue
        for index, item in enumerate(items):
            places = document.places.under(name, index)
            value, problems, _ = shaped(shape, item, places)
            found.extend(problems)
            if value is None:
                found.extend(build.expression_problems(item, places))
                continue
            wrong: Found = []
            made = make(value, places, wrong)
            found.extend(wrong)
            if not has_errors(tuple(wrong)):
                yield made


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
