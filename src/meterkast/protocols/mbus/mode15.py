"""Encryption "mode 15" of Dutch gas meters: AES-128-CBC with a frame counter (DSMR P2 4.2.2).

There is no authentication code. Both ends check the filler octets, and the gateway that the counter rises;
nothing more stands between a reading and whoever holds the line.
"""

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import CBC

from meterkast.model.errors import DataError, LocalError, PeerError, TrustError
from meterkast.protocols.mbus.identity import Identity

MODE = 15
FILLER = b"\x2f\x2f"
BLOCK = 16
_MAXIMUM_BLOCKS = 15
_COUNTER_RECORD = b"\x04\xfd\x08"
_MAXIMUM_COUNTER = 0xFFFFFFFF


def encrypt(user_key: bytes, device: Identity, counter: int, plaintext: bytes) -> bytes:
    """Filler, plaintext and filler up to whole blocks, encrypted; at least two filler octets on either side.

    Raises:
        LocalError: ``mbus-plaintext-long`` where more than 15 blocks would be needed.
    """
    padded = FILLER + plaintext + FILLER
    padded += b"\x2f" * (-len(padded) % BLOCK)
    if len(padded) > _MAXIMUM_BLOCKS * BLOCK:
        raise LocalError("mbus-plaintext-long", "Mode 15 encrypts at most 15 blocks.")
    encryptor = _cipher(user_key, device, counter).encryptor()
    return encryptor.update(padded) + encryptor.finalize()


def decrypt(user_key: bytes, device: Identity, counter: int, ciphertext: bytes) -> bytes:
    """The records, still with the filler around them.

    Raises:
        PeerError: ``mbus-ciphertext-cut`` where it is empty or not whole blocks.
        TrustError: ``mbus-decrypt-failed`` where the filler is not there: another key, counter or device.
    """
    if not ciphertext or len(ciphertext) % BLOCK:
        raise PeerError("mbus-ciphertext-cut", "The ciphertext is not a number of whole blocks.")
    decryptor = _cipher(user_key, device, counter).decryptor()
    plaintext = decryptor.update(ciphertext) + decryptor.finalize()
    if not plaintext.startswith(FILLER) or not plaintext.endswith(FILLER):
        raise TrustError("mbus-decrypt-failed", "The telegram does not open with this key.")
    return plaintext


def configuration(ciphertext: bytes) -> int:
    """The configuration word: mode 15 and the number of blocks."""
    return MODE << 8 | len(ciphertext) // BLOCK << 4


def encode_counter(counter: int) -> bytes:
    """The record that carries the frame counter in clear behind the ciphertext.

    Raises:
        LocalError: ``mbus-counter-spent`` where the counter needs more than 32 bits.
    """
    if not 0 <= counter <= _MAXIMUM_COUNTER:
        raise LocalError("mbus-counter-spent", "The frame counter has 32 bits.", hint="Set a new user key.")
    return _COUNTER_RECORD + counter.to_bytes(4, "little")


def decode_counter(clear: bytes) -> int:
    """The frame counter that follows the ciphertext.

    Raises:
        PeerError: ``mbus-counter-missing``.
    """
    if len(clear) != len(_COUNTER_RECORD) + 4 or not clear.startswith(_COUNTER_RECORD):
        raise PeerError("mbus-counter-missing", "No frame counter follows the ciphertext of mode 15.")
    return int.from_bytes(clear[len(_COUNTER_RECORD) :], "little")


def _cipher(user_key: bytes, device: Identity, counter: int) -> Cipher[CBC]:
    if len(user_key) != BLOCK:
        raise DataError("mbus-key-size", "A user key has 16 octets.")
    initial = device.manufacturer_first() + counter.to_bytes(4, "little") * 2
    return Cipher(AES128(user_key), CBC(initial))
