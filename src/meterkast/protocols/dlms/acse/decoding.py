"""Octets to association messages."""

from collections.abc import Callable
from enum import IntEnum
from typing import Final, TypeVar

from meterkast.model.errors import PeerError
from meterkast.protocols import ber
from meterkast.protocols.ber import Element
from meterkast.protocols.dlms.acse.message import DLMS_ARC, USER_INFORMATION, Aare, Aarq, Rlre, Rlrq
from meterkast.protocols.dlms.acse.names import ApplicationContext, AssociationResult, Diagnostic, Mechanism

_E = TypeVar("_E", bound=IntEnum)


def decode(octets: bytes) -> Aarq | Aare | Rlrq | Rlre:
    """One ACSE APDU.

    Raises:
        PeerError: ``ber-malformed`` or ``acse-…`` for anything else.
    """
    outer = ber.single(octets)
    decoder = _DECODERS.get(outer.tag)
    if decoder is None:
        raise PeerError(
            "acse-tag-unknown", f"{outer.tag:02X} is not the tag of an ACSE message.", where="offset 0"
        )
    return decoder(_Fields(outer.contents))


class _Fields:
    """The elements of an APDU by tag, each at most once; what was not asked for stays in ``others``."""

    def __init__(self, octets: bytes) -> None:
        self._left: dict[int, bytes] = {}
        for element in ber.elements(octets):
            if element.tag in self._left:
                raise PeerError("acse-element-twice", f"The element {element.tag:02X} stands twice.")
            self._left[element.tag] = element.contents

    def pop(self, tag: int) -> bytes | None:
        return self._left.pop(tag, None)

    def explicit(self, tag: int, inner: int) -> bytes | None:
        contents = self.pop(tag)
        return None if contents is None else ber.single(contents, inner).contents

    def needed(self, contents: bytes | None, name: str) -> bytes:
        if contents is None:
            raise PeerError("acse-element-missing", f"The element {name} is missing.")
        return contents

    def context(self) -> ApplicationContext:
        oid = self.needed(self.explicit(0xA1, ber.OBJECT_IDENTIFIER), "application-context-name")
        return _named(ApplicationContext, oid, 1, "application context")

    def authentication(self, tags: tuple[int, int, int]) -> tuple[Mechanism | None, bytes | None]:
        requirements, mechanism, value = tags
        self.pop(requirements)
        oid = self.pop(mechanism)
        named = None if oid is None else _named(Mechanism, oid, 2, "authentication mechanism")
        return named, self.explicit(value, 0x80)

    def number(self, contents: bytes, enumeration: type[_E]) -> _E:
        try:
            return enumeration(int.from_bytes(contents, "big"))
        except ValueError:
            raise PeerError("acse-value-unknown", f"A {enumeration.__name__} has an unknown value.") from None

    def reason(self) -> int | None:
        contents = self.pop(0x80)
        if contents is not None and len(contents) != 1:
            raise PeerError("acse-value-unknown", "A reason has one octet.")
        return None if contents is None else contents[0]

    def user_information(self) -> bytes | None:
        return self.explicit(USER_INFORMATION, ber.OCTET_STRING)

    def others(self) -> tuple[Element, ...]:
        return tuple(Element(tag, contents) for tag, contents in self._left.items())


def _decode_aarq(fields: _Fields) -> Aarq:
    mechanism, authentication = fields.authentication((0x8A, 0x8B, 0xAC))
    return Aarq(
        context=fields.context(),
        calling_title=fields.explicit(0xA6, ber.OCTET_STRING),
        mechanism=mechanism,
        authentication=authentication,
        user_information=fields.user_information(),
        others=fields.others(),
    )


def _decode_aare(fields: _Fields) -> Aare:
    mechanism, authentication = fields.authentication((0x88, 0x89, 0xAA))
    result = fields.needed(fields.explicit(0xA2, ber.INTEGER), "result")
    source = ber.single(fields.needed(fields.pop(0xA3), "result-source-diagnostic"))
    if source.tag not in (0xA1, 0xA2):
        raise PeerError("acse-value-unknown", "A diagnostic comes from the service user or provider.")
    return Aare(
        context=fields.context(),
        result=fields.number(result, AssociationResult),
        diagnostic=fields.number(ber.single(source.contents, ber.INTEGER).contents, Diagnostic),
        provider=source.tag == 0xA2,
        responding_title=fields.explicit(0xA4, ber.OCTET_STRING),
        mechanism=mechanism,
        authentication=authentication,
        user_information=fields.user_information(),
        others=fields.others(),
    )


def _decode_rlrq(fields: _Fields) -> Rlrq:
    return Rlrq(reason=fields.reason(), user_information=fields.user_information(), others=fields.others())


def _decode_rlre(fields: _Fields) -> Rlre:
    return Rlre(reason=fields.reason(), user_information=fields.user_information(), others=fields.others())


_DECODERS: Final[dict[int, Callable[[_Fields], Aarq | Aare | Rlrq | Rlre]]] = {
    0x60: _decode_aarq,
    0x61: _decode_aare,
    0x62: _decode_rlrq,
    0x63: _decode_rlre,
}
TAGS: Final = frozenset(_DECODERS)
"""First octets of ACSE messages."""


def _named(enumeration: type[_E], oid: bytes, arc: int, what: str) -> _E:
    try:
        if oid[:-1] == DLMS_ARC + bytes((arc,)):
            return enumeration(oid[-1])
    except ValueError:
        pass
    raise PeerError("acse-name-unknown", f"The {what} is none that DLMS knows.")
