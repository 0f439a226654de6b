"""A signer that signs nothing: what it makes can be looked at and verifies nowhere, until it is finished."""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, mldsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.outside.keystore import Signer, SigningHandle
from meterkast.outside.keystore.post_quantum import MlDsa44Handle, MlDsa65Handle, MlDsa87Handle
from meterkast.pki.template import SigningPublicKey
from meterkast.protocols.ber import Element, elements, single

_ECDSA = encode_dss_signature(1, 1)
_SEQUENCE, _BIT_STRING = 0x30, 0x03
_LENGTHS = {44: 2420, 65: 3309, 87: 4627}  # FIPS 204, table 2


def void_signer(key: SigningPublicKey) -> Signer:
    """A signer of the same kind as the key's own, whose signatures are all the same and good for nothing."""
    match key:
        case ec.EllipticCurvePublicKey():
            return SigningHandle(key, lambda _data, _algorithm: _ECDSA)
        case mldsa.MLDSA44PublicKey():
            return MlDsa44Handle(key, lambda _data, _context: bytes(_LENGTHS[44]))
        case mldsa.MLDSA65PublicKey():
            return MlDsa65Handle(key, lambda _data, _context: bytes(_LENGTHS[65]))
        case mldsa.MLDSA87PublicKey():
            return MlDsa87Handle(key, lambda _data, _context: bytes(_LENGTHS[87]))


def finished(certificate: x509.Certificate, signer: Signer) -> x509.Certificate:
    """The same certificate under a signature by the real key."""
    looked_at = certificate.public_bytes(Encoding.DER)
    return x509.load_der_x509_certificate(_signed(certificate.tbs_certificate_bytes, looked_at, signer))


def finished_list(
    revocation_list: x509.CertificateRevocationList, signer: Signer
) -> x509.CertificateRevocationList:
    """The same list under a signature by the real key."""
    looked_at = revocation_list.public_bytes(Encoding.DER)
    return x509.load_der_x509_crl(_signed(revocation_list.tbs_certlist_bytes, looked_at, signer))


def _signed(tbs: bytes, looked_at: bytes, signer: Signer) -> bytes:
    """What was looked at, with another signature."""
    if isinstance(signer, SigningHandle):
        signature = signer.sign(tbs, ec.ECDSA(signer.digest))
    else:
        signature = signer.sign(tbs)
    _, algorithm, _ = elements(single(looked_at, _SEQUENCE).contents)
    parts = tbs + algorithm.encode() + Element(_BIT_STRING, b"\0" + signature).encode()
    return Element(_SEQUENCE, parts).encode()
