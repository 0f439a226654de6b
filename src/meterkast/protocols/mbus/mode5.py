"""OMS security mode 5: AES-128-CBC under a lasting key (EN 13757-7, 7.6.2; OMS security profile A).

There is no authentication code, and the initial vector repeats when the access number comes round.
"""

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import CBC

from meterkast.model.errors import DataError, LocalError, PeerError, TrustError
from meterkast.protocols.mbus.identity import Identity

MODE = 5
FILLER = b"\x2f\x2f"
BLOCK = 16
_MAXIMUM_BLOCKS = 15


def encrypt(key: bytes, device: Identity, access: int, plaintext: bytes) -> bytes:
    """Two filler octets, the plaintext and filler up to whole blocks, encrypted.

    Raises:
        LocalError: ``mbus-plaintext-long`` where more than 15 blocks would be needed.
        DataError: ``mbus-key-size``.
    """
    encryptor = _cipher(key, device, access).encryptor()
    return encryptor.update(padded(plaintext)) + encryptor.finalize()


def decrypt(key: bytes, device: Identity, access: int, ciphertext: bytes) -> bytes:
    """The records, still with the filler around them.

    Raises:
        PeerError: ``mbus-ciphertext-cut`` where it is empty or not whole blocks.
        TrustError: ``mbus-decrypt-failed`` where the filler is not there: another key or device.
        DataError: ``mbus-key-size``.
    """
    decryptor = _cipher(key, device, access).decryptor()
    return checked(decryptor.update(whole_blocks(ciphertext)) + decryptor.finalize())


def configuration(ciphertext: bytes) -> int:
    """The configuration word: mode 5 and the number of blocks."""
    return MODE << 8 | len(ciphertext) // BLOCK << 4


def padded(plaintext: bytes) -> bytes:
    """Filler, plaintext, and filler up to whole blocks.

    Raises:
        LocalError: ``mbus-plaintext-long``.
    """
    text = FILLER + plaintext
    text += b"\x2f" * (-len(text) % BLOCK)
    if len(text) > _MAXIMUM_BLOCKS * BLOCK:
        raise LocalError("mbus-plaintext-long", "At most 15 blocks are encrypted.")
    return text


def whole_blocks(ciphertext: bytes) -> bytes:
    """The ciphertext itself.

    Raises:
        PeerError: ``mbus-ciphertext-cut``.
    """
    if not ciphertext or len(ciphertext) % BLOCK:
        raise PeerError("mbus-ciphertext-cut", "The ciphertext is not a number of whole blocks.")
    return ciphertext


def checked(plaintext: bytes) -> bytes:
    """The plaintext itself.

    Raises:
        TrustError: ``mbus-decrypt-failed``.
    """
    if not plaintext.startswith(FILLER):
        raise TrustError("mbus-decrypt-failed", "The telegram does not open with this key.")
    return plaintext


def _cipher(key: bytes, device: Identity, access: int) -> Cipher[CBC]:
    if len(key) != BLOCK:
        raise DataError("mbus-key-size", "A user key has 16 octets.")
    initial = device.manufacturer_first() + bytes((access,)) * 8
    return Cipher(AES128(key), CBC(initial))
