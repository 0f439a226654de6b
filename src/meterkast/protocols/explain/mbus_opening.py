"""Opens encrypted M-Bus telegrams for an explanation: OMS modes 5 and 7, and the Dutch mode 15."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from meterkast.model.errors import PeerError, TrustError
from meterkast.model.finding import Finding, Severity
from meterkast.protocols.explain.document import Explanation, Layer
from meterkast.protocols.explain.refusal import KeyNeededError
from meterkast.protocols.mbus import mode5, mode7, mode15, records
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.mbus.mode7 import Direction, MessageKeys
from meterkast.protocols.mbus.records import ManufacturerData, Record
from meterkast.protocols.mbus.telegram import EncryptedData
from meterkast.protocols.wmbus.authentication import CMAC_TYPES, Authentication

_MODE_TLS = 13
_TLS_HEADER = 5
_TLS_TYPES = {20: "change cipher spec", 21: "alert", 22: "handshake", 23: "application data"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is needed to open a telegram.

    Attributes:
        key: the device's key, if it was given.
        sender: the link address of a radio frame.
        authentication: the layer in front of the message, where there is one.
        message: the octets from the CI field on, over which its code was made.
        direction: who sent it.
    """

    key: bytes | None
    sender: Identity | None = None
    authentication: Authentication | None = None
    message: bytes = b""
    direction: Direction = Direction.FROM_METER


_Opener: TypeAlias = Callable[[EncryptedData, Opening, Identity, bytes], bytes]


def opened(
    explanation: Explanation, sealed: EncryptedData, opening: Opening, sender: Identity | None, place: Layer
) -> Sequence[Record | ManufacturerData]:
    """The records; adds the layer of the encryption at its place.

    Raises:
        PeerError: ``mbus-mode-unknown``, or what the mode needs is missing or malformed.
        KeyNeededError: there is no key.
        TrustError: the key is another one, or the telegram was changed.
    """
    mode = sealed.header.mode
    fields: dict[str, Any] = {"mode": mode, "octets": len(sealed.ciphertext)}
    if mode == mode15.MODE:
        fields["frame_counter"] = mode15.decode_counter(sealed.clear)
    if mode == _MODE_TLS:
        fields |= _tls_fields(sealed)
    explanation.layers.append(replace(place, fields=fields))
    if mode == _MODE_TLS:
        _find(
            explanation,
            "mbus-tls",
            "The content is a TLS record: only the two ends of its session can open it.",
        )
        return ()
    opener = _OPENERS.get(mode)
    if opener is None or sender is None:
        raise PeerError("mbus-mode-unknown", f"Encryption mode {mode} is not one that is opened here.")
    verify(explanation, opening, sender)
    clear = b"" if mode == mode15.MODE else sealed.clear
    if not sealed.ciphertext and mode != mode15.MODE:
        return records.decode(clear)
    if opening.key is None:
        raise KeyNeededError(explanation)
    plaintext = opener(sealed, opening, sender, opening.key)
    return [*records.decode(plaintext), *records.decode(clear)]


def verify(explanation: Explanation, opening: Opening, sender: Identity | None) -> None:
    """Checks the authentication code, where there is one and a key for it; sets the explanation's ``mac``.

    Raises:
        PeerError: ``mbus-counter-missing``.
        TrustError: ``mbus-mac-wrong``.
    """
    layer = opening.authentication
    if layer is None or layer.mac is None:
        return
    explanation.mac = "not-checked"
    if opening.key is None or sender is None or layer.kind not in CMAC_TYPES:
        return
    try:
        mode7.verify(_message_keys(opening, sender, opening.key), layer.covered(opening.message), layer.mac)
    except TrustError:
        explanation.mac = "failed"
        raise
    explanation.mac = "verified"


def _message_keys(opening: Opening, sender: Identity, key: bytes) -> MessageKeys:
    layer = opening.authentication
    if layer is None or layer.counter is None:
        raise PeerError(
            "mbus-counter-missing", "Mode 7 needs the message counter of the authentication layer."
        )
    return mode7.derive(key, sender, layer.counter, opening.direction)


def _open_5(sealed: EncryptedData, opening: Opening, sender: Identity, key: bytes) -> bytes:
    del opening
    return mode5.decrypt(key, sender, sealed.header.access, sealed.ciphertext)


def _open_7(sealed: EncryptedData, opening: Opening, sender: Identity, key: bytes) -> bytes:
    return mode7.decrypt(_message_keys(opening, sender, key), sealed.ciphertext)


def _open_15(sealed: EncryptedData, opening: Opening, sender: Identity, key: bytes) -> bytes:
    del opening
    return mode15.decrypt(key, sender, mode15.decode_counter(sealed.clear), sealed.ciphertext)


_OPENERS: dict[int, _Opener] = {mode5.MODE: _open_5, mode7.MODE: _open_7, mode15.MODE: _open_15}


def _tls_fields(sealed: EncryptedData) -> dict[str, Any]:
    """What a TLS record says in clear, of the message of mode 13 (EN 13757-7, 7.6.6)."""
    record = sealed.ciphertext
    fields: dict[str, Any] = {"protocol": (sealed.extension or 0) & 0x0F}
    if len(record) >= _TLS_HEADER:
        fields |= {
            "tls_content": _TLS_TYPES.get(record[0], "unknown"),
            "tls_version": f"{record[1]}.{record[2]}",
            "tls_length": int.from_bytes(record[3:_TLS_HEADER], "big"),
        }
    return fields


def _find(explanation: Explanation, code: str, message: str) -> None:
    explanation.findings.append(Finding(code=code, severity=Severity.INFO, message=message))
