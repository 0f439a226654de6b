"""Opening and closing an association: AARQ, AARE, RLRQ, RLRE (Green Book 9.4.2)."""

from meterkast.protocols.dlms.acse.decoding import TAGS, decode
from meterkast.protocols.dlms.acse.message import Aare, Aarq, Rlre, Rlrq
from meterkast.protocols.dlms.acse.names import ApplicationContext, AssociationResult, Diagnostic, Mechanism

__all__ = [
    "TAGS",
    "Aare",
    "Aarq",
    "ApplicationContext",
    "AssociationResult",
    "Diagnostic",
    "Mechanism",
    "Rlre",
    "Rlrq",
    "decode",
]
