"""The responder tells anybody, under a signature, whether a certificate is good, revoked or unknown."""

from meterkast.pki.ocsp.duty import OcspDuty
from meterkast.pki.ocsp.responder import Responder, Speaker, Standing
from meterkast.pki.ocsp.server import OcspServer

__all__ = ["OcspDuty", "OcspServer", "Responder", "Speaker", "Standing"]
