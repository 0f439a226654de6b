"""The wired, encrypted telegram of a Dutch gas meter (DSMR P2 4.2.2): the meter seals, the gateway opens.

Records, in this order: status, equipment identifier, time stamp, hourly volume, meter configuration. Behind
them, as an extension of our own, the index of every five minutes of the hour, under storage numbers 8 to 19,
which DSMR leaves free. Time stamps are UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntFlag

from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.model.unit import Unit
from meterkast.protocols.mbus import frame, media, mode15, records, telegram
from meterkast.protocols.mbus.coding import Coding, encode_bcd, encode_integer, encode_text
from meterkast.protocols.mbus.frame import LongFrame
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.mbus.records import Function, ManufacturerData, Record, Value
from meterkast.protocols.mbus.telegram import EncryptedData, Header
from meterkast.protocols.mbus.timepoint import TimePoint

UNIT = Unit.CUBIC_METRE
SCALER = -3
FIVE_MINUTES = 300
INDEXES_PER_HOUR = 12

_STATUS = b"\xfd\x17"
_EQUIPMENT = b"\x78"
_TIME = b"\x6d"
_VOLUME_LITRES = b"\x13"
_CONFIGURATION = b"\xfd\x67"
_NO_VALVE = 0
_HOURLY = 1
_FIRST_FIVE_MINUTE = 8
_FIVE_MINUTE_STORAGES = range(_FIRST_FIVE_MINUTE, _FIRST_FIVE_MINUTE + INDEXES_PER_HOUR)


class Status(IntFlag):
    """The status record 01 FD 17. Bit 7 has no meaning and is never set."""

    NONE = 0
    APPLICATION_BUSY = 0x01
    APPLICATION_ERROR = 0x02
    POWER_LOW = 0x04
    PERMANENT_ERROR = 0x08
    TEMPORARY_ERROR = 0x10
    CLOCK_OFF = 0x20
    FRAUD = 0x40


@dataclass(frozen=True, slots=True, kw_only=True)
class GasTelegram:
    """One hour of a gas meter.

    Attributes:
        device: the Short ID of the meter.
        equipment: equipment identifier, 17 characters: code, serial and year.
        at: Unix seconds of the index; a whole hour in the hourly telegram.
        index: litres; that is, ``index * 10**SCALER`` in ``UNIT``.
        five_minute: indexes at the end of each five minutes of the hour, the oldest first, the last equal to
            ``index``; empty where the meter sends none.
        status: what the meter says of itself.
        counter: the frame counter under which it was sent.
    """

    device: Identity
    equipment: str
    at: int
    index: int
    five_minute: tuple[int, ...] = ()
    status: Status = Status.NONE
    counter: int


def seal_gas_telegram(gas: GasTelegram, user_key: bytes, *, address: int = 1, access: int = 0) -> bytes:
    """The long frame RSP_UD in mode 15.

    Raises:
        LocalError: where a value does not fit its record.
        DataError: ``mbus-key-size``.
    """
    ciphertext = mode15.encrypt(user_key, gas.device, gas.counter, records.encode(_records(gas)))
    header = Header(
        identity=gas.device, access=access, status=0, configuration=mode15.configuration(ciphertext)
    )
    payload = header.encode() + ciphertext + mode15.encode_counter(gas.counter)
    return LongFrame(control=frame.RSP_UD, address=address, ci=telegram.LONG_HEADER, payload=payload).encode()


def open_gas_telegram(
    octets: bytes, user_key: bytes, last_counter: int, *, equipment: str | None = None
) -> GasTelegram:
    """Checks, decrypts and reads one telegram.

    Mode 15 protects the frame counter by nothing but its place in the initialisation vector, where it bears
    on octets 8 to 15 of the plaintext. There stands the equipment identifier: who knows it and gives it here
    sees an old telegram under a raised counter.

    Args:
        octets: one whole link frame.
        user_key: the device's user key, 16 octets.
        last_counter: the highest frame counter that was accepted before; -1 where there was none.
        equipment: the equipment identifier the meter is known to have; None where it is not known yet.

    Raises:
        PeerError: the octets are no gas telegram.
        TrustError: ``mbus-not-encrypted``, ``mbus-counter-replayed``, ``mbus-decrypt-failed`` or
            ``mbus-equipment-other``.
        DataError: ``mbus-key-size``.
    """
    sealed = _sealed(octets)
    if sealed.header.identity is None or sealed.header.identity.device_type != media.GAS:
        raise PeerError("mbus-gas-other-device", "The telegram is not that of a gas meter.")
    counter = mode15.decode_counter(sealed.clear)
    if counter <= last_counter:
        raise TrustError("mbus-counter-replayed", "The frame counter does not rise.")
    plaintext = mode15.decrypt(user_key, sealed.header.identity, counter, sealed.ciphertext)
    gas = _read(sealed.header.identity, counter, records.decode(plaintext))
    if equipment is not None and gas.equipment != equipment:
        raise TrustError("mbus-equipment-other", "The telegram does not name the equipment that is known.")
    return gas


def _sealed(octets: bytes) -> EncryptedData:
    received = frame.parse(octets)
    if not isinstance(received, LongFrame) or received.ci != telegram.LONG_HEADER:
        raise PeerError("mbus-gas-other-frame", "The frame is not the answer of a gas meter.")
    told = telegram.parse(received.ci, received.payload)
    if not isinstance(told, EncryptedData):
        raise TrustError("mbus-not-encrypted", "A meter that has a user key sends nothing in clear.")
    if told.header.mode != mode15.MODE:
        raise PeerError(
            "mbus-mode-unknown", f"Encryption mode {told.header.mode} is not that of a Dutch gas meter."
        )
    return told


def _records(gas: GasTelegram) -> list[Record]:
    if gas.five_minute and len(gas.five_minute) != INDEXES_PER_HOUR:
        raise LocalError("mbus-gas-indexes", f"An hour has {INDEXES_PER_HOUR} five-minute indexes.")
    return [
        Record(coding=Coding.INT8, vib=_STATUS, data=encode_integer(gas.status, Coding.INT8)),
        Record(coding=Coding.VARIABLE, vib=_EQUIPMENT, data=encode_text(gas.equipment)),
        Record(coding=Coding.INT48, vib=_TIME, storage=_HOURLY, data=TimePoint.from_unix(gas.at).encode()),
        _volume(_HOURLY, gas.index),
        Record(coding=Coding.INT8, vib=_CONFIGURATION, data=encode_integer(_NO_VALVE, Coding.INT8)),
        *(
            _volume(storage, index)
            for storage, index in zip(_FIVE_MINUTE_STORAGES, gas.five_minute, strict=False)
        ),
    ]


def _volume(storage: int, litres: int) -> Record:
    return Record(
        coding=Coding.BCD8, vib=_VOLUME_LITRES, storage=storage, data=encode_bcd(litres, Coding.BCD8)
    )


def _read(device: Identity, counter: int, received: Sequence[Record | ManufacturerData]) -> GasTelegram:
    values: dict[tuple[str, int], Value] = {
        (record.meaning.quantity, record.storage): record.value
        for record in received
        if isinstance(record, Record) and record.function is Function.INSTANTANEOUS and not record.subunit
    }
    stamp = values.get(("date and time", _HOURLY))
    at = stamp.unix() if isinstance(stamp, TimePoint) else None
    index = _litres(values.get(("volume", _HOURLY)))
    status = values.get(("error flags", 0))
    if at is None or index is None or not isinstance(status, Decimal):
        raise PeerError("mbus-gas-incomplete", "Status, time stamp or volume is missing or not readable.")
    equipment = values.get(("fabrication number", 0))
    indexes = [_litres(values.get(("volume", storage))) for storage in _FIVE_MINUTE_STORAGES]
    known = tuple(litres for litres in indexes if litres is not None)
    if len(known) not in (0, INDEXES_PER_HOUR):
        raise PeerError("mbus-gas-incomplete", "Some five-minute indexes are missing.")
    return GasTelegram(
        device=device,
        equipment=equipment if isinstance(equipment, str) else "",
        at=at,
        index=index,
        five_minute=known,
        status=Status(int(status) & ~0x80),
        counter=counter,
    )


def _litres(volume: Value) -> int | None:
    """A volume in cubic metres as whole litres; None where it is none."""
    if not isinstance(volume, Decimal):
        return None
    litres = volume.scaleb(-SCALER)
    if litres != litres.to_integral_value():
        raise PeerError("mbus-gas-resolution", "The volume is finer than a litre.")
    return int(litres)
