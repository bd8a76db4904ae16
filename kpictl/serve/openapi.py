"""The API described as OpenAPI 3.1, from the calls themselves."""

from __future__ import annotations

from typing import Any

from kpictl import __version__
from kpictl.serve.operations import API, Operation
from kpictl.serve.parameters import CODE_CHARACTERS, Parameter
from kpictl.serve.problems import PROBLEM
from kpictl.serve.schemas import PROBLEM as PROBLEM_SCHEMA
from kpictl.serve.schemas import of, schemas

_ABOUT = (
    "The published KPI tables, to be read. Numbers have all their digits: read them as decimals where a double has too "
    "few. An answer is of one edition, which is the id of the run that published it."
)


def description(project: str, *, asks_for_token: bool) -> dict[str, Any]:
    """The document; `asks_for_token` says whether a token opens the door."""
    schemes: dict[str, Any] = {}
    if asks_for_token:
        schemes = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "basic": {"type": "http", "scheme": "basic", "description": "The token as the password, of any user."},
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": project, "version": __version__, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "paths": {each.path: {"get": _operation(each, asks_for_token=asks_for_token)} for each in API},
        "components": {"schemas": schemas(), **({"securitySchemes": schemes} if schemes else {})},
        "security": [{name: []} for name in schemes],
    }


def _operation(of_call: Operation, *, asks_for_token: bool) -> dict[str, Any]:
    path = [{"name": "code", "in": "path", "required": True, "description": "The KPI's code.", "schema": _CODE}]
    query = [_parameter(each) for each in of_call.parameters]
    found: dict[str, Any] = {
        "operationId": of_call.name,
        "summary": of_call.summary,
        "parameters": [*(path if of_call.has_code else []), *query],
        "responses": _responses(of_call, asks_for_token=asks_for_token),
    }
    if of_call.is_open:
        found["security"] = []
    return found


_CODE = {"type": "string", "minLength": 1, "maxLength": CODE_CHARACTERS}


def _parameter(each: Parameter) -> dict[str, Any]:
    return {"name": each.name, "in": "query", "description": each.description, "schema": each.schema}


def _responses(of_call: Operation, *, asks_for_token: bool) -> dict[str, Any]:
    assert of_call.answer is not None
    tag = {"ETag": {"description": "To be sent as If-None-Match.", "schema": {"type": "string"}}}
    failures = {
        "400": "A parameter is unknown, is given twice, or says nothing.",
        "405": "A method other than GET and HEAD.",
        "500": "A bug in kpictl.",
        "503": "Nothing is published, or the database cannot be read just now; Retry-After says when to ask again.",
    }
    if not asks_for_token:
        failures["421"] = "The request calls the machine by a name that is not this machine's own."
    elif not of_call.is_open:
        failures["401"] = "No token, or none that opens."
    if of_call.parameters or of_call.has_code:
        failures["404"] = "Nothing of that code, or of that date, has been published."
    problem = {"content": {PROBLEM: {"schema": of(PROBLEM_SCHEMA)}}}
    return {
        "200": {
            "description": of_call.summary,
            "headers": tag,
            "content": {of_call.media_type: {"schema": of(of_call.answer)}},
        },
        "304": {"description": "The same as before.", "headers": tag},
        **{status: {"description": text, **problem} for status, text in sorted(failures.items())},
    }
