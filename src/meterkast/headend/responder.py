"""The second source of revocation: where no list covers a certificate, its status is asked (RFC 6960)."""

import asyncio
import logging
import time
from collections import OrderedDict
from datetime import datetime
from secrets import token_bytes

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from meterkast.model.errors import PeerError, TrustError, UnreachableError
from meterkast.outside.plain_http import HttpAddress, post
from meterkast.protocols.x509 import PROFILES, Purpose
from meterkast.protocols.x509.ocsp import NONCE_SIZE, RESPONSE_LIMIT, ask, require_good
from meterkast.protocols.x509.revocation import Window

_REQUEST_TYPE = "application/ocsp-request"
_SECONDS = 5.0
_LEFT_ALONE = 30.0
_AT_ONCE = 16
_KEPT = 1 << 16

_log = logging.getLogger("meterkast.headend")


class UnaskedError(TrustError):
    """Neither a list nor an answer that still holds says anything of this certificate: it may be asked."""

    def __init__(self, certificate: x509.Certificate, issuer: x509.Certificate) -> None:
        super().__init__("certificate-revocation-unknown", "The certificate is not accepted.")
        self.certificate = certificate
        self.issuer = issuer


class Responder:
    """Asks one responder, and keeps what it says is good until that ends. For one event loop.

    Where it is asked is a setting of ours, never what a certificate says: otherwise a stranger could have us
    call wherever it likes. A responder that does not answer is left alone for half a minute, in which nobody
    is believed on its word.

    Args:
        address: where it is asked.
    """

    def __init__(self, address: HttpAddress) -> None:
        self._address = address
        self._good: OrderedDict[bytes, Window] = OrderedDict()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._left_alone_until = 0.0

    def told(self, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Window:
        """How long it holds that the certificate is good.

        Raises:
            UnaskedError: nothing is known that still holds.
        """
        window = self._good.get(certificate.fingerprint(SHA256()))
        if window is None or now >= window.until:
            raise UnaskedError(certificate, issuer)
        return window

    async def ask(self, unasked: UnaskedError, now: datetime) -> None:
        """Asks, so that ``told`` knows afterwards.

        Raises:
            TrustError: ``certificate-revoked``, or ``certificate-revocation-unknown`` where no answer comes
                that may be believed.
        """
        certificate = unasked.certificate
        try:
            window = await self._answer(certificate, unasked.issuer, now)
        except UnreachableError as error:
            self._left_alone_until = time.monotonic() + _LEFT_ALONE
            raise self._not_believed(error.code) from error
        except (PeerError, TrustError) as error:
            if error.code == "certificate-revoked":
                raise
            raise self._not_believed(error.code) from error
        self._good[certificate.fingerprint(SHA256())] = window
        if len(self._good) > _KEPT:
            self._good.popitem(last=False)

    async def _answer(self, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Window:
        async with self._slots:
            if time.monotonic() < self._left_alone_until:
                raise TrustError("headend-responder-silent", "The certificate is not accepted.")
            nonce = token_bytes(NONCE_SIZE)
            response = await post(
                self._address,
                ask(certificate, issuer, nonce=nonce),
                kind=_REQUEST_TYPE,
                limit=RESPONSE_LIMIT,
                seconds=_SECONDS,
            )
        return require_good(
            response, certificate, issuer, nonce=nonce, responder_profile=PROFILES[Purpose.OCSP], now=now
        )

    def _not_believed(self, cause: str) -> TrustError:
        _log.warning("headend-status-unknown responder=%s cause=%s", self._address, cause)
        return TrustError("certificate-revocation-unknown", "The certificate is not accepted.")
