"""A TLS context that is strict both ways: 1.3, certificates of both, revocation of the whole chain."""

import ssl
from pathlib import Path

from meterkast.model.errors import LocalError
from meterkast.outside.trust import ANCHORS, TrustFolder

_FLAGS = ssl.VerifyFlags.VERIFY_CRL_CHECK_CHAIN | ssl.VerifyFlags.VERIFY_X509_STRICT


def mutual_context(*, certificate: Path, key: Path, trust: TrustFolder, server_side: bool) -> ssl.SSLContext:
    """A context for one certificate and one trust folder.

    Raises:
        LocalError: ``trust-missing`` without roots or revocation lists, ``keystore-tls-unusable`` where
            certificate, key or a file of the trust folder cannot be used.
    """
    crls = trust.crl_files()
    if not crls or not (trust.path / ANCHORS).is_file():
        raise LocalError(
            "trust-missing", "The trust folder lacks roots or revocation lists.", where=str(trust.path)
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server_side else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= _FLAGS
    if server_side:
        context.num_tickets = 0  # a resumed session would skip the revocation check
    try:
        context.load_cert_chain(certificate, key)
        for path in (trust.path / ANCHORS, *crls):
            context.load_verify_locations(path)
    except (ssl.SSLError, OSError) as cause:
        message = "Certificate, key or trust folder cannot be used for TLS."
        raise LocalError("keystore-tls-unusable", message, where=str(certificate)) from cause
    return context
