"""The texts of the page, in both languages."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from meterkast.console.language import Language


@cache
def catalogue() -> Mapping[Language, Mapping[str, str]]:
    """All texts by language and key."""
    return _read("texts.toml")


@cache
def continuity() -> Mapping[Language, Mapping[str, str]]:
    """The texts of the continuity page."""
    return _read("continuity.toml")


def _read(name: str) -> Mapping[Language, Mapping[str, str]]:
    document = tomllib.loads(files("meterkast.console.web").joinpath(name).read_text("utf-8"))
    return {Language(language): texts for language, texts in document.items()}
