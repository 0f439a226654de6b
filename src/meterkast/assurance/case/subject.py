"""What evidence is about, by digest: source files of the package and topics of the dossier.

A change of any of them makes the evidence stale; the name of the subject says which it was.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import rfc8785

from meterkast.assurance.case.claim import Claim
from meterkast.assurance.dossier import Dossier
from meterkast.model.errors import DataError

_CODE, _TOPIC = "code:", "dossier:"
_RULES = "rules"
_EXACT = 1 << 53


def subjects_of(claim: Claim, dossier: Dossier) -> dict[str, str]:
    """SHA-256 of everything that evidence for this claim is about.

    Raises:
        DataError: ``topic-unknown``.
    """
    code = {f"{_CODE}{folder}": code_digest(folder) for folder in claim.subjects}
    return code | topics_of(topics_behind(claim, dossier), dossier)


def topics_behind(claim: Claim, dossier: Dossier) -> tuple[str, ...]:
    """Topics that a claim rests on: those it names, and the components that its code stands for."""
    components = [each.id for each in dossier.components if not set(each.rooms).isdisjoint(claim.subjects)]
    own = [f"{name}.{component}" for component in components for name in ("components", "parts")]
    return tuple(dict.fromkeys((*claim.rests_on, *own)))


def topics_of(topics: Iterable[str], dossier: Dossier) -> dict[str, str]:
    """SHA-256 of topics of the dossier.

    A topic is a list of the dossier (``ownerships``), the part of it that is about one component
    (``parts.C1``), or ``rules``: the dated rules of the package.

    Raises:
        DataError: ``topic-unknown``.
    """
    return {f"{_TOPIC}{topic}": _topic_digest(topic, dossier) for topic in topics}


def changed(then: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the subjects that are not what they were, whether changed, new or gone."""
    return tuple(name for name in sorted(then.keys() | now.keys()) if then.get(name) != now.get(name))


def code_digest(folder: str) -> str:
    """SHA-256 over names and content of every source and data file in a folder of the package."""
    digest = hashlib.sha256()
    for name, file in sorted(_sources(files("meterkast").joinpath(folder), folder)):
        digest.update(name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def digest_of_value(value: object) -> str:
    """SHA-256 over a record of the dossier, or anything made of such records and plain values."""
    return hashlib.sha256(rfc8785.dumps(_plain(value))).hexdigest()


def _topic_digest(topic: str, dossier: Dossier) -> str:
    if topic == _RULES:
        return code_digest("assurance/data/rules")
    name, _, component = topic.partition(".")
    if name not in {each.name for each in fields(dossier)}:
        raise DataError("topic-unknown", f"The dossier has no topic {topic!r}.", where=topic)
    values = getattr(dossier, name)
    if component:
        values = [each for each in values if component in (each.id, getattr(each, "component", None))]
    return digest_of_value(values)


def _plain(value: object) -> Any:  # noqa: ANN401 - what JSON can hold
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    if isinstance(value, date | Decimal):
        return str(value)
    if isinstance(value, int) and abs(value) >= _EXACT:
        return str(value)
    return value


def _sources(folder: Traversable, name: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        path = f"{name}/{entry.name}"
        if entry.is_dir() and entry.name != "__pycache__":
            found += _sources(entry, path)
        elif entry.name.endswith((".py", ".toml")):
            found.append((path, entry))
    return found
