"""A key's TLS context against a trust folder."""

from collections.abc import Sequence

from cryptography import x509
from OpenSSL import SSL

from meterkast.model.errors import DataError, LocalError
from meterkast.outside.tls import TlsContext, TlsPolicy
from meterkast.outside.tls.context import TlsKey
from meterkast.outside.trust import TrustFolder


def mutual_context(
    *,
    key: TlsKey,
    chain: Sequence[x509.Certificate],
    trust: TrustFolder,
    server_side: bool,
    policy: TlsPolicy,
) -> TlsContext:
    """A context for one key and its certificates, as strict as ``TlsContext`` is.

    Raises:
        LocalError: ``trust-missing`` without roots or revocation lists, ``keystore-tls-unusable`` where
            certificate, key or a file of the trust folder cannot be used.
    """
    try:
        anchors, crls = trust.anchors(), trust.crls()
        if not (anchors and crls):
            message = "The trust folder lacks roots or revocation lists."
            raise LocalError("trust-missing", message, where=str(trust.path))
        return TlsContext(
            key=key, chain=chain, anchors=anchors, crls=crls, server_side=server_side, policy=policy
        )
    except (SSL.Error, DataError) as cause:
        message = "Certificate, key or trust folder cannot be used for TLS."
        raise LocalError("keystore-tls-unusable", message, where=str(trust.path)) from cause
