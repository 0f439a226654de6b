"""The keystore in a PKCS#11 token: keys are made there, work there, and stay there (RQ-25)."""

import hashlib
import secrets
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, cast

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.utils import Buffer

from meterkast.model.errors import LocalError
from meterkast.outside.keystore.belongings import Belongings
from meterkast.outside.keystore.folder import PrivateFolder
from meterkast.outside.keystore.handle import SigningHandle
from meterkast.outside.keystore.kind import CURVES, KeyKind
from meterkast.outside.keystore.label import label_taken, require_label
from meterkast.outside.keystore.pin import Pin
from meterkast.outside.keystore.seal import SealedFolder
from meterkast.outside.keystore.signature import DIGESTS, raw_signature
from meterkast.outside.keystore.token import Token, require_alive
from meterkast.outside.tls import HYBRID_ONLY, TlsPolicy
from meterkast.outside.trust import TrustFolder

if TYPE_CHECKING:
    from pkcs11 import Session
    from pkcs11.types import SignMixin

_OBJECT_IDENTIFIERS = {
    "secp256r1": bytes.fromhex("06 08 2a8648ce3d030107"),
    "secp384r1": bytes.fromhex("06 05 2b81040022"),
}
_CURVES_BY_PARAMETERS = {_OBJECT_IDENTIFIERS[curve.name]: curve for curve in CURVES.values()}


class Pkcs11Keystore(Belongings):
    """Elliptic-curve keys that sign inside a token, marked sensitive and not extractable.

    Certificates stand in the folder in clear, local secrets in files that the token seals. A token has one
    space of labels: two keystores on one token share their keys. Hybrid and ML-DSA keys, and keys for TLS,
    are refused with ``keystore-mechanism-missing``: ``SealedKeystore`` is for those.

    Args:
        module: the PKCS#11 library of the token's maker.
        token: the token's label.
        pin: gives the user PIN, see ``pin_in_file`` and ``pin_in_environment``.
        folder: for certificates and secrets; made where it is not there.

    Raises:
        MeterkastError: as ``Token``; LocalError ``keystore-open-to-others``.
    """

    def __init__(self, module: Path, token: str, pin: Pin, folder: Path) -> None:
        public = PrivateFolder(folder)
        self._token = Token(module, token, pin)
        super().__init__(folder, public=public, private=SealedFolder(public, self._token))
        self._public_keys: dict[str, ec.EllipticCurvePublicKey] = {}
        self._handles: dict[str, tuple[Session, SignMixin]] = {}

    def generate(self, label: str, kind: KeyKind) -> None:
        """Makes a key pair on P-256 or P-384 inside the token."""
        curve = CURVES.get(kind)
        if curve is None:
            raise _missing(f"keys of the kind {kind}")
        parameters = _OBJECT_IDENTIFIERS[curve.name]
        require_label(label)
        self._token.run(lambda session: _generate(session, label, parameters))

    def destroy(self, label: str) -> None:
        """Has the token destroy both halves of the key; then the certificate goes."""
        require_label(label)
        try:
            self._token.run(lambda session: _destroy(session, label))
        except LocalError as error:
            if error.code != "keystore-label-unknown":
                raise
        self._public_keys.pop(label, None)
        self._handles.pop(label, None)
        self._discard_certificate(label)

    def labels(self) -> set[str]:
        """Labels that have a private key in the token."""
        return self._token.run(_labels)

    def public_key(self, label: str) -> ec.EllipticCurvePublicKey:
        """The public half of a key."""
        if label not in self._public_keys:
            self._public_keys[label] = self._token.run(lambda session: _public_key(session, label))
        return self._public_keys[label]

    def signer(self, label: str) -> SigningHandle:
        """A handle that signs certificates, requests and lists inside the token."""

        def sign(data: Buffer, algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
            return self._sign(label, _digest(data, algorithm))

        return SigningHandle(self.public_key(label), sign)

    def sign(self, label: str, data: bytes) -> bytes:
        """A signature over the data."""
        curve = self.public_key(label).curve
        der = self._sign(label, hashlib.new(DIGESTS[curve.name].name, data).digest())
        return raw_signature(der, curve)

    def kem_public_key(self, label: str) -> NoReturn:  # noqa: ARG002
        """Refused: no token has hybrid keys."""
        raise _missing("hybrid keys")

    def unseal(self, label: str, sealed: bytes, info: bytes) -> NoReturn:  # noqa: ARG002
        """Refused: no token has hybrid keys."""
        raise _missing("hybrid keys")

    def lend(self, label: str, context: ssl.SSLContext) -> NoReturn:  # noqa: ARG002
        """Refused: OpenSSL does not reach into the token."""
        raise _missing("keys for TLS")

    def tls_context(
        self,
        label: str,  # noqa: ARG002
        *,
        trust: TrustFolder,  # noqa: ARG002
        server_side: bool,  # noqa: ARG002
        policy: TlsPolicy = HYBRID_ONLY,  # noqa: ARG002
    ) -> NoReturn:
        """Refused: OpenSSL does not reach into the token."""
        raise _missing("keys for TLS")

    def close(self) -> None:
        """Logs this process out of the token; whatever comes next asks for the PIN anew."""
        self._token.close()

    def _certified_key(self, label: str) -> ec.EllipticCurvePublicKey:
        return self.public_key(label)

    def _sign(self, label: str, digest: bytes) -> bytes:
        from pkcs11 import Mechanism

        signature = self._token.run(
            lambda session: self._private_key(session, label).sign(digest, mechanism=Mechanism.ECDSA)
        )
        half = len(signature) // 2
        return encode_dss_signature(
            int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
        )

    def _private_key(self, session: "Session", label: str) -> "SignMixin":
        """Looked up once in each session: a lookup costs as much as a signature."""
        from pkcs11 import KeyType, ObjectClass

        found = self._handles.get(label)
        if found is not None and found[0] is session:
            return found[1]
        require_alive(session)
        key = cast("SignMixin", session.get_key(ObjectClass.PRIVATE_KEY, KeyType.EC, label))
        self._handles[label] = session, key
        return key


def _generate(session: "Session", label: str, parameters: bytes) -> None:
    from pkcs11 import Attribute, KeyType, MechanismFlag

    if label in _labels(session):
        raise label_taken(label)
    _destroyed(session, label)  # a public half whose private one was not made before the power went
    domain = session.create_domain_parameters(KeyType.EC, {Attribute.EC_PARAMS: parameters}, local=True)
    domain.generate_keypair(
        id=secrets.token_bytes(16),
        label=label,
        store=True,
        capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
        private_template={
            Attribute.SENSITIVE: True,
            Attribute.EXTRACTABLE: False,
            Attribute.MODIFIABLE: False,
        },
    )


def _destroy(session: "Session", label: str) -> None:
    """Says so where there is nothing to destroy: a search in a token that has gone finds nothing either."""
    from pkcs11 import NoSuchKey

    if not _destroyed(session, label):
        raise NoSuchKey


def _destroyed(session: "Session", label: str) -> int:
    """How many objects those were; the private half first, for the public one alone is of use to nobody."""
    from pkcs11 import Attribute, KeyType, ObjectClass

    require_alive(session)
    found = [
        each
        for half in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY)
        for each in session.get_objects(
            {Attribute.CLASS: half, Attribute.KEY_TYPE: KeyType.EC, Attribute.LABEL: label}
        )
    ]
    for each in found:
        each.destroy()
    return len(found)


