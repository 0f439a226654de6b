"""Who may read X1: clients that were paired, and in the minutes after the button was pressed, one more."""

import asyncio
import logging
import ssl

from meterkast.gateway.consumer_port.consent import Consent
from meterkast.model.errors import MeterkastError, PeerError, TrustError
from meterkast.outside.keystore import Keystore
from meterkast.outside.keystore.pinned import is_pinnable, own_certificate, pinned_context
from meterkast.outside.links.audience import Audience, certificate
from meterkast.protocols.x1.pairing import Application, Confirmation, Invitation
from meterkast.protocols.x1.stream import Lines

LABEL = "x1"
_LOG = logging.getLogger("meterkast.gateway")
_AT_ONCE = 1024


class X1Door:
    """The door of the X1 stream.

    Args:
        keystore: holds the gateway's own key and certificate for X1, made here the first time.
        consent: what the household has agreed to.
        name: the gateway's, for its certificate.

    Raises:
        LocalError: as ``Keystore.lend``: with such a key nobody could be let in.
    """

    def __init__(self, keystore: Keystore, consent: Consent, name: str) -> None:
        self._keystore = keystore
        self._consent = consent
        self._own = own_certificate(keystore, LABEL, name)
        self._seen: tuple[str, ...] | None = None
        self._pinned: frozenset[bytes] = frozenset()
        self.audience = Audience(context=self._context, welcome=self._welcome)
        self._context()

    def refresh(self) -> None:
        """Puts out whoever has been unpaired."""
        if self._consent.version != self._seen:
            self._seen = self._consent.version
            self._pinned = frozenset(client.certificate for client in self._consent.paired())
            self.audience.put_out(lambda shown: shown not in self._pinned)

    def _context(self) -> ssl.SSLContext:
        self.refresh()
        return pinned_context(
            self._keystore,
            LABEL,
            self._pinned,
            server_side=True,
            newcomers=self._consent.window() is not None,
        )

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        shown = certificate(writer)
        if shown is not None:
            return shown in self._pinned
        try:
            await self._pair(reader, writer)
        except MeterkastError as error:
            _LOG.warning("%s", error.code)
        return False

    async def _pair(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The one conversation in which a client is heard. One application; nobody is told why it failed.

        Raises:
            PeerError: ``x1-pairing-malformed``, ``x1-too-long``, ``x1-certificate-unusable``.
            TrustError: ``x1-pairing-refused``; one try is spent.
        """
        if (window := self._consent.window()) is None:
            return
        writer.write(Invitation(salt=window.salt).encode())
        application = Application.parse(await _line(reader))
        if not is_pinnable(application.certificate):
            raise PeerError(
                "x1-certificate-unusable", "A client is paired by a certificate of its own, P-256."
            )
        if (window := self._consent.window()) is None:
            return
        try:
            meeting = application.meeting(window.key, self._own)
        except TrustError:
            self._consent.miss()
            raise
        client = self._consent.pair(application.certificate, application.name)
        _LOG.info("x1-paired %s", client.fingerprint[:16])
        self.refresh()
        writer.write(Confirmation(proof=meeting.gateway_proof()).encode())
        await writer.drain()


async def _line(reader: asyncio.StreamReader) -> bytes:
    lines = Lines()
    while octets := await reader.read(_AT_ONCE):
        for line in lines.receive(octets):
            return line
    raise PeerError("x1-pairing-malformed", "The client has gone before it had said anything.")
