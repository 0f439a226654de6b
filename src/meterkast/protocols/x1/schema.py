"""The JSON Schema of the profile, for whoever writes a client."""

import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def schema() -> dict[str, Any]:
    """The schema of one document (JSON Schema 2020-12)."""
    text = resources.files(__package__).joinpath("meterkast-x1-0.schema.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document
