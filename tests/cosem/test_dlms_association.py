"""The association table, every state and signal."""

import pytest

from meterkast.model.errors import LocalError
from meterkast.protocols.dlms.association import TRANSITIONS, Association, Signal, State

PATHS = {
    State.IDLE: (),
    State.REQUESTED: (Signal.REQUEST,),
    State.CHALLENGED: (Signal.REQUEST, Signal.CHALLENGE),
    State.ASSOCIATED: (Signal.REQUEST, Signal.ACCEPT),
    State.RELEASING: (Signal.REQUEST, Signal.ACCEPT, Signal.RELEASE),
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("signal", Signal)
def test_every_signal_in_every_state(state: State, signal: Signal) -> None:
    association = Association()
    for step in PATHS[state]:
        association.step(step)
    assert association.state is state
    expected = TRANSITIONS[state].get(signal)
    assert association.allows(signal) is (expected is not None)
    if expected is None:
        with pytest.raises(LocalError):
            association.step(signal)
        assert association.state is state
    else:
        association.step(signal)
        assert association.state is expected


def test_nobody_is_associated_without_acceptance_or_proof() -> None:
    ways = {signal for row in TRANSITIONS.values() for signal, to in row.items() if to is State.ASSOCIATED}
    assert ways == {Signal.ACCEPT, Signal.PROVE}
    assert TRANSITIONS[State.CHALLENGED].get(Signal.ACCEPT) is None


def test_losing_the_layer_below_always_ends_in_idle() -> None:
    assert all(row[Signal.LOSE] is State.IDLE for row in TRANSITIONS.values())
