"""DLMS/COSEM beside its peers: one message of 96 rows through every path, in one run.

The message is a data-notification of 96 × (date-time, status, import, export), plain and in
general-glo-ciphering. Peers run in an environment of their own (``bench.peers``); where there are none, the
figure says so and has no goal to meet.
"""

import time
from collections.abc import Callable
from itertools import count
from secrets import token_bytes

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SHA256

from bench import peers
from bench.figure import Figure
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import array, double_long_unsigned, octets, structure, unsigned
from meterkast.protocols.axdr.row import layout_of
from meterkast.protocols.cosem.capture import CaptureObject, Row
from meterkast.protocols.cosem.device import LogicalDevice
from meterkast.protocols.cosem.objects import ProfileGeneric
from meterkast.protocols.datetime import from_unix_local
from meterkast.protocols.dlms import apdu, security
from meterkast.protocols.dlms.aead import TAG_LENGTH, Aead
from meterkast.protocols.dlms.apdu import (
    AttributeDescriptor,
    DataNotification,
    GeneralGloCiphering,
    Header,
    LongInvokeId,
)
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import Result
from meterkast.protocols.dlms.general_glo import Keys, open_general_glo
from meterkast.protocols.dlms.general_signing import open_signed, sign_message
from meterkast.protocols.dlms.grant import Grant, Right
from meterkast.protocols.dlms.server import Server
from meterkast.protocols.dlms.signature import PublicKey, sign, signer
from meterkast.protocols.dlms.table import TableReader

_START = 1_774_134_000
_QUARTER = 900
_ROWS = 96
_TITLE = b"MKG\0\0\0\0\1"
_PROFILE = Obis(1, 0, 99, 1, 0)
_COLUMNS = (
    CaptureObject(class_id=8, logical_name=Obis(0, 0, 1, 0, 0), attribute=2),
    CaptureObject(class_id=1, logical_name=Obis(0, 0, 96, 10, 2), attribute=2),
    CaptureObject(class_id=3, logical_name=Obis(1, 0, 1, 8, 0), attribute=2),
    CaptureObject(class_id=3, logical_name=Obis(1, 0, 2, 8, 0), attribute=2),
)
_SECONDS = 2.0
_TRIES = 200


def measure() -> list[Figure]:
    """All ratios, ours over theirs; more is better in each."""
    key, auth_key = token_bytes(16), token_bytes(16)
    plain = _notification().encode()
    sealed = security.protect(plain, key=key, auth_key=auth_key, title=_TITLE, counter=1)
    ciphered = GeneralGloCiphering(_TITLE, security.AUTHENTICATED_ENCRYPTED, 1, sealed).encode()
    task = {"plain": plain, "ciphered": ciphered, "key": key, "auth_key": auth_key}
    own = _own_rates(plain, ciphered, Keys(Aead(key), auth_key), sealed)
    theirs = peers.run("peer_dlms.py", {name: it.hex() for name, it in task.items()} | {"seconds": _SECONDS})
    return [
        _ratio("dlms.general", own["general"], "dlms-cosem plain", theirs, 6),
        _ratio("dlms.general-ciphered", own["general ciphered"], "dlms-cosem ciphered", theirs, 6),
        _ratio("dlms.bulk", own["bulk"], "dlms-cosem plain", theirs, 60),
        _ratio("dlms.bulk-ciphered", own["bulk ciphered"], "dlms-cosem ciphered", theirs, 60),
        _ratio("dlms.bulk-over-aead", own["bulk ciphered"], "AES-GCM with 12-octet tag", own, 0.5),
        _ratio("dlms.get-profile", own["get"], "pydlms-client get", theirs, 5),
        _ratio("dlms.signed", own["signed"], "ECDSA P-256 verify", own, 0.8),
    ]


def _ratio(name: str, ours: float, against: str, rates: dict[str, float], goal: float) -> Figure:
    beside = rates.get(against)
    if beside is None:
        text = f"{ours:,.0f}/s; no peers here: set {peers.VARIABLE} to an environment that has them"
        return Figure(name=name, value=ours, unit="1/s", goal=None, against=text, more_is_better=True)
    text = f"{ours:,.0f}/s beside {against} {beside:,.0f}/s"
    return Figure(name=name, value=ours / beside, unit="×", goal=goal, against=text, more_is_better=True)


