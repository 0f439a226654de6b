"""The key of an operator's encryption certificate, as an envelope takes it."""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from meterkast.protocols.envelope import RecipientKey
from meterkast.protocols.x509.foreign import HOSTILE
from meterkast.protocols.x509.identity import key_id
from meterkast.protocols.x509.profile import SUBJECT_ALT_PUBLIC_KEY
from meterkast.protocols.x509.refusal import refusal


def alternative_key(mlkem: MLKEM768PublicKey) -> x509.UnrecognizedExtension:
    """The extension that carries the ML-KEM-768 half beside the X25519 key of the certificate."""
    der = mlkem.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return x509.UnrecognizedExtension(SUBJECT_ALT_PUBLIC_KEY, der)


def recipient_key(certificate: x509.Certificate) -> RecipientKey:
    """Both halves of the operator's key under the key id of its certificate, which must have been validated.

    Raises:
        TrustError: ``certificate-key`` where either half is missing or of another kind.
    """
    try:
        extension = certificate.extensions.get_extension_for_oid(SUBJECT_ALT_PUBLIC_KEY).value
        x25519 = certificate.public_key()
        mlkem = load_der_public_key(extension.public_bytes())
    except (x509.ExtensionNotFound, *HOSTILE) as cause:
        raise refusal("certificate-key") from cause
    if not (isinstance(x25519, X25519PublicKey) and isinstance(mlkem, MLKEM768PublicKey)):
        raise refusal("certificate-key")
    return RecipientKey(key_id=key_id(certificate), key=MLKEM768X25519PublicKey(mlkem, x25519))
