"""What a continuity question rests on: ``Scenario``, its parts, and how each part is read from a file.

One file per part holds what it is and where it stands in the TOML; ``fields`` reads single inputs with their
sources, ``reading`` puts the whole together. The files themselves are for ``continuity.loading``.
"""

from meterkast.assurance.continuity.scenario.bridge import Bridge, Triangle
from meterkast.assurance.continuity.scenario.disruption import Channel, Node, Weakness
from meterkast.assurance.continuity.scenario.input import Confidence, Provenance, Spread
from meterkast.assurance.continuity.scenario.parties import Failure, Operator
from meterkast.assurance.continuity.scenario.prices import Limits
from meterkast.assurance.continuity.scenario.recourse import Arrangement, Route
from meterkast.assurance.continuity.scenario.scenario import WEEKS_PER_YEAR, Scenario

__all__ = [
    "WEEKS_PER_YEAR",
    "Arrangement",
    "Bridge",
    "Channel",
    "Confidence",
    "Failure",
    "Limits",
    "Node",
    "Operator",
    "Provenance",
    "Route",
    "Scenario",
    "Spread",
    "Triangle",
    "Weakness",
]
