"""Keys in files that only a token can open, for what the token itself cannot do."""

from pathlib import Path

from meterkast.outside.keystore.folder import PrivateFolder
from meterkast.outside.keystore.pin import Pin
from meterkast.outside.keystore.seal import SealedFolder
from meterkast.outside.keystore.software import SoftwareKeystore
from meterkast.outside.keystore.token import Token


class SealedKeystore(SoftwareKeystore):
    """A software keystore whose files are sealed by an AES key of a PKCS#11 token.

    For ML-DSA keys, hybrid encryption keys, and keys that OpenSSL uses for TLS: tokens of today do not offer
    the first two (SoftHSM 2.6.1 has neither ML-DSA nor ML-KEM), and OpenSSL does not reach into a token here.

    What that gives: whoever has the folder, or a backup of it, has nothing without the token and its PIN.
    What it does not: **while the process runs, its keys are in its memory.** Who can read that has them.

    Raises:
        MeterkastError: as ``Token``; LocalError ``keystore-open-to-others``.
    """

    def __init__(self, module: Path, token: str, pin: Pin, folder: Path) -> None:
        private = PrivateFolder(folder)
        super().__init__(folder, private=SealedFolder(private, Token(module, token, pin)))
