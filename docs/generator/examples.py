"""The messages that the pages explain. All of them are made up: meters, numbers and keys exist nowhere.

They come from the same emitters as those of the simulated devices. The keys are the ones that the Green Book
prints in its worked examples, so that nobody takes them for secrets.
"""

import struct
from base64 import encodebytes
from datetime import UTC, datetime
from decimal import Decimal

from meterkast.model.identity import SystemTitle
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit
from meterkast.protocols import wrapper
from meterkast.protocols.axdr import (
    Data,
    array,
    double_long_unsigned,
    enum,
    integer,
    octets,
    structure,
)
from meterkast.protocols.datetime import from_unix_local
from meterkast.protocols.dlms import security
from meterkast.protocols.dlms.apdu import (
    AttributeDescriptor,
    DataNotification,
    GeneralGloCiphering,
    GetRequestNormal,
    GetResponseNormal,
    InvokeId,
    LongInvokeId,
)
from meterkast.protocols.hdlc import Address
from meterkast.protocols.hdlc.control import Control, Kind
from meterkast.protocols.hdlc.frame import Frame
from meterkast.protocols.mbus import media, mode5, records
from meterkast.protocols.mbus.coding import Coding
from meterkast.protocols.mbus.gas import GasTelegram, seal_gas_telegram
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.mbus.records import Record
from meterkast.protocols.mbus.telegram import SHORT_HEADER, Header
from meterkast.protocols.p1.dsmr5 import GasChannel, emit_dsmr5
from meterkast.protocols.p1.encrypted import EncryptedTelegram
from meterkast.protocols.wmbus.frame import SND_NR
from meterkast.protocols.wmbus.frame import Frame as RadioFrame

KEY = bytes.fromhex("000102030405060708090A0B0C0D0E0F")
AUTH_KEY = bytes.fromhex("D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF")

_AT = int(datetime(2026, 3, 2, 11, 0, tzinfo=UTC).timestamp())
_METER, _GAS_METER = "MKV00000000000126", "MKM04000000000126"
_LLC = bytes.fromhex("E6E700")
_WATER = 0x07


def examples() -> dict[str, bytes]:
    """File name and contents of each example."""
    return {
        "telegram.txt": _telegram(),
        "push.hex": _dump(_framed(_push())),
        "sealed-push.hex": _dump(_framed(_sealed(_push()))),
        "gas.hex": _dump(_gas()),
        "damaged.txt": _telegram().replace(b"001234.567", b"001234.568"),
        "sealed-telegram.hex": _dump(_sealed_telegram()),
        "radio.hex": _dump(_radio()),
        "dialogue.hex": _dump(_asked() + _answered()),
        "several.b64": encodebytes(_gas() + _telegram()),
        "uplink.pcap": _recorded(_asked(), _answered()),
    }


def _telegram() -> bytes:
    """One second of a meter of DSMR 5 with a gas meter behind it."""
    return emit_dsmr5(
        ident="/MKV5VOORBEELD",
        at=_AT,
        equipment=_METER,
        values={
            "1-0:1.8.1": 1_234_567,
            "1-0:1.8.2": 2_345_678,
            "1-0:2.8.1": 345_678,
            "1-0:2.8.2": 456_789,
            "0-0:96.14.0": 2,
            "1-0:1.7.0": 482,
            "1-0:2.7.0": 0,
            "1-0:32.7.0": Decimal("231.4"),
            "1-0:31.7.0": 2,
        },
        gas=[GasChannel(channel=1, equipment=_GAS_METER, at=_AT, index=4_321_098)],
    )


def _push() -> bytes:
    """A notification with clock, meter, import and export, the last two with scaler and unit."""
    moment = from_unix_local(_AT).encode()
    rows: list[Data] = [octets(Obis(0, 0, 1, 0, 0).to_bytes()), octets(moment)]
    rows += [octets(Obis(0, 0, 96, 1, 0).to_bytes()), octets(_METER.encode("ascii"))]
    for obis, value in ((Obis(1, 0, 1, 8, 0), 3_580_245), (Obis(1, 0, 2, 8, 0), 802_467)):
        unit = structure((integer(0), enum(Unit.WATT_HOUR)))
        rows += [octets(obis.to_bytes()), double_long_unsigned(value), unit]
    return DataNotification(LongInvokeId(7), moment, array([structure(rows)])).encode()


