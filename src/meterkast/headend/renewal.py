"""The head-end's next TLS certificate, before two thirds of the present one's life have become all of it."""

import asyncio
import binascii
import logging
from base64 import b64decode, encodebytes
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.errors import MeterkastError, PeerError, TrustError
from meterkast.outside.clock import Clock
from meterkast.outside.https import Request, fetch
from meterkast.outside.keystore import KeyKind, Keystore
from meterkast.outside.keystore.tls import mutual_context
from meterkast.outside.tls import HYBRID_ONLY
from meterkast.outside.trust import TrustFolder
from meterkast.protocols.x509 import Purpose, server_name, validate
from meterkast.protocols.x509.certs_only import certificates
from meterkast.protocols.x509.generation import following, newest
from meterkast.protocols.x509.identity import organisation_of
from meterkast.protocols.x509.renewal import renewal_due
from meterkast.protocols.x509.signed_request import sign_request

LABEL = "tls"
SECONDS_BETWEEN = 3600.0
_PATH = "/.well-known/est/server/simplereenroll"

_log = logging.getLogger("meterkast.headend")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentAddress:
    """The PKI's enrolment server: its address, and the DNS name that its certificate must carry."""

    host: str
    port: int
    server_name: str


class Renewal:
    """The generations of a server's key: ``tls``, then ``tls-g2`` beside it; the newest is the one in use.

    The next key is made first, and nobody uses it; the moment its certificate is kept, the next connection is
    shown that one. Killed at any point, it goes on. The first comes from whoever founded the site.

    Args:
        keystore: with the present key and its certificate.
        trust: what the next certificate must end in.
        address: of the PKI; None where somebody renews by hand, who is told when it is time.
    """

    def __init__(self, keystore: Keystore, trust: TrustFolder, address: EnrolmentAddress | None) -> None:
        self._keystore = keystore
        self._trust = trust
        self._address = address

    def current(self) -> str:
        """The label of the newest generation that has a certificate."""
        return newest(self._keystore.certified(), LABEL)

    def step(self, now: datetime) -> bool:
        """Gets the next certificate where it is due; whether there is one. Nobody is dialled where it is not.

        Raises:
            UnreachableError, PeerError: ``https-…``.
            TrustError: ``https-tls-refused``, ``headend-renewal-refused``, ``headend-certificate-foreign`` or
                ``certificate-…``.
            LocalError: as the keystore does.
        """
        present = self._keystore.certificate(self.current())[0]
        if now < renewal_due(present):
            return False
        if self._address is None:
            until = f"{present.not_valid_after_utc:%Y-%m-%d}"
            _log.warning("headend-certificate-due until=%s: renew it, or name the PKI", until)
            return False
        label = following(self._keystore.certified(), LABEL)
        if label not in self._keystore.labels():
            self._keystore.generate(label, KeyKind.EC_P256)
        answered = self._ask(self._address, self._signed_request(label))
        self._keystore.put_certificate(label, self._believed(answered, label, now))
        _log.info("headend-certificate-renewed label=%s", label)
        return True

    async def run(self, real_clock: Clock) -> None:
        """A look now and every ``SECONDS_BETWEEN``; what goes wrong is logged and tried again."""
        while True:
            try:
                await asyncio.to_thread(self.step, datetime.fromtimestamp(real_clock.now(), UTC))
            except MeterkastError as error:
                _log.warning("headend-certificate-not-renewed code=%s", error.code)
            await asyncio.sleep(SECONDS_BETWEEN)

    def _signed_request(self, label: str) -> bytes:
        """For the next key, signed by it; and by the present one, in whose name it asks."""
        present, signer = self._keystore.certificate(self.current())[0], self._keystore.signer(label)
        name = x509.SubjectAlternativeName([x509.DNSName(server_name(present))])
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        request = builder.add_extension(name, critical=True).sign(signer, signer.digest)
        return sign_request(
            request.public_bytes(Encoding.DER), present, self._keystore.signer(self.current())
        )

    def _ask(self, address: EnrolmentAddress, message: bytes) -> x509.Certificate:
        context = mutual_context(key=None, chain=(), trust=self._trust, server_side=False, policy=HYBRID_ONLY)
        request = Request(
            method="POST", path=_PATH, content_type="application/pkcs7-mime", body=encodebytes(message)
        )
        where = address.host, address.port
        answer = fetch(where, request, context=context, server_name=address.server_name)
        if answer.status != 200:
            refusal = f"The PKI refused to renew the certificate ({answer.status})."
            raise TrustError("headend-renewal-refused", refusal, hint="Its log says why.")
        return _certificate(answer.body)

    def _believed(self, certificate: x509.Certificate, label: str, now: datetime) -> list[x509.Certificate]:
        """The chain without the root: for our key, in our name, of our operator, and believed by others."""
        present, authority, *_ = self._keystore.certificate(self.current())
        trust = self._trust
        validated = validate(
            certificate,
            trust.intermediates(),
            trust.anchors(),
            trust.crls(),
            now,
            Purpose.TLS_SERVER,
            tenant=organisation_of(authority),
        )
        is_ours = certificate.public_key() == self._keystore.public_key(label)
        if not is_ours or server_name(certificate) != server_name(present):
            message = "The certificate is of another server or key."
            raise TrustError("headend-certificate-foreign", message)
        return list(validated.chain[:-1])


def _certificate(body: bytes) -> x509.Certificate:
    """The one that is answered (RFC 7030, 4.2.3)."""
    try:
        (certificate,) = certificates(b64decode(b"".join(body.split()), validate=True))
    except (PeerError, binascii.Error, ValueError) as cause:
        message = "The PKI's answer is not a certificate."
        raise PeerError("headend-renewal-malformed", message) from cause
    return certificate
