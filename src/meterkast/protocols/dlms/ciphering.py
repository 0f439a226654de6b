"""Protected messages of an association: service-specific (glo-, ded-) or general (Green Book 9.2.7.2)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.protocols.dlms.apdu import (
    DEDICATED_TAGS,
    GLOBAL_TAGS,
    Apdu,
    Ciphered,
    GeneralDedCiphering,
    GeneralGloCiphering,
)
from meterkast.protocols.dlms.compression import Decompression
from meterkast.protocols.dlms.counter import CounterGate
from meterkast.protocols.dlms.envelope import in_the_clear
from meterkast.protocols.dlms.policy import PolicyFloor
from meterkast.protocols.dlms.security import SecurityControl, protect, unprotect

_OVERHEAD: Final = 1 + 9 + 5 + 5 + 12  # tag, title, length, control and counter, authentication tag

Sealed: TypeAlias = Ciphered | GeneralGloCiphering | GeneralDedCiphering


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """How one side protects its messages, and what it asks of the other's.

    Attributes:
        title: our own system title.
        encryption_key: the global key, 16 octets (suite 2: 32).
        authentication_key: as long.
        next_counter: gives a counter never used before under this key and title; kept before it is given.
        gate: of the peer's counters under the global key.
        floor: the least protection, which is also what we send.
        general: sends general-glo-ciphering instead of the tag of each service; both are always taken.
        decompression: takes compressed messages too; without, they are refused. We send none.
    """

    title: SystemTitle
    encryption_key: bytes = field(repr=False)
    authentication_key: bytes = field(repr=False)
    next_counter: Callable[[], int]
    gate: CounterGate = field(default_factory=CounterGate)
    floor: PolicyFloor = field(default_factory=PolicyFloor)
    general: bool = False
    decompression: Decompression | None = None

    def begin(self) -> "Ciphering":
        """The protection of a new association."""
        return Ciphering(self)


class Ciphering:
    """The protection of one association, from the AARQ to its end."""

    def __init__(self, own: Protection) -> None:
        self._own = own
        self._peer_title = b""
        self._dedicated: bytes | None = None
        self._dedicated_gate = CounterGate()

    @property
    def title(self) -> bytes:
        """Our system title."""
        return self._own.title.octets

    @property
    def overhead(self) -> int:
        """Octets that protection adds at most."""
        return _OVERHEAD

    def meet(self, title: bytes | None) -> None:
        """Takes the peer's system title.

        Raises:
            TrustError: ``security-title-wrong`` where it is missing, malformed or our own.
        """
        if title is None or len(title) != 8 or title == self.title:
            raise TrustError("security-title-wrong", "The other side shows no system title of its own.")
        self._peer_title = title

    def dedicate(self, key: bytes) -> None:
        """From now on services go under this key, agreed in the InitiateRequest.

        Raises:
            TrustError: ``security-key`` where it has another length than the suite asks for.
        """
        if len(key) != len(self._own.encryption_key):
            raise TrustError("security-key", "A dedicated key does not fit the security suite.")
        self._dedicated = key

    def seal(self, plain: bytes, *, initiating: bool = False) -> bytes:
        """A message in protection; what belongs to the association itself always under the global key.

        Raises:
            LocalError: ``security-service`` for a message that has no protected form.
        """
        dedicated = self._dedicated is not None and not initiating
        control, counter = self._own.floor.control, self._own.next_counter()
        payload = protect(
            plain,
            key=self._key(dedicated=dedicated),
            auth_key=self._own.authentication_key,
            title=self.title,
            counter=counter,
            control=control,
        )
        tag = (DEDICATED_TAGS if dedicated else GLOBAL_TAGS).get(plain[0])
        if tag is not None and not (self._own.general and not initiating):
            return Ciphered(tag, control, counter, payload).encode()
        if initiating:
            raise LocalError("security-service", "The message has no protected form.")
        envelope = GeneralDedCiphering if dedicated else GeneralGloCiphering
        return envelope(self.title, control, counter, payload).encode()

    def open(self, message: Apdu, *, initiating: bool = False) -> bytes:
        """The message inside, once protection, sender, counter and tag hold; the counter is kept then.

        Raises:
            TrustError: ``security-…``; nothing is kept then.
            PeerError: ``security-tag-mismatch`` where another message is inside than its tag says,
                ``security-decompressed`` where it does not come out of its compression within bounds.
        """
        own = self._own
        if not isinstance(message, Sealed):
            raise in_the_clear()
        own.floor.check(message.security_control, compressed=own.decompression is not None)
        if not isinstance(message, Ciphered) and message.system_title != self._peer_title:
            raise TrustError("security-title-wrong", "The message is from somebody else.")
        dedicated = _is_dedicated(message)
        if dedicated and (self._dedicated is None or initiating):
            raise TrustError("security-policy", "There is no dedicated key for the message.")
        gate = self._dedicated_gate if dedicated else own.gate
        gate.check(message.counter)
        plain = unprotect(
            message.payload,
            key=self._key(dedicated=dedicated),
            auth_key=own.authentication_key,
            title=self._peer_title,
            counter=message.counter,
            control=message.security_control,
            compressed=own.decompression is not None,
        )
        if own.decompression is not None and message.security_control & SecurityControl.COMPRESSED:
            plain = own.decompression.open(plain)
        if (
            isinstance(message, Ciphered)
            and _tags(dedicated=dedicated).get(plain[0] if plain else -1) != message.tag
        ):
            raise PeerError("security-tag-mismatch", "Another message is inside than its tag says.")
        gate.accept(message.counter)
        return plain

    def _key(self, *, dedicated: bool) -> bytes:
        return self._dedicated if dedicated and self._dedicated is not None else self._own.encryption_key


def _is_dedicated(message: Sealed) -> bool:
    if isinstance(message, Ciphered):
        return message.tag in DEDICATED_TAGS.values()
    return isinstance(message, GeneralDedCiphering)


def _tags(*, dedicated: bool) -> dict[int, int]:
    return DEDICATED_TAGS if dedicated else GLOBAL_TAGS
