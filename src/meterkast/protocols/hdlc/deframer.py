"""Finds frames in a stream of octets and reports what lies between them."""

from dataclasses import dataclass

from meterkast.model.errors import PeerError
from meterkast.protocols.hdlc.frame import (
    FLAG,
    FORMAT_TYPE,
    HEADER_LIMIT,
    LONGEST,
    Frame,
    Header,
    body_length,
)

GARBAGE_STEP = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Garbage:
    """Octets that are no frame for us. One report when a run begins, then one per ``GARBAGE_STEP`` octets.

    Attributes:
        code: why the first of them was refused, for example ``hdlc-noise`` or ``hdlc-fcs-wrong``.
        octets: how many were thrown away since the last good frame.
    """

    code: str
    octets: int


class Deframer:
    """Octets in, frames and garbage out. The result does not depend on how the stream is cut into pieces.

    After anything unusable it goes on at the next flag, also at one inside the refused octets. It never
    keeps more than one frame of ``longest`` octets and never raises.
    """

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._pending = bytearray()
        self._thrown = 0
        self._code = ""

    def receive(self, octets: bytes) -> list[Frame | Garbage]:
        """What the octets complete, in the order of the wire."""
        self._pending += octets
        found: list[Frame | Garbage] = []
        while self._advance(found):
            pass
        return found

    def abandon(self) -> None:
        """Forgets a frame that has begun: the line was silent for longer than a frame may pause."""
        self._pending.clear()

    def _advance(self, found: list[Frame | Garbage]) -> bool:
        """One step: a flag, a frame, or a run of garbage. False where more octets are needed."""
        pending = self._pending
        if not pending:
            return False
        if pending[0] != FLAG:
            self._throw("hdlc-noise", found)
            return True
        if len(pending) == 1:
            return False
        if pending[1] == FLAG:
            del pending[0]
            return True
        try:
            return self._frame(found)
        except PeerError as error:
            self._throw(error.code, found)
            return True

    def _frame(self, found: list[Frame | Garbage]) -> bool:
        pending = self._pending
        if pending[1] >> 4 != FORMAT_TYPE:
            raise PeerError("hdlc-noise", "Something else than a frame follows the flag.")
        if len(pending) < 3:
            return False
        length = body_length(bytes(pending[1:3]))
        if length > self._longest:
            raise PeerError("hdlc-length-wrong", "The frame is longer than agreed.")
        known = min(length, HEADER_LIMIT)
        if len(pending) <= known:
            return False
        if Header.parse(bytes(pending[1 : known + 1])).hcs_ok is False:
            raise PeerError("hdlc-hcs-wrong", "The header check sequence does not hold.")
        if len(pending) < length + 2:
            return False
        found.append(Frame.parse(bytes(pending[: length + 2])))
        del pending[: length + 1]  # the closing flag may open the next frame
        self._thrown = 0
        return True

    def _throw(self, code: str, found: list[Frame | Garbage]) -> None:
        """Throws the first octet away and all up to the next flag."""
        flag = self._pending.find(FLAG, 1)
        count = flag if flag > 0 else len(self._pending)
        del self._pending[:count]
        if self._thrown == 0:
            self._code = code
            found.append(Garbage(code=code, octets=1))
        before, self._thrown = self._thrown, self._thrown + count
        steps = range(before // GARBAGE_STEP + 1, self._thrown // GARBAGE_STEP + 1)
        found += [Garbage(code=self._code, octets=step * GARBAGE_STEP) for step in steps]
