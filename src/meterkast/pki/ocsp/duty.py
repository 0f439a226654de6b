"""The responder on duty for a whole PKI: every operator's authorities, always certified."""

import threading
from datetime import datetime
from pathlib import Path

from meterkast.outside.https import Request, Response
from meterkast.outside.keystore import Keystore
from meterkast.pki.ocsp.responder import Responder
from meterkast.pki.ocsp.server import OcspServer
from meterkast.pki.ocsp.speakers import speakers
from meterkast.pki.ocsp.standings import Standings
from meterkast.pki.tenants import Tenants


class OcspDuty:
    """Answers for everybody, from any thread.

    Args:
        tenants: the operators.
        register: file of the register.
        keystore: for the responder's keys.
    """

    def __init__(self, tenants: Tenants, register: Path, keystore: Keystore) -> None:
        self._tenants = tenants
        self._standings = Standings(register)
        self._keystore = keystore
        self._renewing = threading.Lock()
        self._server = OcspServer(Responder([], self._standings.find))

    def renew(self, now: datetime) -> None:
        """Certifies what is due; to be called well within the month that a responder's certificate lives."""
        with self._renewing:
            spoken = speakers(self._tenants.all(), self._keystore, now)
            self._server = OcspServer(Responder(spoken, self._standings.find))

    def handle(self, request: Request, now: datetime) -> Response:
        """The answer over HTTP."""
        return self._server.handle(request, now)
