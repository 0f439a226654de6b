"""Answers about the status of certificates (RFC 6960), sans-IO: a request and the time in, an answer out.

One responder speaks for several authorities, each of which gave it a certificate of its own. Only what was
issued is good: a number that the register does not know is unknown (as the CA/Browser Forum asks, 4.9.10).
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from meterkast.model.errors import MeterkastError, PeerError, UnreachableError
from meterkast.outside.keystore import Signer
from meterkast.protocols.x509.ocsp import Asked, read_request

LIFE = timedelta(hours=12)
"""How long an answer holds: half a day without a responder stops nobody who asks in time."""
_CLOCK_TOLERANCE = timedelta(minutes=5)
_log = logging.getLogger("meterkast.pki")


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """The right to speak for one authority.

    Attributes:
        operator: whose authority it is.
        authority: its name in the register.
        issuer: its certificate.
        certificate: what it gave the responder, for this purpose alone.
        signer: the responder's key.
    """

    operator: str
    authority: str
    issuer: x509.Certificate
    certificate: x509.Certificate
    signer: Signer


@dataclass(frozen=True, slots=True)
class Standing:
    """What the register says of a certificate that was issued; ``revoked_at`` is None where it counts."""

    revoked_at: datetime | None


Find = Callable[[Speaker, int], Standing | None]
"""The standing of the certificate with this number, of the speaker's authority; None where there is none."""


class Responder:
    """Signs answers for those authorities that it may speak for.

    Args:
        speakers: one per authority.
        find: looks into the register.
    """

    def __init__(self, speakers: Sequence[Speaker], find: Find) -> None:
        self._speakers: Mapping[tuple[bytes, bytes], Speaker] = {
            key: speaker for speaker in speakers for key in _keys(speaker)
        }
        self._find = find

    def answer(self, octets: bytes, now: datetime) -> bytes:
        """The answer, in DER; where there is none, because of the request or of us, it says so (2.3)."""
        try:
            asked = read_request(octets)
        except PeerError as error:
            _log.info("%s", error.code)
            return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        speaker = self._speakers.get((asked.name_hash, asked.key_hash))
        if speaker is None:
            return _unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        try:
            return self._signed(asked, speaker, now)
        except UnreachableError as error:  # a token or a register that comes back
            _log.error("ocsp-answer-failed code=%s", error.code)
            return _unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
        except Exception as error:  # whatever it is, who asks is told that it is ours
            cause = error.code if isinstance(error, MeterkastError) else type(error).__name__
            _log.error("ocsp-answer-failed code=%s", cause)
            return _unsuccessful(ocsp.OCSPResponseStatus.INTERNAL_ERROR)

    def _signed(self, asked: Asked, speaker: Speaker, now: datetime) -> bytes:
        standing = self._find(speaker, asked.serial)
        status, revoked_at = ocsp.OCSPCertStatus.UNKNOWN, None
        if standing is not None:
            revoked_at = standing.revoked_at
            status = ocsp.OCSPCertStatus.GOOD if revoked_at is None else ocsp.OCSPCertStatus.REVOKED
        begin = now - _CLOCK_TOLERANCE
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                issuer_name_hash=asked.name_hash,
                issuer_key_hash=asked.key_hash,
                serial_number=asked.serial,
                algorithm=asked.algorithm,
                cert_status=status,
                this_update=begin,
                next_update=begin + LIFE,
                revocation_time=revoked_at,
                revocation_reason=None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, speaker.certificate)
            .certificates([speaker.certificate])
        )
        if asked.nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(asked.nonce), critical=False)
        return builder.sign(speaker.signer, speaker.signer.digest).public_bytes(Encoding.DER)


def _keys(speaker: Speaker) -> list[tuple[bytes, bytes]]:
    """How a request names the authority: by SHA-1, as most clients do, or by SHA-256. It proves nothing."""
    requests = [
        ocsp.OCSPRequestBuilder().add_certificate(speaker.certificate, speaker.issuer, algorithm).build()
        for algorithm in (hashes.SHA1(), hashes.SHA256())
    ]
    return [(request.issuer_name_hash, request.issuer_key_hash) for request in requests]


def _unsuccessful(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
