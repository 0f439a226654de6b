"""Orders of the operator to one gateway, and the gateway's receipt: signed, numbered, one encoding each.

An order silences a gateway or lets it speak again. Fields are of fixed length, big-endian::

    order    "MKOR" version:1 gateway:8 number:8 issued:8 speech:1 signature:64 certificate (DER, to the end)
    receipt  "MKRC" version:1 gateway:8 order (SHA-256):32 at:8 speech:1 signature:64

The signature of an order is by the key of the certificate behind it, that of a receipt by the gateway's
signing key; both are over everything in front of them.
"""

import hashlib
import struct
from dataclasses import dataclass
from enum import IntEnum

from meterkast.model.errors import DataError, PeerError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.protocols.envelope.signature import signature_holds

MAX_ORDER = 4096
_ORDER = struct.Struct(">4sB8sQQB")
_RECEIPT = struct.Struct(">4sB8s32sQB")
_ORDER_MAGIC, _RECEIPT_MAGIC = b"MKOR", b"MKRC"
_VERSION, _SIGNATURE = 1, 64
_NUMBERS, _INSTANTS = range(1, 1 << 63), range(1 << 63)


class Speech(IntEnum):
    """Whether a gateway may send."""

    OFF = 0
    ON = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the operator wants of a gateway.

    Attributes:
        gateway: which one.
        number: rising per gateway, from 1 and below 2**63; an order with a number that has been is no order.
        issued: Unix seconds of real time.
        speech: silence, or speech.

    Raises:
        DataError: ``order-range``.
    """

    gateway: SystemTitle
    number: int
    issued: int
    speech: Speech

    def __post_init__(self) -> None:
        if self.number not in _NUMBERS or self.issued not in _INSTANTS:
            raise DataError("order-range", "A field of the order is outside its range.")

    def encode(self) -> bytes:
        """The octets that are signed."""
        return _ORDER.pack(_ORDER_MAGIC, _VERSION, self.gateway.octets, self.number, self.issued, self.speech)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOrder:
    """An order as it travels; nothing in it is believed before its certificate and signature are."""

    order: Order
    signature: bytes
    certificate: bytes

    def encode(self) -> bytes:
        """The octets as they travel."""
        return self.order.encode() + self.signature + self.certificate

    def verify(self, public_key: object) -> None:
        """Returns where the signature is by this P-256 key.

        Raises:
            TrustError: ``order-signature-wrong``.
        """
        if not signature_holds(public_key, self.signature, self.order.encode()):
            raise TrustError("order-signature-wrong", "The signature of the order does not hold.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the gateway says it has done.

    Attributes:
        gateway: who says so.
        order: SHA-256 of the signed order.
        at: Unix seconds of metering time from which on it holds.
        speech: the state since then.
    """

    gateway: SystemTitle
    order: bytes
    at: int
    speech: Speech

    def encode(self) -> bytes:
        """The octets that are signed."""
        return _RECEIPT.pack(_RECEIPT_MAGIC, _VERSION, self.gateway.octets, self.order, self.at, self.speech)


def digest(signed: bytes) -> bytes:
    """How a receipt names an order: SHA-256 of its octets."""
    return hashlib.sha256(signed).digest()


def parse_order(octets: bytes) -> SignedOrder:
    """Reads an order; it trusts nothing.

    Raises:
        PeerError: ``order-malformed``.
    """
    end = _ORDER.size + _SIGNATURE
    if not end < len(octets) <= MAX_ORDER:
        raise _malformed("order-malformed")
    magic, version, gateway, number, issued, speech = _ORDER.unpack_from(octets)
    if (magic, version) != (_ORDER_MAGIC, _VERSION):
        raise _malformed("order-malformed")
    try:
        order = Order(gateway=SystemTitle(gateway), number=number, issued=issued, speech=Speech(speech))
    except (DataError, ValueError) as error:
        raise _malformed("order-malformed") from error
    return SignedOrder(order=order, signature=octets[_ORDER.size : end], certificate=octets[end:])


def parse_receipt(octets: bytes, public_key: object) -> Receipt:
    """Reads a receipt and checks that the gateway with this key has signed it.

    Raises:
        PeerError: ``receipt-malformed``.
        TrustError: ``receipt-signature-wrong``.
    """
    if len(octets) != _RECEIPT.size + _SIGNATURE:
        raise _malformed("receipt-malformed")
    magic, version, gateway, order, at, speech = _RECEIPT.unpack_from(octets)
    if (magic, version) != (_RECEIPT_MAGIC, _VERSION):
        raise _malformed("receipt-malformed")
    if not signature_holds(public_key, octets[_RECEIPT.size :], octets[: _RECEIPT.size]):
        raise TrustError("receipt-signature-wrong", "The signature of the receipt does not hold.")
    try:
        return Receipt(gateway=SystemTitle(gateway), order=order, at=at, speech=Speech(speech))
    except (DataError, ValueError) as error:
        raise _malformed("receipt-malformed") from error


def _malformed(code: str) -> PeerError:
    return PeerError(code, "These octets are no order and no receipt.")
