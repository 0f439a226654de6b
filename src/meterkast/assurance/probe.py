"""A probe, and the mutants on which it must fail."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from meterkast.assurance.evidence import Observation
from meterkast.street.home import Home
from meterkast.street.parts import Parts
from meterkast.street.street import Street

Look = Callable[[Street, Home], Awaitable[Observation]]
"""Looks at one home of a running street; it leaves the home as it found it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """How a claim is proven.

    Attributes:
        name: as ``claims.toml`` names it.
        look: the same code for the genuine home and for the mutants.
        mutants: homes with one part changed so that the claim is false.
    """

    name: str
    look: Look
    mutants: tuple[type[Parts], ...]
