"""What the connections of one side share: its key, what it believes, and what it insists on."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, mldsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from OpenSSL import SSL
from OpenSSL.crypto import FILETYPE_ASN1, X509, PKey, X509Store, X509StoreFlags, load_privatekey

from meterkast.outside.tls.judgement import Judgement
from meterkast.outside.tls.policy import TlsPolicy
from meterkast.outside.tls.session import TlsSession

_FLAGS = X509StoreFlags.CRL_CHECK | X509StoreFlags.CRL_CHECK_ALL | X509StoreFlags.X509_STRICT

TlsKey = (
    ec.EllipticCurvePrivateKey | mldsa.MLDSA44PrivateKey | mldsa.MLDSA65PrivateKey | mldsa.MLDSA87PrivateKey
)


class TlsContext:
    """TLS 1.3 and nothing older, certificates of both sides, revocation of the whole chain.

    Two contexts may do without a client's certificate: that of a server whose policy says so, and that of a
    client that has none to show.

    Sessions are never resumed, for a resumed one would skip the revocation check; so there is no early data
    (0-RTT) either.

    Args:
        key: the private key; None for a client that shows no certificate.
        chain: its certificate, then the chain without the root.
        anchors: the roots in which the other side's certificate must end.
        crls: a revocation list for every authority between.
        server_side: whether we are the one who is dialled.
        policy: what else we insist on.

    Raises:
        OpenSSL.SSL.Error: key, certificate or a list cannot be used.
    """

    def __init__(
        self,
        *,
        key: TlsKey | None,
        chain: Sequence[x509.Certificate],
        anchors: Sequence[x509.Certificate],
        crls: Sequence[x509.CertificateRevocationList],
        server_side: bool,
        policy: TlsPolicy,
    ) -> None:
        self.server_side = server_side
        self.policy = policy
        self._context = SSL.Context(SSL.TLS_SERVER_METHOD if server_side else SSL.TLS_CLIENT_METHOD)
        self._context.set_min_proto_version(SSL.TLS1_3_VERSION)
        self._context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        self._context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION)
        required = 0 if policy.anonymous_too else SSL.VERIFY_FAIL_IF_NO_PEER_CERT
        self._context.set_verify(SSL.VERIFY_PEER | required, _judge)
        if key is not None:
            self._show(key, chain)
        store = self._context.get_cert_store()
        _believe(store, anchors, crls)

    def _show(self, key: TlsKey, chain: Sequence[x509.Certificate]) -> None:
        self._context.use_certificate(chain[0])
        for certificate in chain[1:]:
            self._context.add_extra_chain_cert(certificate)
        self._context.use_privatekey(_usable(key))
        self._context.check_privatekey()

    def session(self, peer: str, server_name: str | None = None) -> TlsSession:
        """A new connection to ``peer``, for the log; a client names the server, which must prove to be it."""
        return TlsSession(
            SSL.Connection(self._context, None),
            server_side=self.server_side,
            policy=self.policy,
            peer=peer,
            server_name=server_name,
        )


def _usable(key: TlsKey) -> ec.EllipticCurvePrivateKey | PKey:
    """The library takes keys of its own for what it does not know by class."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key
    octets = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return load_privatekey(FILETYPE_ASN1, octets)


def _believe(
    store: X509Store | None,
    anchors: Sequence[x509.Certificate],
    crls: Sequence[x509.CertificateRevocationList],
) -> None:
    assert store is not None
    store.set_flags(_FLAGS)
    for anchor in anchors:
        store.add_cert(X509.from_cryptography(anchor))
    for crl in crls:
        store.add_crl(crl)


def _judge(connection: SSL.Connection, certificate: X509, error: int, depth: int, accepted: int) -> bool:
    judgement = connection.get_app_data()
    assert isinstance(judgement, Judgement)
    return judgement.pass_on(certificate, error=error, depth=depth, accepted=bool(accepted))
