"""A claim: a sentence said in public about the meter, and the name of the probe that proves it."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One sentence, in both languages, with the place where it was said.

    Attributes:
        id: stable name, used on the command line and in evidence.
        probe: module of ``assurance.probes`` that proves it.
        nl: the sentence in Dutch.
        en: the sentence in English.
        source: document and line.
        subjects: folders of the package whose code the evidence is about; a change makes it stale.
    """

    id: str
    probe: str
    nl: str
    en: str
    source: str
    subjects: tuple[str, ...]


def load_claims() -> tuple[Claim, ...]:
    """All claims, in the order in which they are shown."""
    table = tomllib.loads(files("meterkast.assurance").joinpath("claims.toml").read_text(encoding="utf-8"))
    return tuple(Claim(**{**row, "subjects": tuple(row["subjects"])}) for row in table["claim"])