def _own_rates(plain: bytes, ciphered: bytes, keys: Keys, sealed: bytes) -> dict[str, float]:
    example = _notification().body.items[0]
    layout = layout_of(example)
    assert layout is not None
    reader = TableReader(layout)
    assert reader.notification(plain).table.to_data() == _notification().body
    nonce, associated = _TITLE + (1).to_bytes(4, "big"), b"\x30" + keys.authentication
    plaintext = keys.encryption.open(nonce, sealed, associated)
    assert plaintext == plain

    def opened() -> bytes:
        return open_general_glo(ciphered, lambda _: keys).plaintext

    signing = ec.generate_private_key(ec.SECP256R1())
    public, signature = signing.public_key(), sign(signing, plain)
    signed = sign_message(Header(originator=_TITLE), plain, signer(signing)).encode()
    half = len(signature) // 2
    in_der = encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
    return _rates(
        {
            "general": lambda: apdu.decode(plain),
            "general ciphered": lambda: apdu.decode(opened()),
            "bulk": lambda: reader.notification(plain),
            "bulk ciphered": lambda: reader.notification(opened()),
            "AES-GCM with 12-octet tag": _bare_aead(nonce, sealed, associated),
            "get": _get_profile(),
            "signed": lambda: _signed_rows(signed, public, reader),
            "ECDSA P-256 verify": lambda: public.verify(in_der, plain, ec.ECDSA(SHA256())),
        }
    )


def _signed_rows(octets: bytes, key: PublicKey, reader: TableReader) -> object:
    return reader.notification(open_signed(octets, _TITLE, key))


def _bare_aead(nonce: bytes, sealed: bytes, associated: bytes) -> Callable[[], object]:
    """The plain choice of anybody who needs a 12-octet tag, on a key of its own that is always the same."""
    algorithm = AES(token_bytes(16))
    text = sealed[:-TAG_LENGTH]
    encryptor = Cipher(algorithm, GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(associated)
    ciphertext = encryptor.update(text) + encryptor.finalize()
    tag = encryptor.tag[:TAG_LENGTH]

    def opened() -> bytes:
        decryptor = Cipher(algorithm, GCM(nonce, tag, min_tag_length=TAG_LENGTH)).decryptor()
        decryptor.authenticate_additional_data(associated)
        return decryptor.update(ciphertext) + decryptor.finalize()

    return opened


def _get_profile() -> Callable[[], object]:
    """Client and server in memory, one APDU, no security: as the peer is measured."""
    counter = count(1)
    rows = [
        Row(
            at=_START + _QUARTER * number,
            values=(
                unsigned(0),
                double_long_unsigned(1_000_000 + 17 * number),
                double_long_unsigned(5 * number),
            ),
        )
        for number in range(_ROWS)
    ]
    profile = ProfileGeneric(
        _PROFILE,
        capture_objects=_COLUMNS,
        capture_period=_QUARTER,
        profile_entries=960,
        rows=lambda _start, _end: rows,
    )
    device = LogicalDevice(f"MKM{next(counter):013d}", [profile])
    server = Server(device, grants={16: Grant(otherwise=Right.READ)}, max_pdu_size=0xFFFF)
    client = Client(max_pdu_size=0xFFFF)
    client.receive(*server.receive(16, client.aarq()))
    buffer = AttributeDescriptor(7, _PROFILE, 2)

    def get() -> object:
        (event,) = client.receive(*server.receive(16, client.get(buffer)))
        assert isinstance(event, Result)
        return event.data

    return get


def _notification() -> DataNotification:
    rows = [
        structure(
            (
                octets(from_unix_local(_START + _QUARTER * number).encode()),
                unsigned(0),
                double_long_unsigned(1_000_000 + 17 * number),
                double_long_unsigned(5 * number),
            )
        )
        for number in range(_ROWS)
    ]
    return DataNotification(LongInvokeId(1), from_unix_local(_START).encode(), array(rows))


def _rates(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Best of many short tries each, in calls per second.

    They take turns, so that a busy machine is busy for all, and some try of each goes undisturbed.
    """
    best = dict.fromkeys(works, 0.0)
    for _ in range(_TRIES):
        for name, work in works.items():
            calls, began = 0, time.perf_counter()
            while (spent := time.perf_counter() - began) < _SECONDS / _TRIES:
                work()
                calls += 1
            best[name] = max(best[name], calls / spent)
    return best
