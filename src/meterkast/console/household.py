"""A client of the household on X1: pairs with a gateway once, and from then on reads along."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from meterkast.model.errors import TrustError, UnreachableError
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.keystore.folder import PrivateFolder
from meterkast.outside.keystore.pinned import newcomer_context, own_certificate, pinned_context
from meterkast.protocols.x1.document import Document
from meterkast.protocols.x1.pairing import Application, Confirmation, Invitation, Meeting, code_key
from meterkast.protocols.x1.reading import decode
from meterkast.protocols.x1.stream import Lines

_LABEL, _PIN = "household", ".gateway.der"
_AT_ONCE = 8192


class HouseholdClient:
    """One client with its key, its certificate, and the gateways it knows.

    Args:
        folder: where they are kept; private to its owner.
        timeout: seconds of patience with a silent gateway.

    Raises:
        UnreachableError: ``peer-unreachable``, ``x1-silent`` or ``x1-ended``, from every method that talks.
    """

    def __init__(self, folder: Path, *, timeout: float = 10.0) -> None:
        self._keystore = SoftwareKeystore(folder)
        self._files = PrivateFolder(folder)
        self._timeout = timeout

    def pair(self, host: str, port: int, code: str, name: str) -> str:
        """Pairs by the code that the gateway shows, pins its certificate, and gives the fingerprint of that.

        Raises:
            LocalError: ``x1-code-malformed``.
            TrustError: ``x1-window-shut``, ``x1-pairing-refused`` or ``x1-gateway-unproven``.
            PeerError: ``x1-pairing-malformed`` or ``x1-too-long``.
        """
        own = own_certificate(self._keystore, _LABEL, name)
        with self._connected(host, port, newcomer_context()) as connection:
            lines = self._lines(connection)
            invitation = Invitation.parse(_next(lines, _window_shut()))
            key = code_key(code, invitation.salt)
            meeting = Meeting(key=key, gateway=_shown(connection), client=own, name=name)
            connection.sendall(Application.of(meeting).encode())
            Confirmation.parse(_next(lines, _not_accepted())).require(meeting)
        fingerprint = sha256(meeting.gateway).hexdigest()
        self._files.write(fingerprint + _PIN, meeting.gateway)
        return fingerprint

    def read(self, host: str, port: int) -> Iterator[Document]:
        """What the gateway shows, second by second.

        Raises:
            TrustError: ``x1-not-paired``, or ``x1-gateway-unknown`` where another one answers.
            PeerError: ``x1-malformed``, ``x1-profile-other`` or ``x1-too-long``.
        """
        pinned = self._pinned()
        if not pinned:
            raise _not_paired()
        own_certificate(self._keystore, _LABEL, _LABEL)
        context = pinned_context(self._keystore, _LABEL, pinned, server_side=False)
        with self._connected(host, port, context) as connection:
            if _shown(connection) not in pinned:
                raise _unknown()
            lines = self._lines(connection)
            yield decode(_next(lines, _not_paired()))
            for line in lines:
                yield decode(line)
        raise UnreachableError("x1-ended", "The gateway has ended the connection.", where=f"{host}:{port}")

    def _pinned(self) -> set[bytes]:
        kept = (self._files.read(name) for name in self._files.names() if name.endswith(_PIN))
        return {der for der in kept if der}

    @contextmanager
    def _connected(self, host: str, port: int, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
        where = f"{host}:{port}"
        try:
            plain = socket.create_connection((host, port), timeout=self._timeout)
        except OSError as error:
            raise UnreachableError(
                "peer-unreachable", "Nobody answers there.", where=where, hint="Check address and port."
            ) from error
        with plain:
            try:
                connection = context.wrap_socket(plain)
            except ssl.SSLCertVerificationError as error:
                raise _unknown() from error
            except OSError as error:
                raise UnreachableError("x1-silent", "No TLS 1.3 is spoken there.", where=where) from error
            with connection:
                yield connection

    @staticmethod
    def _lines(connection: ssl.SSLSocket) -> Iterator[bytes]:
        """The lines, until the gateway ends the connection."""
        lines = Lines()
        while True:
            try:
                octets = connection.recv(_AT_ONCE)
            except TimeoutError as error:
                raise UnreachableError("x1-silent", "The gateway shows nothing.") from error
            except OSError:  # TLS 1.3: a refusal of our certificate comes with the first octets, as an alert
                return
            if not octets:
                return
            yield from lines.receive(octets)


def _next(lines: Iterator[bytes], ended: TrustError) -> bytes:
    line = next(lines, None)
    if line is None:
        raise ended
    return line


def _shown(connection: ssl.SSLSocket) -> bytes:
    return connection.getpeercert(binary_form=True) or b""


def _window_shut() -> TrustError:
    return TrustError(
        "x1-window-shut",
        "The gateway takes no newcomer now.",
        hint="Press its button and give the code that it shows within two minutes.",
    )


def _not_accepted() -> TrustError:
    return TrustError(
        "x1-pairing-refused",
        "The gateway did not accept the code.",
        hint="Check the code; after three wrong ones the button must be pressed again.",
    )


def _not_paired() -> TrustError:
    return TrustError(
        "x1-not-paired",
        "The gateway and this client are not paired, or not any more.",
        hint="Press the gateway's button and read with --pair CODE.",
    )


def _unknown() -> TrustError:
    return TrustError(
        "x1-gateway-unknown",
        "What answers there is not a gateway that this client was paired with.",
        hint="Check the address; where it is a new gateway, press its button and read with --pair CODE.",
    )
