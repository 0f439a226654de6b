"""Admission: whether the far end of a connection is a gateway that may deliver, now and at every envelope."""

import asyncio
from datetime import UTC, datetime

from meterkast.headend.responder import Responder, UnaskedError
from meterkast.model.errors import TrustError
from meterkast.model.identity import SystemTitle
from meterkast.outside.clock import Clock
from meterkast.protocols.x509 import PathCache, Purpose


class Admission:
    """The certificate that a connection has shown, judged again as soon as it may have come to count no more.

    Args:
        certificate: DER; None where the far end showed none.
        paths: judgements that still hold.
        clock: real time, in which certificates live.
        responder: whom ``paths`` goes by where no list is current; None for nobody.
    """

    def __init__(
        self, certificate: bytes | None, paths: PathCache, clock: Clock, responder: Responder | None = None
    ) -> None:
        self._certificate = certificate
        self._paths = paths
        self._clock = clock
        self._responder = responder
        self._asking = asyncio.Lock()

    async def admit(self) -> SystemTitle:
        """As ``title``, after asking the responder where that is needed: once, for all who wait here."""
        async with self._asking:
            try:
                return self.title()
            except UnaskedError as unasked:
                if self._responder is None:
                    raise
                await self._responder.ask(unasked, self._now())
            return self.title()

    def title(self) -> SystemTitle:
        """Whose connection this is, if it may still deliver.

        Raises:
            TrustError: ``certificate-…``; also where none was shown.
        """
        if self._certificate is None:
            raise TrustError("certificate-missing", "The certificate is not accepted.")
        validated = self._paths.validate(self._certificate, self._now(), Purpose.TLS)
        if validated.title is None:
            raise TrustError("certificate-identity", "The certificate is not accepted.")
        return validated.title

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)
