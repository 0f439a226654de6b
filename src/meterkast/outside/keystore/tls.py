"""A key's TLS context against a trust folder, and the loan of a key to Python's own ``ssl``."""

import secrets
import ssl
import tempfile
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from OpenSSL import SSL

from meterkast.model.errors import DataError, LocalError
from meterkast.outside.tls import TlsContext, TlsPolicy
from meterkast.outside.tls.context import TlsKey
from meterkast.outside.trust import TrustFolder


def mutual_context(
    *,
    key: TlsKey | None,
    chain: Sequence[x509.Certificate],
    trust: TrustFolder,
    server_side: bool,
    policy: TlsPolicy,
) -> TlsContext:
    """A context for one key and its certificates, as strict as ``TlsContext`` is; for no key, a client's.

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


def lend_key(context: ssl.SSLContext, key: TlsKey, chain: Sequence[x509.Certificate]) -> None:
    """Loads a key and its certificates into a context of Python's own ``ssl``, which takes files alone.

    The key in that file is under a password that is used this once and kept nowhere: nothing that anybody
    could open reaches a disk.

    Raises:
        LocalError: ``keystore-tls-unusable``.
    """
    password = secrets.token_bytes(32).hex()
    locked = BestAvailableEncryption(password.encode())
    with tempfile.NamedTemporaryFile() as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
        file.writelines(certificate.public_bytes(Encoding.PEM) for certificate in chain)
        file.flush()
        try:
            context.load_cert_chain(file.name, password=password)
        except (ssl.SSLError, OSError) as cause:
            raise LocalError("keystore-tls-unusable", "Certificate or key cannot be used for TLS.") from cause
