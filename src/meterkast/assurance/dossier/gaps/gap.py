"""A gap: what the texts do not settle, with every place. None is an accusation."""

from dataclasses import dataclass
from enum import StrEnum

from meterkast.assurance.dossier.fact import Ref


class Kind(StrEnum):
    """How a gap shows itself.

    Conflict: two statements cannot both hold as written. Wording: one thing is named in two ways. Scope: a
    statement covers less than it seems to. Gap: asked or needed, and not given. Inference: it follows only by
    reasoning.
    """

    CONFLICT = "conflict"
    WORDING = "wording"
    SCOPE = "scope"
    GAP = "gap"
    INFERENCE = "inference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One finding about what the texts say.

    Attributes:
        id: ``G`` and the number of the check that found it; a second find of one check is ``G2-2``.
        subject: id of what it is about, as the dossier names it.
        places: where the texts say it, or ask for it and stay silent.
        missing: fields that were asked or are needed and are not given.
        settled_nl: what would settle the point.
    """

    id: str = ""
    kind: Kind
    subject: str
    text_nl: str
    text_en: str
    places: tuple[Ref, ...]
    missing: tuple[str, ...] = ()
    settled_nl: str = ""
    settled_en: str = ""


def merged(*places: Ref | tuple[Ref, ...]) -> tuple[Ref, ...]:
    """Places in order, each once."""
    flat = [ref for place in places for ref in (place if isinstance(place, tuple) else (place,))]
    return tuple(dict.fromkeys(flat))


def listed(words: tuple[str, ...] | list[str], last: str) -> str:
    """Words in a sentence: ``a, b en c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def dutch(figure: str) -> str:
    """A figure with points and commas the Dutch way round: ``7.933.740``."""
    return figure.translate(str.maketrans(",.", ".,"))
