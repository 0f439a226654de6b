"""CSR attributes (RFC 7030, 4.5.2; RFC 8951): which key an authority wants to see in a request.

It is how a fleet learns of another algorithm: the authority asks for it, and devices make such keys at their
next renewal.
"""

from meterkast.protocols.ber import Element, elements, single

_SEQUENCE, _SET, _OID = 0x30, 0x31, 0x06
_EC_PUBLIC_KEY = bytes.fromhex("2a8648ce3d0201")
_CURVES = {
    "ec-p256": bytes.fromhex("2a8648ce3d030107"),
    "ec-p384": bytes.fromhex("2b81040022"),
}
_SIGNATURES = {
    "ec-p256": bytes.fromhex("2a8648ce3d040302"),  # ecdsa-with-SHA256
    "ec-p384": bytes.fromhex("2a8648ce3d040303"),  # ecdsa-with-SHA384
    "ml-dsa-44": bytes.fromhex("608648016503040311"),
    "ml-dsa-65": bytes.fromhex("608648016503040312"),
    "ml-dsa-87": bytes.fromhex("608648016503040313"),
}


def encode_attributes(algorithm: str) -> bytes:
    """``CsrAttrs`` in DER that ask for a key of this algorithm, such as ``ec-p256``.

    A key on a curve is an attribute with the curve as its value; its signature, and ML-DSA altogether, an
    identifier.
    """
    wanted = Element(_OID, _SIGNATURES[algorithm]).encode()
    if algorithm in _CURVES:
        curve = Element(_SET, Element(_OID, _CURVES[algorithm]).encode()).encode()
        kind = Element(_OID, _EC_PUBLIC_KEY).encode()
        wanted = Element(_SEQUENCE, kind + curve).encode() + wanted
    return Element(_SEQUENCE, wanted).encode()


def decode_attributes(octets: bytes) -> str | None:
    """The algorithm that is asked for; None where the attributes ask for none that we know.

    Raises:
        PeerError: ``ber-malformed`` for what is no sequence of them.
    """
    signatures = {value: name for name, value in _SIGNATURES.items()}
    for element in elements(single(octets, _SEQUENCE).contents):
        if element.tag == _OID and element.contents in signatures:
            return signatures[element.contents]
        if element.tag == _SEQUENCE:
            name = _curve(element)
            if name is not None:
                return name
    return None


def _curve(attribute: Element) -> str | None:
    parts = list(elements(attribute.contents))
    if len(parts) != 2 or parts[0] != Element(_OID, _EC_PUBLIC_KEY) or parts[1].tag != _SET:
        return None
    names = {value: name for name, value in _CURVES.items()}
    return next(
        (names[each.contents] for each in elements(parts[1].contents) if each.contents in names), None
    )
