"""Where the talk with the module stands, as a table. A signal without an entry is not allowed."""

from enum import StrEnum

from meterkast.model.errors import LocalError


class State(StrEnum):
    """What is known of the module."""

    IDLE = "idle"
    CONNECTED = "connected"
    ASSOCIATED = "associated"
    DEGRADED = "degraded"


class Signal(StrEnum):
    """What happens on the line."""

    CONNECTED = "the module answers"
    PAIRED = "both sides have proved the pairing key"
    ENDED = "the module has ended the connection"
    FAILED = "silence, flood, garbage or a wrong key"


TRANSITIONS: dict[State, dict[Signal, State]] = {
    State.IDLE: {Signal.CONNECTED: State.CONNECTED, Signal.FAILED: State.DEGRADED},
    State.CONNECTED: {
        Signal.PAIRED: State.ASSOCIATED,
        Signal.ENDED: State.IDLE,
        Signal.FAILED: State.DEGRADED,
    },
    State.ASSOCIATED: {Signal.ENDED: State.IDLE, Signal.FAILED: State.DEGRADED},
    State.DEGRADED: {Signal.CONNECTED: State.CONNECTED, Signal.FAILED: State.DEGRADED},
}


def follow(state: State, signal: Signal) -> State:
    """The next state.

    Raises:
        LocalError: ``module-out-of-turn``.
    """
    if signal not in TRANSITIONS[state]:
        raise LocalError("module-out-of-turn", f"A module that is {state} has no place for: {signal}.")
    return TRANSITIONS[state][signal]
