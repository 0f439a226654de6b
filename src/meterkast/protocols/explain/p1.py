"""Explains P1 telegrams: encryption where there is some, text, CRC, objects, readings."""

from meterkast.model.finding import Finding, Severity
from meterkast.protocols.explain.document import Explanation, Layer
from meterkast.protocols.explain.refusal import KeyNeededError
from meterkast.protocols.p1 import encrypted, telegram
from meterkast.protocols.p1.encrypted import PUBLIC_AUTHENTICATION_KEY, EncryptedTelegram
from meterkast.protocols.p1.readings import (
    meter_identifier,
    telegram_instant,
    telegram_readings,
    unreadable,
)
from meterkast.protocols.p1.telegram import Telegram
from meterkast.protocols.p1.variants import recognise


def explain_p1(octets: bytes, key: bytes | None, auth_key: bytes | None) -> Explanation:
    """One telegram, plain or encrypted.

    Args:
        octets: the telegram; what surrounds it becomes a finding.
        key: the customer's key, where the telegram is encrypted.
        auth_key: the authentication key; without it the one printed in the specification.

    Raises:
        PeerError: there is no telegram in the octets.
        KeyNeededError: ``key-needed``, with the layers that can be read without a key.
        TrustError: ``p1-tag-wrong``.
    """
    explanation = Explanation(family="p1")
    if octets[:1] == bytes((encrypted.TAG,)):
        octets = _opened(explanation, octets, key, auth_key)
    _explain_text(explanation, telegram.parse(octets))
    return explanation


def explain_telegram(read: Telegram, *, opened: bool = False) -> Explanation:
    """A telegram that has been read already, for example from a stream.

    Args:
        read: the telegram.
        opened: it came encrypted, and its tag held.
    """
    explanation = Explanation(family="p1", mac="verified" if opened else "absent")
    _explain_text(explanation, read)
    return explanation


def _opened(explanation: Explanation, octets: bytes, key: bytes | None, auth_key: bytes | None) -> bytes:
    sealed = EncryptedTelegram.parse(octets)
    explanation.mac = "not-checked"
    fields = {
        "system_title": sealed.system_title.hex().upper(),
        "frame_counter": int.from_bytes(sealed.counter, "big"),
        "ciphertext_octets": len(sealed.ciphertext),
    }
    explanation.layers.append(Layer(name="P1 encryption", offset=0, length=sealed.length, fields=fields))
    if key is None:
        raise KeyNeededError(explanation)
    plain = sealed.open(key, PUBLIC_AUTHENTICATION_KEY if auth_key is None else auth_key)
    explanation.mac = "verified"
    return plain


def _explain_text(explanation: Explanation, read: Telegram) -> None:
    variant = recognise(read)
    fields = {
        "ident": read.ident,
        "variant": variant and variant.title,
        "objects": len(read.objects),
        "crc_given": read.crc_given,
        "crc_calculated": f"{read.crc_calculated:04X}",
    }
    explanation.layers.append(
        Layer(name="P1 telegram", offset=read.offset, length=read.length, fields=fields)
    )
    explanation.crc = read.crc.value
    explanation.supplier = read.ident[1:4] or None
    explanation.meter_id = meter_identifier(read)
    explanation.timestamp = telegram_instant(read)
    explanation.readings = telegram_readings(read)
    explanation.findings.extend((*read.findings, *unreadable(read)))
    if variant is not None and variant.rates_swapped:
        explanation.findings.append(
            Finding(
                code="p1-rates-swapped",
                severity=Severity.INFO,
                message="Here rate 1 is the normal one and rate 2 the low one.",
            )
        )
    explanation.data = {
        "ident": read.ident,
        "objects": [{"obis": found.code, "values": list(found.values)} for found in read.objects],
    }
