"""``python -m fuzz.seeds`` writes the seeds of the corpus anew: well-formed messages of our own making."""

from pathlib import Path

from meterkast.model.obis import Obis
from meterkast.protocols import wrapper
from meterkast.protocols.axdr import (
    Data,
    array,
    bit_string,
    compact_array,
    double_long_unsigned,
    encode,
    octets,
    structure,
    unsigned,
    visible,
)
from meterkast.protocols.datetime import CosemDateTime, from_unix_local
from meterkast.protocols.dlms import security
from meterkast.protocols.dlms.apdu import (
    AttributeDescriptor,
    DataNotification,
    GeneralGloCiphering,
    LongInvokeId,
)
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.exchange import Exchange
from meterkast.protocols.hdlc import Address, Link

CORPUS = Path(__file__).with_name("corpus")
_TITLE = b"MKG\0\0\0\0\1"
_AT = 1_774_134_000


def _rows() -> Data:
    return array(
        structure((octets(bytes(11) + bytes((number,))), unsigned(8), double_long_unsigned(number)))
        for number in range(6)
    )


def seeds() -> dict[str, list[bytes]]:
    """By target."""
    register = AttributeDescriptor(3, Obis(1, 0, 1, 8, 0), 2)
    push = DataNotification(LongInvokeId(1), from_unix_local(_AT).encode(), _rows()).encode()
    sealed = security.protect(push, key=bytes(16), auth_key=bytes(16), title=_TITLE, counter=1)
    secret = GeneralGloCiphering(_TITLE, 0x30, 1, sealed).encode()
    link = Link(role="client", server_address=Address(1), client_address=16)
    values = [
        encode(each)
        for each in (
            _rows(),
            compact_array(_rows().items),
            structure((visible("kWh"), bit_string("10110"), array(()))),
        )
    ]
    requests = [Exchange().get(register), Exchange().set(register, unsigned(1)), push, secret]
    aarq = Client().aarq()
    return {
        "data": values,
        "message": [*requests, aarq],
        "association": [aarq],
        "tolerant": [push],
        "table": values[:2],
        "ciphered": [secret],
        "blocks": [bytes((1, 1, 1, 7, 7, 7, 7, 7, 0x81, 2, 2, 9))],
        "frames": [link.connect()],
        "wrapped": [wrapper.encode(1, 16, push), wrapper.encode(16, 1, aarq) * 2],
        "moment": [from_unix_local(_AT).encode(), CosemDateTime().encode()],
        "explained": [push, link.connect(), wrapper.encode(1, 16, push)],
    }


def main() -> None:
    """Writes one file per seed."""
    for target, each in seeds().items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(each):
            (folder / f"seed-{number}.bin").write_bytes(seed)


if __name__ == "__main__":
    main()
