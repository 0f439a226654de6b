"""What the companion standards ask of a meter: object lists of DSMR 4.2.2 and SMR 5, as data.

``load`` reads one of them; a later version says what it takes over from an earlier one, so that each fact
stands once. Names and units are in the catalogue, attributes of classes in ``classes``.
"""

from meterkast.protocols.cosem.profiles.companion import Companion, ProfileObject, load, names

__all__ = ["Companion", "ProfileObject", "load", "names"]
