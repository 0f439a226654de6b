"""What a Dutch gas meter may be told: a new user key, and the time (DSMR P2 4.2.2). Nothing else.

The new key travels encrypted under the default key, which no other message uses; one block, without an
authentication code: whoever holds the line can make the meter take a key that nobody knows, and is noticed by
telegrams that open no more. The time travels in mode 15 under the user key.
"""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import ECB

from meterkast.model.errors import DataError, PeerError, TrustError
from meterkast.protocols.mbus import frame, mode15, telegram
from meterkast.protocols.mbus.frame import LongFrame
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.mbus.telegram import EncryptedData, Header
from meterkast.protocols.mbus.timepoint import TimePoint

_KEY_SIZE = 16
_HALF = _KEY_SIZE // 2
_LOW, _HIGH = b"\x07\xfd\x19", b"\x47\xfd\x19"
_SET_TIME = 0
_TIME_SIZE = 6
_RESERVED = bytes(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTime:
    """The meter's clock is to be set.

    Attributes:
        at: Unix seconds.
        device: whose clock it is.
        counter: the frame counter it came under.
    """

    at: int
    device: Identity
    counter: int


@dataclass(frozen=True, slots=True)
class SetKey:
    """The meter's user key is to be replaced."""

    user_key: bytes = field(repr=False)


def seal_user_key(user_key: bytes, default_key: bytes, *, address: int) -> LongFrame:
    """The command that replaces the user key.

    Args:
        user_key: the new one, 16 octets; all zero is no key, and refused here.
        default_key: the key the device was made with.
        address: primary address, or that of whoever was selected.

    Raises:
        DataError: ``mbus-key-size`` or ``mbus-key-empty``.
    """
    _require_key(user_key)
    encryptor = _block(default_key).encryptor()
    wrapped = (encryptor.update(user_key) + encryptor.finalize())[::-1]
    payload = _LOW + wrapped[:_HALF] + _HIGH + wrapped[_HALF:]
    return LongFrame(control=frame.SND_UD, address=address, ci=telegram.SEND_DATA, payload=payload)


def seal_time(
    at: int, user_key: bytes, device: Identity, counter: int, *, address: int, access: int = 0
) -> LongFrame:
    """The command that sets the clock, in UTC.

    Args:
        at: Unix seconds.
        user_key: of this device.
        device: whose clock it is; its identity stands in the initialisation vector both ways.
        counter: one more than the last that was seen; the meter owns it.
        address: primary address, or that of whoever was selected.
        access: access number.

    Raises:
        DataError: ``mbus-key-size``.
    """
    content = bytes((_SET_TIME,)) + TimePoint.from_unix(at).encode() + _RESERVED
    ciphertext = mode15.encrypt(user_key, device, counter, content)
    header = Header(identity=device, access=access, status=0, configuration=mode15.configuration(ciphertext))
    payload = header.encode() + ciphertext + mode15.encode_counter(counter)
    return LongFrame(control=frame.SND_UD, address=address, ci=telegram.SET_CLOCK, payload=payload)


def open_command(
    received: LongFrame, device: Identity, user_key: bytes, default_key: bytes, last_counter: int
) -> SetKey | SetTime:
    """What the meter is told.

    Raises:
        PeerError: ``mbus-command-unknown`` or what its parts are refused for.
        TrustError: ``mbus-key-refused``, ``mbus-not-encrypted``, ``mbus-device-other``,
            ``mbus-counter-replayed`` or ``mbus-decrypt-failed``.
        DataError: ``mbus-key-size``, where our own keys are not keys.
    """
    if received.ci == telegram.SEND_DATA:
        return SetKey(_open_key(received.payload, default_key))
    if received.ci == telegram.SET_CLOCK:
        told = open_time(received.payload, user_key)
        if told.device != device:
            raise TrustError("mbus-device-other", "The command is for another device.")
        if told.counter <= last_counter:
            raise TrustError("mbus-counter-replayed", "The frame counter does not rise.")
        return told
    raise PeerError("mbus-command-unknown", "A gas meter is told a key or the time, nothing else.")


def open_time(payload: bytes, user_key: bytes) -> SetTime:
    """What follows CI 6C, opened. Whether it is for this device, and new, is for the caller to see.

    Raises:
        PeerError: ``mbus-command-unknown``, or the header is malformed.
        TrustError: ``mbus-not-encrypted`` or ``mbus-decrypt-failed``.
        DataError: ``mbus-key-size``.
    """
    told = telegram.parse(telegram.SET_CLOCK, payload)
    device = told.header.identity if isinstance(told, EncryptedData) else None
    if not isinstance(told, EncryptedData) or told.header.mode != mode15.MODE or device is None:
        raise TrustError("mbus-not-encrypted", "A meter that has a user key takes no command in clear.")
    counter = mode15.decode_counter(told.clear)
    content = mode15.decrypt(user_key, device, counter, told.ciphertext)[len(mode15.FILLER) :]
    at = TimePoint.decode(content[1 : 1 + _TIME_SIZE]).unix()
    rest = content[1 + _TIME_SIZE :]
    if content[0] != _SET_TIME or at is None or not rest.startswith(_RESERVED) or rest.strip(b"\x00\x2f"):
        raise PeerError("mbus-command-unknown", "A gas meter is told a key or the time, nothing else.")
    return SetTime(at=at, device=device, counter=counter)


def _open_key(payload: bytes, default_key: bytes) -> bytes:
    step = len(_LOW) + _HALF
    low, high = payload[:step], payload[step:]
    if len(payload) != 2 * step or not low.startswith(_LOW) or not high.startswith(_HIGH):
        raise PeerError("mbus-command-unknown", "A gas meter is told a key or the time, nothing else.")
    decryptor = _block(default_key).decryptor()
    wrapped = (low[len(_LOW) :] + high[len(_HIGH) :])[::-1]
    user_key = decryptor.update(wrapped) + decryptor.finalize()
    if not any(user_key):
        raise TrustError("mbus-key-refused", "A meter that has a user key keeps one.")
    return user_key


def _require_key(key: bytes) -> None:
    if len(key) != _KEY_SIZE:
        raise DataError("mbus-key-size", "A key of a gas meter has 16 octets.")
    if not any(key):
        raise DataError("mbus-key-empty", "A key of zeros is no key.")


def _block(default_key: bytes) -> Cipher[ECB]:
    """One block, as DSMR P2 wraps keys; ECB of one block repeats nothing."""
    _require_key(default_key)
    return Cipher(AES128(default_key), ECB())
