"""Payloads held to their JSON Schema as docs/ publishes it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator

SCHEMA = Path(__file__).parent.parent / "docs/payload.schema.json"


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text()))


def payload_errors(text: str) -> list[str]:
    """What is wrong with a payload, given as its JSON text."""
    return [f"{error.json_path}: {error.message}" for error in validator().iter_errors(json.loads(text))]