def _labels(session: "Session") -> set[str]:
    from pkcs11 import Attribute, KeyType, ObjectClass

    require_alive(session)
    wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.KEY_TYPE: KeyType.EC}
    return {found[Attribute.LABEL] for found in session.get_objects(wanted)}


def _public_key(session: "Session", label: str) -> ec.EllipticCurvePublicKey:
    from pkcs11 import Attribute, KeyType, ObjectClass

    require_alive(session)
    found = session.get_key(ObjectClass.PUBLIC_KEY, KeyType.EC, label)
    curve = _CURVES_BY_PARAMETERS.get(found[Attribute.EC_PARAMS])
    if curve is None:
        raise LocalError("keystore-key-kind", "The key is on a curve that is not used here.", where=label)
    length = 1 + 2 * ((curve.key_size + 7) // 8)
    point = found[Attribute.EC_POINT][-length:]  # an OCTET STRING around it (PKCS#11 2.40, 2.3.3), or bare
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, point)


def _digest(data: Buffer, algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
    hashed = algorithm.algorithm
    return bytes(data) if isinstance(hashed, Prehashed) else hashlib.new(hashed.name, data).digest()


def _missing(what: str) -> LocalError:
    return LocalError(
        "keystore-mechanism-missing",
        f"A PKCS#11 token does not do {what} here.",
        hint="Use a keystore of the kind `sealed`, or name the key's label in `sealed`.",
    )
