"""What people hand in, as the messages that are to be explained one by one.

A file may hold one message, several behind one another, one on each line, or recorded network traffic; as
octets, as a hexadecimal dump or in base64.
"""

from dataclasses import dataclass
from typing import Final

from meterkast.model.errors import DataError, PeerError
from meterkast.protocols.explain.conversations import conversations
from meterkast.protocols.explain.document import Explanation
from meterkast.protocols.explain.dump import undump
from meterkast.protocols.explain.framing import unframe
from meterkast.protocols.explain.messages import Messages
from meterkast.protocols.explain.packets import is_recording, packets
from meterkast.protocols.mbus.frame import is_segment
from meterkast.protocols.wmbus import frame as radio

_DLMS_STARTS: Final = (b"\x7e", b"\x00", b"\xdb")
_PUSHES: Final = (b"\x0f", b"\xc2", b"\xdb")
"""Data-notification, event-notification, general-glo-ciphering: messages that stand for themselves."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is explained as one.

    Attributes:
        octets: of the message, or of a dialogue whose messages explain one another.
        ends: who said it to whom, where a network recording tells.
    """

    octets: bytes
    ends: tuple[str, str] | None = None


def messages(octets: bytes, as_: str = "auto") -> list[Message]:
    """The messages, in order; one that is not understood comes back as it is, for ``explain`` to refuse.

    DLMS messages that ask and answer stay together, since the answers are not understood alone.

    Args:
        octets: what was handed in.
        as_: what it is to be taken for, as for ``explain``.

    Raises:
        DataError: ``recording-malformed``, ``recording-without-messages`` or ``dump-odd``.
    """
    if is_recording(octets):
        return _recorded(octets)
    if as_ == "p1":
        return [Message(each) for each in _cut(octets)]
    lines = [line for line in octets.splitlines() if line.strip()]
    whole = undump(octets)
    if len(lines) > 1 and whole is not octets and _are_frames(lines):
        return [Message(undump(line)) for line in lines]
    return [Message(each) for each in _cut(whole)]


def _recorded(octets: bytes) -> list[Message]:
    found = [
        Message(each, conversation.ends)
        for conversation in conversations(packets(octets))
        for each in _together(conversation.messages)
    ]
    if not found:
        raise DataError(
            "recording-without-messages",
            "The recorded traffic holds no message of a meter.",
            hint="What is sent inside TLS cannot be seen from outside.",
        )
    return found


def _cut(octets: bytes) -> list[bytes]:
    """The messages where the octets are nothing but messages; else the octets."""
    stream = Messages()
    found = stream.receive(octets)
    if len(found) < 2 or stream.dropped or stream.pending:
        return [octets]
    return _together(found)


def _together(found: list[bytes]) -> list[bytes]:
    """The messages, those of a DLMS dialogue as one."""
    dialogue = all(_is_dlms(each) for each in found) and not all(_is_push(each) for each in found)
    return [b"".join(found)] if dialogue else found


def _is_dlms(message: bytes) -> bool:
    return message.startswith(_DLMS_STARTS) or is_segment(message)


def _is_push(message: bytes) -> bool:
    try:
        carried = unframe(message, Explanation(family="dlms"))
    except PeerError:
        return False
    return all(each.octets.startswith(_PUSHES) for each in carried)


def _are_frames(lines: list[bytes]) -> bool:
    """Whether each line is a dump of a message of its own."""
    try:
        return all(_is_whole(undump(line)) for line in lines)
    except DataError:
        return False


def _is_whole(octets: bytes) -> bool:
    stream = Messages()
    whole = len(stream.receive(octets)) == 1 and not stream.dropped and not stream.pending
    return whole or radio.looks_like(octets)
