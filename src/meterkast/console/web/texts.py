"""The texts of the page, in both languages."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from meterkast.console.language import Language


@cache
def catalogue() -> Mapping[Language, Mapping[str, str]]:
    """All texts by language and key."""
    document = tomllib.loads(files("meterkast.console.web").joinpath("texts.toml").read_text("utf-8"))
    return {Language(name): texts for name, texts in document.items()}
