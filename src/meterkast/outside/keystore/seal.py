"""Files that only a token can open: AES-256-GCM under a key that never leaves it."""

import secrets
from typing import TYPE_CHECKING, Any, cast

from meterkast.model.errors import LocalError, MeterkastError
from meterkast.outside.keystore.folder import PrivateFolder
from meterkast.outside.keystore.token import Token, require_alive

if TYPE_CHECKING:
    from pkcs11 import Session
    from pkcs11.types import DecryptMixin, EncryptMixin, Key

SEALING_KEY = "seal"
"""Label of the AES key in the token."""

_SUFFIX = ".sealed"
_FORMAT = b"MKS\x01"
"""Every sealed file begins so. It stands for AES-256-GCM with a nonce of 12 octets and a tag of 16."""

_NONCE, _TAG = 12, 16


class SealedFolder:
    """Seals what it writes, opens what it reads. A file is bound to its name: none can stand for another.

    What it does not notice is a file put back as it was earlier.
    """

    def __init__(self, folder: PrivateFolder, token: Token) -> None:
        self._folder = folder
        self._token = token

    def write(self, name: str, contents: bytes) -> None:
        """Makes or replaces the file; the first one makes the sealing key, too."""
        nonce = secrets.token_bytes(_NONCE)

        def work(session: "Session") -> bytes:
            key = cast("EncryptMixin", _sealing_key(session, make=not self.names()))
            return cast("bytes", key.encrypt(contents, **_gcm(name, nonce)))

        self._folder.write(name + _SUFFIX, _FORMAT + nonce + self._token.run(work))

    def read(self, name: str) -> bytes | None:
        """The contents; None where there is no such file.

        Raises:
            LocalError: ``keystore-seal-broken`` where it was not sealed by this token under this name.
        """
        sealed = self._folder.read(name + _SUFFIX)
        if sealed is None:
            return None
        if not sealed.startswith(_FORMAT) or len(sealed) < len(_FORMAT) + _NONCE + _TAG:
            raise _broken(name)
        nonce, ciphertext = sealed[len(_FORMAT) :][:_NONCE], sealed[len(_FORMAT) + _NONCE :]

        def work(session: "Session") -> bytes:
            key = cast("DecryptMixin", _sealing_key(session, make=False))
            return cast("bytes", key.decrypt(ciphertext, **_gcm(name, nonce)))

        try:
            return self._token.run(work)
        except MeterkastError as cause:
            if cause.code != "keystore-token-failed":
                raise
            raise _broken(name) from cause  # there is a session, and the token does not open the file

    def remove(self, name: str) -> None:
        """Takes the file away; the token is not asked."""
        self._folder.remove(name + _SUFFIX)

    def names(self) -> list[str]:
        """Names of the files that are whole."""
        return [name.removesuffix(_SUFFIX) for name in self._folder.names() if name.endswith(_SUFFIX)]


def _sealing_key(session: "Session", *, make: bool) -> "Key":
    from pkcs11 import Attribute, KeyType, NoSuchKey, ObjectClass

    require_alive(session)
    try:
        return session.get_key(ObjectClass.SECRET_KEY, KeyType.AES, SEALING_KEY)
    except NoSuchKey:
        if not make:
            raise
    template = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
    return session.generate_key(KeyType.AES, 256, label=SEALING_KEY, store=True, template=template)


def _gcm(name: str, nonce: bytes) -> dict[str, Any]:
    from pkcs11 import GCMParams, Mechanism

    parameters = GCMParams(nonce, _FORMAT + name.encode(), 8 * _TAG)
    return {"mechanism": Mechanism.AES_GCM, "mechanism_param": parameters}


def _broken(name: str) -> LocalError:
    return LocalError("keystore-seal-broken", "A sealed file cannot be opened.", where=name)
