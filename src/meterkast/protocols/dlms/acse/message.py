"""Association messages as values (ISO/IEC 8650-1, Green Book 9.4.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from meterkast.protocols import ber
from meterkast.protocols.ber import Element
from meterkast.protocols.dlms.acse.names import ApplicationContext, AssociationResult, Diagnostic, Mechanism

DLMS_ARC: Final = bytes.fromhex("6085740508")  # 2.16.756.5.8, the DLMS User Association
USER_INFORMATION: Final = 0xBE
_AUTHENTICATION_UNIT: Final = bytes.fromhex("0780")  # bit string of one bit: authentication functional unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Aarq:
    """Request for an association.

    Attributes:
        context: naming and ciphering.
        calling_title: system title of the caller; needed for ciphering and HLS with GMAC.
        mechanism: None where no authentication is asked for.
        authentication: the password or the challenge.
        user_information: an InitiateRequest as octets, possibly ciphered.
        others: elements that have no field here, kept as they came.
    """

    context: ApplicationContext
    calling_title: bytes | None = None
    mechanism: Mechanism | None = None
    authentication: bytes | None = None
    user_information: bytes | None = None
    others: tuple[Element, ...] = ()

    def encode(self) -> bytes:
        """The APDU, its elements in the order of their tag numbers."""
        fields = [_context(self.context)]
        if self.calling_title is not None:
            fields.append(_explicit(0xA6, ber.OCTET_STRING, self.calling_title))
        fields += _authentication((0x8A, 0x8B, 0xAC), self.mechanism, self.authentication)
        return _encode(0x60, fields, self.user_information, self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aare:
    """Answer to an AARQ.

    Attributes:
        result: accepted or rejected.
        diagnostic: the reason; with ``AUTHENTICATION_REQUIRED`` an accepted association is pending HLS.
        provider: whether the diagnostic is the service provider's own (0 null, 1 no reason, 2 no common
            version); ``diagnostic`` then holds its number all the same.
        responding_title: system title of the answering side.
        authentication: the answering side's challenge.
        user_information: an InitiateResponse or ConfirmedServiceError as octets, possibly ciphered.
    """

    context: ApplicationContext
    result: AssociationResult
    diagnostic: Diagnostic = Diagnostic.NULL
    provider: bool = False
    responding_title: bytes | None = None
    mechanism: Mechanism | None = None
    authentication: bytes | None = None
    user_information: bytes | None = None
    others: tuple[Element, ...] = ()

    def encode(self) -> bytes:
        """The APDU, its elements in the order of their tag numbers."""
        source = _explicit(0xA2 if self.provider else 0xA1, ber.INTEGER, bytes((self.diagnostic,)))
        fields = [
            _context(self.context),
            _explicit(0xA2, ber.INTEGER, bytes((self.result,))),
            Element(0xA3, source.encode()),
        ]
        if self.responding_title is not None:
            fields.append(_explicit(0xA4, ber.OCTET_STRING, self.responding_title))
        fields += _authentication((0x88, 0x89, 0xAA), self.mechanism, self.authentication)
        return _encode(0x61, fields, self.user_information, self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rlrq:
    """Request to release the association. ``reason``: 0 normal, 1 urgent, 30 user defined."""

    reason: int | None = None
    user_information: bytes | None = None
    others: tuple[Element, ...] = ()

    def encode(self) -> bytes:
        """The APDU."""
        return _encode(0x62, _reason(self.reason), self.user_information, self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rlre:
    """Answer to an RLRQ. ``reason``: 0 normal, 1 not finished, 30 user defined."""

    reason: int | None = None
    user_information: bytes | None = None
    others: tuple[Element, ...] = ()

    def encode(self) -> bytes:
        """The APDU."""
        return _encode(0x63, _reason(self.reason), self.user_information, self.others)


def _context(context: ApplicationContext) -> Element:
    return _explicit(0xA1, ber.OBJECT_IDENTIFIER, DLMS_ARC + bytes((1, context)))


def _authentication(
    tags: tuple[int, int, int], mechanism: Mechanism | None, value: bytes | None
) -> Iterable[Element]:
    requirements, name, authentication = tags
    if mechanism is not None:
        yield Element(requirements, _AUTHENTICATION_UNIT)
        yield Element(name, DLMS_ARC + bytes((2, mechanism)))
    if value is not None:
        yield _explicit(authentication, 0x80, value)


def _explicit(tag: int, inner: int, contents: bytes) -> Element:
    return Element(tag, Element(inner, contents).encode())


def _reason(reason: int | None) -> list[Element]:
    return [] if reason is None else [Element(0x80, bytes((reason,)))]


def _encode(
    tag: int, fields: Iterable[Element], user_information: bytes | None, others: tuple[Element, ...]
) -> bytes:
    everything = [*fields, *others]
    if user_information is not None:
        everything.append(_explicit(USER_INFORMATION, ber.OCTET_STRING, user_information))
    everything.sort(key=lambda element: element.number)
    return Element(tag, b"".join([element.encode() for element in everything])).encode()
