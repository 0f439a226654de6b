"""The life of an application association, as a table (Green Book 9.3.1 to 9.3.3, 9.4.4).

Both sides follow the same table: what the client sends, the server receives. A signal that has no entry is
not allowed in that state and changes nothing.
"""

from enum import StrEnum
from typing import Final

from meterkast.model.errors import LocalError
from meterkast.protocols.dlms.acse import ApplicationContext
from meterkast.protocols.dlms.apdu import Conformance

SERVICES: Final = (
    Conformance.GET
    | Conformance.SET
    | Conformance.ACTION
    | Conformance.SELECTIVE_ACCESS
    | Conformance.MULTIPLE_REFERENCES
    | Conformance.BLOCK_TRANSFER_WITH_GET
    | Conformance.BLOCK_TRANSFER_WITH_SET
    | Conformance.BLOCK_TRANSFER_WITH_ACTION
    | Conformance.ACCESS
    | Conformance.DATA_NOTIFICATION
    | Conformance.EVENT_NOTIFICATION
)
"""What both our sides can do by logical names: proposed by the client, accepted by the server."""

SHORT_NAME_SERVICES: Final = (
    Conformance.READ
    | Conformance.MULTIPLE_REFERENCES
    | Conformance.PARAMETERIZED_ACCESS
    | Conformance.BLOCK_TRANSFER_WITH_GET
)
"""The same by short names; blocks are those of READ."""


class Naming(StrEnum):
    """How the objects of an association are named."""

    LOGICAL = "logical names"
    SHORT = "short names"

    @property
    def services(self) -> Conformance:
        """What both our sides can do."""
        return SERVICES if self is Naming.LOGICAL else SHORT_NAME_SERVICES

    def context(self, *, ciphered: bool) -> ApplicationContext:
        """How an association says so."""
        if self is Naming.LOGICAL:
            return ApplicationContext.LN_CIPHERING if ciphered else ApplicationContext.LN_NO_CIPHERING
        return ApplicationContext.SN_CIPHERING if ciphered else ApplicationContext.SN_NO_CIPHERING


def offered(naming: Naming, *, blocks: bool, ciphered: bool) -> Conformance:
    """All that one of our sides can do, as it is set up."""
    return (
        naming.services
        | (Conformance.GENERAL_BLOCK_TRANSFER if blocks else Conformance(0))
        | (Conformance.GENERAL_PROTECTION if ciphered else Conformance(0))
    )


MAX_PDU_SIZE: Final = 1024
"""Longest APDU in octets where nothing else is said (P3 companion standard 4.2.2)."""

OPENING_LIMIT: Final = 2048
"""Longest AARQ or RLRQ in octets: they are no xDLMS messages, and the agreed length does not bound them."""

SMALLEST_PDU: Final = 64
"""A side that takes less than this many octets cannot be talked to."""


class State(StrEnum):
    """Where the association stands."""

    IDLE = "idle"
    REQUESTED = "requested"  # AARQ is on its way
    CHALLENGED = "challenged"  # accepted, but nobody has proved anything yet
    ASSOCIATED = "associated"
    RELEASING = "releasing"  # RLRQ is on its way


class Signal(StrEnum):
    """What happens to an association."""

    REQUEST = "AARQ"
    ACCEPT = "AARE, accepted"
    CHALLENGE = "AARE, accepted, authentication required"
    REJECT = "AARE, rejected"
    PROVE = "HLS answers hold"
    DISPROVE = "HLS answer does not hold"
    RELEASE = "RLRQ"
    END = "RLRE"
    LOSE = "the layer below is gone"


_LOSABLE = {Signal.LOSE: State.IDLE}
_OPEN = {Signal.REQUEST: State.REQUESTED, Signal.RELEASE: State.RELEASING, **_LOSABLE}

TRANSITIONS: dict[State, dict[Signal, State]] = {
    State.IDLE: {Signal.REQUEST: State.REQUESTED, **_LOSABLE},
    State.REQUESTED: {
        Signal.ACCEPT: State.ASSOCIATED,
        Signal.CHALLENGE: State.CHALLENGED,
        Signal.REJECT: State.IDLE,
        **_LOSABLE,
    },
    State.CHALLENGED: {Signal.PROVE: State.ASSOCIATED, Signal.DISPROVE: State.IDLE, **_OPEN},
    State.ASSOCIATED: dict(_OPEN),
    State.RELEASING: {Signal.END: State.IDLE, **_LOSABLE},
}


class Association:
    """The state of one association."""

    def __init__(self) -> None:
        self._state = State.IDLE

    @property
    def state(self) -> State:
        """Where it stands."""
        return self._state

    def allows(self, signal: Signal) -> bool:
        """Whether the signal has a meaning now."""
        return signal in TRANSITIONS[self._state]

    def step(self, signal: Signal) -> None:
        """Follows the table.

        Raises:
            LocalError: ``association-out-of-turn``; the state stays as it was.
        """
        if not self.allows(signal):
            raise LocalError(
                "association-out-of-turn", f"An association that is {self._state} has no place for {signal}."
            )
        self._state = TRANSITIONS[self._state][signal]
