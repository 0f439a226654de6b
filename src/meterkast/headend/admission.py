"""Admission: whether the far end of a connection is a gateway that may deliver, now and at every envelope."""

from datetime import UTC, datetime

from cryptography import x509

from meterkast.model.errors import TrustError
from meterkast.model.identity import SystemTitle
from meterkast.outside.clock import Clock
from meterkast.outside.trust import TrustFolder, Version
from meterkast.protocols.x509 import Purpose, validate

_JUDGED_FOR = 60.0


class Admission:
    """The certificate that a connection has shown, judged again as soon as the trust folder changes.

    Args:
        certificate: DER; None where the far end showed none.
        trust: roots, authorities and revocation lists.
        clock: real time, in which certificates live.
    """

    def __init__(self, certificate: bytes | None, trust: TrustFolder, clock: Clock) -> None:
        self._certificate = certificate
        self._trust = trust
        self._clock = clock
        self._title: SystemTitle | None = None
        self._version: Version = ()
        self._until = 0.0

    def title(self) -> SystemTitle:
        """Whose connection this is, if it may still deliver.

        Raises:
            TrustError: ``certificate-…``; also where none was shown.
        """
        now, version = self._clock.now(), self._trust.version()
        if self._title is None or now >= self._until or version != self._version:
            self._title = None
            self._title = self._judge(now)
            self._version, self._until = version, now + _JUDGED_FOR
        return self._title

    def _judge(self, now: float) -> SystemTitle:
        if self._certificate is None:
            raise TrustError("certificate-missing", "The certificate is not accepted.")
        validated = validate(
            x509.load_der_x509_certificate(self._certificate),
            self._trust.intermediates(),
            self._trust.anchors(),
            self._trust.crls(),
            datetime.fromtimestamp(now, UTC),
            Purpose.TLS,
        )
        if validated.title is None:
            raise TrustError("certificate-identity", "The certificate is not accepted.")
        return validated.title
