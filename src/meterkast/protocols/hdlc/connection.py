"""The life of an HDLC connection in normal response mode, as a table (IEC 62056-46, 6.4.4).

The right to speak alternates: whoever has it sends a flight, as many frames as the window holds, and the poll
or final bit of the last one hands it over. Both sides share the states of the dialogue and differ only in how
it begins and ends. A signal that has no entry is not allowed in that state and changes nothing.
"""

from enum import StrEnum


class Role(StrEnum):
    """Which end of the link: the client polls, the server answers."""

    CLIENT = "client"
    SERVER = "server"


class State(StrEnum):
    """Where the connection stands."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"  # SNRM sent
    READY = "ready"  # it is ours to send an APDU
    SENDING = "sending"  # a flight of ours waits for its acknowledgement, more follow
    AWAITING = "awaiting"  # all of ours has left; it is the peer's to send an APDU
    DISCONNECTING = "disconnecting"  # DISC sent


class Signal(StrEnum):
    """What happens to a connection, by our doing (send) or by the peer's (receive)."""

    SEND_CONNECT = "send SNRM"
    SEND_DISCONNECT = "send DISC"
    SEND_FLIGHT = "send I, more follow"
    SEND_LAST = "send I, last"
    RECEIVE_CONNECT = "receive SNRM"
    RECEIVE_DISCONNECT = "receive DISC"
    RECEIVE_ACCEPTANCE = "receive UA"
    RECEIVE_REFUSAL = "receive DM"
    RECEIVE_REJECTION = "receive FRMR"
    RECEIVE_READY = "receive RR"
    RECEIVE_NOT_READY = "receive RNR"
    RECEIVE_SEGMENT = "receive I, more follow"
    RECEIVE_LAST = "receive I, last"


_DIALOGUE: dict[State, dict[Signal, State]] = {
    State.READY: {
        Signal.SEND_FLIGHT: State.SENDING,
        Signal.SEND_LAST: State.AWAITING,
    },
    State.SENDING: {
        Signal.RECEIVE_READY: State.SENDING,
        Signal.RECEIVE_NOT_READY: State.SENDING,
        Signal.SEND_FLIGHT: State.SENDING,
        Signal.SEND_LAST: State.AWAITING,
    },
    State.AWAITING: {
        Signal.RECEIVE_READY: State.AWAITING,
        Signal.RECEIVE_NOT_READY: State.AWAITING,
        Signal.SEND_LAST: State.AWAITING,  # again, where part of it was lost
        Signal.RECEIVE_SEGMENT: State.AWAITING,
        Signal.RECEIVE_LAST: State.READY,
    },
}

_CLIENT_END = {
    Signal.SEND_DISCONNECT: State.DISCONNECTING,
    Signal.RECEIVE_REFUSAL: State.DISCONNECTED,
    Signal.RECEIVE_REJECTION: State.DISCONNECTED,
}
_SERVER_END = {
    Signal.RECEIVE_CONNECT: State.AWAITING,
    Signal.RECEIVE_DISCONNECT: State.DISCONNECTED,
}

TRANSITIONS: dict[Role, dict[State, dict[Signal, State]]] = {
    Role.CLIENT: {
        State.DISCONNECTED: {Signal.SEND_CONNECT: State.CONNECTING},
        State.CONNECTING: {
            Signal.SEND_CONNECT: State.CONNECTING,
            Signal.RECEIVE_ACCEPTANCE: State.READY,
            Signal.RECEIVE_REFUSAL: State.DISCONNECTED,
        },
        **{state: row | _CLIENT_END for state, row in _DIALOGUE.items()},
        State.DISCONNECTING: {
            Signal.RECEIVE_ACCEPTANCE: State.DISCONNECTED,
            Signal.RECEIVE_REFUSAL: State.DISCONNECTED,
        },
    },
    Role.SERVER: {
        State.DISCONNECTED: {
            Signal.RECEIVE_CONNECT: State.AWAITING,
            Signal.RECEIVE_DISCONNECT: State.DISCONNECTED,
        },
        **{state: row | _SERVER_END for state, row in _DIALOGUE.items()},
    },
}


def follow(role: Role, state: State, signal: Signal) -> State | None:
    """The next state; None where the signal is not allowed."""
    return TRANSITIONS[role].get(state, {}).get(signal)
