"""Finds out what a frame or telegram is, and explains it; loads no more than the family that it finds."""

from collections.abc import Callable
from typing import Final, TypeAlias

from meterkast.model.errors import DataError, MeterkastError
from meterkast.protocols.explain.document import Explanation
from meterkast.protocols.explain.dump import undump
from meterkast.protocols.mbus.frame import is_long_frame, is_segment
from meterkast.protocols.wmbus import frame as radio
from meterkast.protocols.wmbus.fragments import Fragments

_Explainer: TypeAlias = Callable[[bytes, bytes | None, bytes | None, Fragments], Explanation]
LIMIT: Final = 1 << 20
_MBUS_SHORT: Final = 0x10
_MBUS_SHORT_LENGTH: Final = 5
_MBUS_STARTS: Final = (b"\x68", b"\xe5")
_P1_START: Final = b"/"
_GENERAL_GLO: Final = b"\xdb"


def explain(
    octets: bytes,
    as_: str = "auto",
    key: bytes | None = None,
    auth_key: bytes | None = None,
    fragments: Fragments | None = None,
) -> Explanation:
    """Any frame or telegram of a meter, layer by layer, down to its readings.

    Args:
        octets: the frame itself, or a dump of it (``undump``).
        as_: ``auto``, ``dlms``, ``hdlc``, ``mbus``, ``wmbus`` or ``p1``.
        key: what opens it, where it is encrypted.
        auth_key: what its authentication tag is checked with.
        fragments: what came before of radio messages that go over several frames; it is added to.

    Raises:
        PeerError: the octets do not keep the protocol.
        DataError: ``key-needed``, ``family-unknown``, ``input-empty``, ``input-too-long`` or ``dump-odd``.
        TrustError: an authentication tag does not hold.
    """
    if len(octets) > 2 * LIMIT:
        raise DataError("input-too-long", f"At most {LIMIT} octets are explained at once.")
    frame = octets if as_ == "p1" else undump(octets)
    if not frame.strip():
        raise DataError("input-empty", "There is nothing to explain.")
    explainer = _EXPLAINERS.get(detect(frame, key) if as_ == "auto" else as_)
    if explainer is None:
        raise DataError(
            "family-unknown", f"{as_!r} cannot be explained.", hint=f"Say one of {', '.join(_EXPLAINERS)}."
        )
    return explainer(frame, key, auth_key, Fragments() if fragments is None else fragments)


def detect(frame: bytes, key: bytes | None = None) -> str:
    """The family that these octets look like; DLMS where nothing else does."""
    if frame.lstrip()[:1] == _P1_START or _is_sealed_p1(frame, key):
        return "p1"
    if is_segment(frame):
        return "dlms"
    if not is_long_frame(frame) and radio.looks_like(frame):
        return "wmbus"
    is_short = frame[0] == _MBUS_SHORT and len(frame) == _MBUS_SHORT_LENGTH
    return "mbus" if is_short or frame[:1] in _MBUS_STARTS else "dlms"


def _is_sealed_p1(frame: bytes, key: bytes | None) -> bool:
    """Whether a ciphered message begins like a P1 telegram once opened: the two look alike from outside."""
    if key is None or frame[:1] != _GENERAL_GLO:
        return False
    from meterkast.protocols.dlms import apdu, security
    from meterkast.protocols.dlms.apdu import GeneralGloCiphering

    try:
        sealed = apdu.decode(frame)
        if not isinstance(sealed, GeneralGloCiphering):
            return False
        first = security.unprotect(
            sealed.payload[:1],
            key=key,
            auth_key=b"",
            title=sealed.system_title,
            counter=sealed.counter,
            control=security.SecurityControl.ENCRYPTED,
            tag_required=False,
        )
    except MeterkastError:
        return False
    return first == _P1_START


def _dlms(frame: bytes, key: bytes | None, auth_key: bytes | None, _: Fragments) -> Explanation:
    from meterkast.protocols.explain.dlms import explain_dlms

    return explain_dlms(frame, key, auth_key)


def _hdlc(frame: bytes, key: bytes | None, auth_key: bytes | None, _: Fragments) -> Explanation:
    from meterkast.protocols.explain.dlms import explain_dlms

    return explain_dlms(frame, key, auth_key, "hdlc")


def _mbus(frame: bytes, key: bytes | None, _: bytes | None, __: Fragments) -> Explanation:
    from meterkast.protocols.explain.mbus import explain_mbus

    return explain_mbus(frame, key)


def _wmbus(frame: bytes, key: bytes | None, _: bytes | None, fragments: Fragments) -> Explanation:
    from meterkast.protocols.explain.wmbus import explain_wmbus

    return explain_wmbus(frame, key, fragments)


def _p1(frame: bytes, key: bytes | None, auth_key: bytes | None, _: Fragments) -> Explanation:
    from meterkast.protocols.explain.p1 import explain_p1

    return explain_p1(frame, key, auth_key)


_EXPLAINERS: Final[dict[str, _Explainer]] = {
    "dlms": _dlms,
    "hdlc": _hdlc,
    "mbus": _mbus,
    "wmbus": _wmbus,
    "p1": _p1,
}
