"""Buying and excluding: phases of a tender, low bids, capability, instruments, bidders, the exclusion order.

The face of this room::

    Tender(id=...)                          selection, then award; only who was selected may bid
    screen(bids), Examination(...)          abnormally low bids: flag, ask, examine, and only then refuse
    publishable(entries), seal(entries)     outcomes of bidders without their names
    fits(criterion, kind, route)            whether a law carries a criterion
    Order(...), effect(dossier, party)      excluding a vendor, and its effect on fleet, homes and cost
    evaluate(dossier, at) -> list[Verdict]  all of it over a dossier

Nothing here is legal advice.
"""

from meterkast.assurance.tender.bidders import publishable, seal
from meterkast.assurance.tender.effect import Effect, effect, phase_out
from meterkast.assurance.tender.evaluation import evaluate
from meterkast.assurance.tender.exclusion import Order
from meterkast.assurance.tender.instruments import fits
from meterkast.assurance.tender.low import Examination, screen
from meterkast.assurance.tender.phases import Tender

__all__ = [
    "Effect",
    "Examination",
    "Order",
    "Tender",
    "effect",
    "evaluate",
    "fits",
    "phase_out",
    "publishable",
    "screen",
    "seal",
]
