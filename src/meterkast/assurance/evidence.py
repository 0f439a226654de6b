"""What a probe saw, and what that says of a claim. Signing and keeping it is the case's."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one run of a probe saw.

    Attributes:
        holds: whether the claim held on this target.
        observed: how much was looked at (commands, envelopes, octets); seeing nothing proves nothing.
        detail: one sentence for people, without personal data.
    """

    holds: bool
    observed: int
    detail: str


def verdict(genuine: Observation, mutants: Mapping[str, Observation]) -> str:
    """``proven``, ``refuted``, or ``open`` where nothing was observed or a mutant survived."""
    if not genuine.observed or not mutants:
        return "open"
    if not genuine.holds:
        return "refuted"
    caught = all(not seen.holds and seen.observed for seen in mutants.values())
    return "proven" if caught else "open"
