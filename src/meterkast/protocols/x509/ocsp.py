"""Status of one certificate, asked of a responder and told by it (RFC 6960), with a nonce (RFC 9654)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mldsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from meterkast.model.errors import PeerError, TrustError
from meterkast.protocols.x509.algorithm import (
    Algorithms,
    Status,
    key_algorithm,
    signature_algorithm,
    signed_with,
)
from meterkast.protocols.x509.conformance import require_profile
from meterkast.protocols.x509.foreign import HOSTILE
from meterkast.protocols.x509.profile import RULES, Profile
from meterkast.protocols.x509.refusal import refusal
from meterkast.protocols.x509.revocation import Window

REQUEST_LIMIT = 2048
RESPONSE_LIMIT = 32 * 1024
NONCE_SIZE = 32
_NONCE_LONGEST = 128
_CLOCK_TOLERANCE = timedelta(minutes=5)
_LATTICES = (mldsa.MLDSA44PublicKey, mldsa.MLDSA65PublicKey, mldsa.MLDSA87PublicKey)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Of which certificate the status is wanted.

    Attributes:
        name_hash: SHA-1 or SHA-256 of the issuer's name.
        key_hash: the same of the issuer's key.
        algorithm: which of the two.
        serial: number of the certificate.
        nonce: what the answer must repeat; None where none was sent.
    """

    name_hash: bytes
    key_hash: bytes
    algorithm: hashes.HashAlgorithm
    serial: int
    nonce: bytes | None


def ask(certificate: x509.Certificate, issuer: x509.Certificate, *, nonce: bytes | None) -> bytes:
    """The request, in DER.

    Args:
        certificate: whose status is wanted.
        issuer: who issued it.
        nonce: ``NONCE_SIZE`` fresh octets; None takes an answer that was made before.
    """
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256())
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def read_request(octets: bytes) -> Asked:
    """What is asked.

    Raises:
        PeerError: ``ocsp-request-malformed``, also for a request about several certificates at once.
    """
    if len(octets) > REQUEST_LIMIT:
        raise _malformed()
    try:
        request = ocsp.load_der_ocsp_request(octets)
        asked = Asked(
            name_hash=request.issuer_name_hash,
            key_hash=request.issuer_key_hash,
            algorithm=request.hash_algorithm,
            serial=request.serial_number,
            nonce=_nonce(request.extensions),
        )
    except HOSTILE as cause:
        raise _malformed() from cause
    if not isinstance(asked.algorithm, hashes.SHA1 | hashes.SHA256):
        raise _malformed()
    if asked.nonce is not None and not 1 <= len(asked.nonce) <= _NONCE_LONGEST:
        raise _malformed()
    return asked


def require_good(
    response: bytes,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    *,
    nonce: bytes | None,
    responder_profile: Profile,
    now: datetime,
    algorithms: Algorithms = RULES.algorithms,
) -> Window:
    """Returns where a responder that may speak for the issuer says that the certificate is good.

    The responder is the issuer itself, or holds a certificate for nothing else that the issuer itself signed
    (RFC 6960, 4.2.2.2). An answer without an end is not believed: it could be told for ever.

    Args:
        response: in DER.
        certificate: whose status was asked.
        issuer: who issued it; believed already.
        nonce: what was sent; None where none was.
        responder_profile: what a responder's certificate looks like.
        now: real time.
        algorithms: what counts; an answer by any other is nobody's (RQ-30).

    Returns:
        How long the answer holds.

    Raises:
        PeerError: ``ocsp-response-malformed``.
        TrustError: ``certificate-revoked``, ``certificate-revocation-unknown`` where the responder does not
            know or does not answer, ``ocsp-nonce-other``, ``ocsp-responder-foreign`` or
            ``ocsp-response-stale``.
    """
    told = _told(response)
    names = _algorithms_of(told, _speaker(told, issuer, responder_profile, now), issuer)
    if any(algorithms.status(name, now) is Status.FORBIDDEN for name in names):
        raise refusal("ocsp-responder-foreign")
    if nonce is not None and _nonce(told.extensions) != nonce:
        raise refusal("ocsp-nonce-other")
    single = _single(told, certificate, issuer)
    since, until = single.this_update_utc, single.next_update_utc
    if until is None or since > now + _CLOCK_TOLERANCE or now >= until:
        raise refusal("ocsp-response-stale")
    if single.certificate_status is ocsp.OCSPCertStatus.REVOKED:
        raise refusal("certificate-revoked")
    if single.certificate_status is not ocsp.OCSPCertStatus.GOOD:
        raise refusal("certificate-revocation-unknown")
    return Window(since=since, until=min(until, algorithms.until(names)))


def _told(octets: bytes) -> ocsp.OCSPResponse:
    try:
        response = ocsp.load_der_ocsp_response(octets[: RESPONSE_LIMIT + 1])
        successful = response.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
        single = successful and len(list(response.responses)) == 1
    except HOSTILE as cause:
        raise PeerError("ocsp-response-malformed", "The answer of the responder cannot be read.") from cause
    if not single:
        raise refusal("certificate-revocation-unknown")
    return response


def _speaker(
    told: ocsp.OCSPResponse, issuer: x509.Certificate, profile: Profile, now: datetime
) -> x509.Certificate:
    """Who has signed the answer: the issuer, or somebody whom the issuer lets speak for it."""
    try:
        speakers = [issuer, *(each for each in told.certificates if _speaks_for(each, issuer, profile, now))]
        for speaker in speakers:
            if _signed(told, speaker):
                return speaker
    except HOSTILE as cause:
        raise refusal("ocsp-responder-foreign") from cause
    raise refusal("ocsp-responder-foreign")


def _algorithms_of(told: ocsp.OCSPResponse, speaker: x509.Certificate, issuer: x509.Certificate) -> set[str]:
    """Those on which an answer rests; the issuer's own certificate was believed before. Empty for unknown."""
    names = {signature_algorithm(told.signature_algorithm_oid), key_algorithm(speaker.public_key())}
    if speaker != issuer:
        names.add(signed_with(speaker))
    return {name or "" for name in names}


def _speaks_for(
    responder: x509.Certificate, issuer: x509.Certificate, profile: Profile, now: datetime
) -> bool:
    try:
        require_profile(responder, profile)
        responder.verify_directly_issued_by(issuer)
    except (TrustError, InvalidSignature):
        return False
    return responder.not_valid_before_utc <= now <= responder.not_valid_after_utc


def _signed(told: ocsp.OCSPResponse, speaker: x509.Certificate) -> bool:
    key, digest = speaker.public_key(), told.signature_hash_algorithm
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(digest, hashes.SHA256 | hashes.SHA384):
            key.verify(told.signature, told.tbs_response_bytes, ec.ECDSA(digest))
        elif isinstance(key, _LATTICES):
            key.verify(told.signature, told.tbs_response_bytes)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _single(
    told: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> ocsp.OCSPSingleResponse:
    """What is said of this certificate; what is said of another one is no answer."""
    (single,) = told.responses
    try:
        asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, single.hash_algorithm).build()
    except HOSTILE as cause:
        raise refusal("certificate-revocation-unknown") from cause
    same = (single.issuer_name_hash, single.issuer_key_hash, single.serial_number) == (
        asked.issuer_name_hash,
        asked.issuer_key_hash,
        asked.serial_number,
    )
    if not same:
        raise refusal("certificate-revocation-unknown")
    return single


def _nonce(extensions: x509.Extensions) -> bytes | None:
    try:
        return extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return None


def _malformed() -> PeerError:
    return PeerError("ocsp-request-malformed", "The request for a status cannot be read.")
