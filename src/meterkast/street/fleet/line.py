"""The lines of the simulation: what TLS would check is checked, by the same rules, at virtual time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.gateway.pki_address import EstAddress
from meterkast.model.errors import TrustError, UnreachableError
from meterkast.outside.https import Ask, Request, Response
from meterkast.outside.keystore import Keystore
from meterkast.outside.trust import TrustFolder
from meterkast.protocols.x509 import Purpose, Rules, server_name, validate
from meterkast.street.fleet.operator import Operator
from meterkast.street.fleet.power import Mains


class Network:
    """What works of the operator's services."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.est_is_up = True
        self.lists_are_up = True


class VirtualLine:
    """The way of one gateway to the PKI, a ``PkiLine``, at the time that it is and the time it believes.

    Args:
        network: the operator's services.
        mains: an answer that was given may be lost in a power cut.
        now: the true time.
        own: what the gateway's clock shows.
        rules: profiles and algorithms that the gateway believes.
    """

    def __init__(self, network: Network, mains: Mains, *, now: datetime, own: datetime, rules: Rules) -> None:
        self._network = network
        self._mains = mains
        self._now = now
        self.own = own
        self._rules = rules

    @contextmanager
    def visit(
        self, keystore: Keystore, identity: str, trust: TrustFolder, address: EstAddress
    ) -> Iterator[Ask]:
        """A connection to the enrolment server."""
        if not self._network.est_is_up:
            raise UnreachableError("https-unreachable", "The server does not answer.")
        self.believe_server(trust, address.server_name)
        peer = keystore.certificate(identity)[0].public_bytes(Encoding.DER)

        def ask(request: Request) -> Response:
            answer = self._network.operator.est.handle(replace(request, peer=peer), self._now)
            self._mains.moment()
            return answer

        yield ask

    def fetch(self, address: tuple[str, int], path: str) -> bytes | None:  # noqa: ARG002
        """What the list server gives."""
        if not self._network.lists_are_up:
            return None
        answer = self._network.operator.lists.handle(Request(method="GET", path=path))
        return answer.body if answer.status == 200 else None

    def believe_server(self, trust: TrustFolder, name: str) -> None:
        """The gateway's half of a handshake with one of the operator's servers.

        Raises:
            TrustError: ``https-tls-refused``.
        """
        leaf, *chain = self._network.operator.server(name)
        try:
            validate(
                leaf,
                chain,
                trust.anchors(),
                trust.crls(),
                self.own,
                Purpose.TLS_SERVER,
                rules=self._rules,
            )
            named = server_name(leaf)
        except TrustError as cause:
            raise TrustError(
                "https-tls-refused", "The TLS connection was refused.", where=cause.code
            ) from cause
        if named != name:
            raise TrustError("https-tls-refused", "The TLS connection was refused.")
