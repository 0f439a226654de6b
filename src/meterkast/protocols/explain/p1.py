"""Explains P1 telegrams: encryption where there is some, text, CRC, objects, readings."""

from meterkast.protocols.explain.document import Explanation, Layer
from meterkast.protocols.explain.refusal import KeyNeededError
from meterkast.protocols.p1 import encrypted, telegram
from meterkast.protocols.p1.encrypted import PUBLIC_AUTHENTICATION_KEY, EncryptedTelegram
from meterkast.protocols.p1.readings import meter_identifier, telegram_instant, telegram_readings


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
    _explain_text(explanation, octets)
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


def _explain_text(explanation: Explanation, octets: bytes) -> None:
    read = telegram.parse(octets)
    fields = {
        "ident": read.ident,
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
    explanation.findings.extend(read.findings)
    explanation.data = {
        "ident": read.ident,
        "objects": [{"obis": found.code, "values": list(found.values)} for found in read.objects],
    }
