"""Known deviations of real meters, each rewritten to what the standard asks for before it is read strictly.

A tolerance is tried only after the strict decoder has refused, and its result must decode strictly.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from meterkast.model.errors import PeerError
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import Apdu


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """One deviation: what it looks like, and what should stand there.

    Attributes:
        code: its name, also the code of the finding.
        message: one sentence for people.
        pattern: the deviating octets.
        replacement: the octets of the standard, with groups of the pattern.
    """

    code: str
    message: str
    pattern: re.Pattern[bytes]
    replacement: bytes

    def find(self, octets: bytes) -> "Deviation | None":
        """Where the octets deviate; None where they do not."""
        matches = list(self.pattern.finditer(octets))
        if not matches:
            return None
        names = (
            frozenset(match["name"] for match in matches)
            if "name" in self.pattern.groupindex
            else frozenset()
        )
        return Deviation(self, matches[0].start(), len(matches), names)

    def rewrite(self, octets: bytes) -> bytes:
        """The octets as the standard asks for them."""
        return self.pattern.sub(self.replacement, octets)


@dataclass(frozen=True, slots=True)
class Deviation:
    """A tolerance that was needed: where first, how often, and at which logical names."""

    tolerance: Tolerance
    offset: int
    count: int
    names: frozenset[bytes] = frozenset()


def _tolerance(code: str, message: str, pattern: bytes, replacement: bytes) -> Tolerance:
    compiled = re.compile(pattern, re.DOTALL)
    return Tolerance(code=code, message=message, pattern=compiled, replacement=replacement)


TAGGED_PUSH_TIME: Final = _tolerance(
    "date-time-tagged",
    "The date-time of the notification carries a data tag (09 0C) where only a length belongs.",
    rb"\A(\x0F.{4})\x09\x0C",
    b"\\1\x0c",
)
TAGGED_EVENT_TIME: Final = _tolerance(
    "date-time-tagged",
    "The date-time of the event carries a data tag (09 0C) where a presence flag and a length belong.",
    rb"\A\xC2\x09\x0C",
    b"\xc2\x01\x0c",
)
SWAPPED_TAG: Final = _tolerance(
    "octet-string-swapped",
    "A logical name is tagged 06 09 where 09 06 belongs.",
    rb"(\x02[\x02-\x06])\x06\x09(?P<name>.{5}\xFF)",
    b"\\1\x09\x06\\2",
)
UNTAGGED_DESCRIPTOR: Final = _tolerance(
    "descriptor-untagged",
    "An attribute descriptor stands without data tags in front of its value.",
    rb"\x02\x02(\x00.)(?P<name>.{5}\xFF)([\x01-\x7F])",
    b"\x02\x04\x12\\1\x09\x06\\2\x0f\\3",
)
TOLERANCES: Final = (TAGGED_PUSH_TIME, TAGGED_EVENT_TIME, SWAPPED_TAG, UNTAGGED_DESCRIPTOR)


def decode(octets: bytes, tolerances: Sequence[Tolerance] = TOLERANCES) -> tuple[Apdu, tuple[Deviation, ...]]:
    """The APDU, and the deviations that had to be accepted for it; none where the message keeps the standard.

    Raises:
        PeerError: the strict decoder's own, where no tolerance helps.
    """
    try:
        return apdu.decode(octets), ()
    except PeerError as strict:
        deviations: list[Deviation] = []
        for tolerance in tolerances:
            deviation = tolerance.find(octets)
            if deviation is None:
                continue
            deviations.append(deviation)
            octets = tolerance.rewrite(octets)
            try:
                return apdu.decode(octets), tuple(deviations)
            except PeerError:
                continue
        raise strict from None
