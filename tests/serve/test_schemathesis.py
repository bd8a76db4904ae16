"""schemathesis asks what the description allows and what it does not, and finds nothing; more of it on request."""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.schemas import OpenApiSchema

from tests.serve.served import HOSTILE_CODE, Served

pytestmark = pytest.mark.xdist_group("web")

EXAMPLES = 300 if "KPICTL_EVERYTHING" in os.environ else 5

CODES = ("revenue", "orders", "off", "none")
ENTITIES = ("ALL", "south", HOSTILE_CODE)


@pytest.fixture
def described(door: Served) -> OpenApiSchema:
    schema = schemathesis.openapi.from_url(f"{door.url}/openapi.json")
    schema.config.generation.update(modes=list(GenerationMode))
    return schema


schema = schemathesis.pytest.from_fixture("described")


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_is_found(case: Case[Any]) -> None:
    if case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE:
        _with_codes_that_there_are(case)
        _in_order(case.query)
    case.call_and_validate()


def _with_codes_that_there_are(case: Case[Any]) -> None:
    """A made-up code is not found, and then nothing else is looked at."""
    for values, name, codes in ((case.path_parameters, "code", CODES), (case.query, "entity", ENTITIES)):
        if values.get(name):
            values[name] = codes[len(str(values[name])) % len(codes)]


def _in_order(query: dict[str, object]) -> None:
    """The one thing that a description cannot say of two parameters."""
    first, last = query.get("from"), query.get("to")
    if first is not None and last is not None and str(first) > str(last):
        query["from"], query["to"] = last, first
