"""Admission: whether the far end of a connection is a gateway that may deliver, now and at every envelope."""

from datetime import UTC, datetime

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
    """

    def __init__(self, certificate: bytes | None, paths: PathCache, clock: Clock) -> None:
        self._certificate = certificate
        self._paths = paths
        self._clock = clock

    def title(self) -> SystemTitle:
        """Whose connection this is, if it may still deliver.

        Raises:
            TrustError: ``certificate-…``; also where none was shown.
        """
        if self._certificate is None:
            raise TrustError("certificate-missing", "The certificate is not accepted.")
        now = datetime.fromtimestamp(self._clock.now(), UTC)
        validated = self._paths.validate(self._certificate, now, Purpose.TLS)
        if validated.title is None:
            raise TrustError("certificate-identity", "The certificate is not accepted.")
        return validated.title
