"""A probe, and the mutants on which it must fail."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from meterkast.assurance.evidence import Observation
from meterkast.street.home import Home
from meterkast.street.parts import Parts
from meterkast.street.street import Street

Look = Callable[[Street, Home], Awaitable[Observation]]
"""Looks at one home of a running street; it leaves the home as it found it."""

Finding = Callable[[], Awaitable[Observation]]
Setting = Callable[[Street, Home], AbstractAsyncContextManager[Finding]]
"""Sets a home up for days to come, gives what looks at it once they have passed, and puts all back after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """How a claim is proven. It has a ``look``, or days and a ``setting``.

    Attributes:
        name: as ``claims.toml`` names it.
        mutants: homes with one part changed so that the claim is false.
        look: the same code for the genuine home and for the mutants.
        setting: the same, where days must pass between setting up and looking.
        days: how many.
    """

    name: str
    mutants: tuple[type[Parts], ...]
    look: Look | None = None
    setting: Setting | None = None
    days: int = 0