def _sealed(apdu: bytes) -> bytes:
    """The same, encrypted and authenticated (suite 0)."""
    title, counter = SystemTitle.of("MKV", 126), 2026
    control = security.AUTHENTICATED_ENCRYPTED
    payload = security.protect(apdu, key=KEY, auth_key=AUTH_KEY, title=title.octets, counter=counter)
    return GeneralGloCiphering(title.octets, int(control), counter, payload).encode()


def _framed(apdu: bytes) -> bytes:
    frame = Frame(
        destination=Address(1),
        source=Address(1, 17, 2),
        control=Control(kind=Kind.UNNUMBERED_INFORMATION),
        information=_LLC + apdu,
    )
    return frame.encode()


def _gas() -> bytes:
    """One hour of a gas meter in mode 15."""
    telegram = GasTelegram(
        device=Identity(manufacturer="MKM", identification="00000126", version=1, device_type=media.GAS),
        equipment=_GAS_METER,
        at=_AT,
        index=4_321_098,
        five_minute=tuple(range(4_321_076, 4_321_099, 2)),
        counter=17,
    )
    return seal_gas_telegram(telegram, KEY)


def _sealed_telegram() -> bytes:
    """The telegram as a consumer port in Luxembourg sends it."""
    title = SystemTitle.of("MKV", 126).octets
    return EncryptedTelegram.seal(_telegram(), KEY, system_title=title, counter=2026).encode()


def _radio() -> bytes:
    """A water meter that sends by radio, in OMS security mode 5."""
    meter = Identity(manufacturer="MKW", identification="00000126", version=1, device_type=_WATER)
    volume = Record(coding=Coding.INT32, vib=b"\x13", data=(391_126).to_bytes(4, "little"))
    ciphertext = mode5.encrypt(KEY, meter, 9, records.encode([volume]))
    header = Header(identity=None, access=9, status=0, configuration=mode5.configuration(ciphertext))
    content = bytes((SHORT_HEADER,)) + header.encode() + ciphertext
    return RadioFrame(control=SND_NR, sender=meter, content=content).encode()


def _asked() -> bytes:
    """What a head-end asks a meter: the import register."""
    register = AttributeDescriptor(3, Obis(1, 0, 1, 8, 0), 2)
    return wrapper.encode(1, 1, GetRequestNormal(InvokeId(1), register, None).encode())


def _answered() -> bytes:
    """What the meter answers."""
    return wrapper.encode(1, 1, GetResponseNormal(InvokeId(1), double_long_unsigned(3_580_245)).encode())


def _recorded(asked: bytes, answered: bytes) -> bytes:
    """Both as a recorder of network traffic keeps them (pcap, link type 101: IP alone)."""
    packets = (_packet(2, 7, asked), _packet(7, 2, answered))
    kept = (struct.pack("<IIII", _AT, 0, len(each), len(each)) + each for each in packets)
    return struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) + b"".join(kept)


def _packet(source: int, destination: int, payload: bytes) -> bytes:
    """One TCP segment between two hosts of the documentation network 192.0.2.0/24."""
    segment = struct.pack(">HHIIBBHHH", 4059, 4059, 1, 1, 5 << 4, 0x18, 1024, 0, 0) + payload
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, 6, 0)
    return header + bytes((192, 0, 2, source, 192, 0, 2, destination)) + segment


def _dump(message: bytes) -> bytes:
    """A hexadecimal dump, thirty-two octets a line."""
    lines = [message[place : place + 32].hex(" ").upper() for place in range(0, len(message), 32)]
    return ("\n".join(lines) + "\n").encode("ascii")
