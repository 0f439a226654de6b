"""The connection table, every role, state and signal."""

import pytest

from meterkast.protocols.hdlc.connection import TRANSITIONS, Role, Signal, State, follow


@pytest.mark.parametrize("role", Role)
def test_every_state_is_reached_and_left(role: Role) -> None:
    reached = {State.DISCONNECTED}
    for _ in State:
        reached |= {following for state in reached for following in TRANSITIONS[role].get(state, {}).values()}
    assert reached == set(TRANSITIONS[role])
    for state in reached - {State.DISCONNECTED}:
        assert set(TRANSITIONS[role][state].values()) - {state}, f"{state} is a dead end"


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("signal", Signal)
def test_what_the_table_leaves_out_is_not_allowed(role: Role, state: State, signal: Signal) -> None:
    assert follow(role, state, signal) == TRANSITIONS[role].get(state, {}).get(signal)


def test_only_the_client_begins_and_ends() -> None:
    begins_or_ends = {Signal.SEND_CONNECT, Signal.SEND_DISCONNECT, Signal.RECEIVE_ACCEPTANCE}
    assert not any(begins_or_ends & row.keys() for row in TRANSITIONS[Role.SERVER].values())
    answers = {Signal.RECEIVE_CONNECT, Signal.RECEIVE_DISCONNECT}
    assert not any(answers & row.keys() for row in TRANSITIONS[Role.CLIENT].values())


def test_whoever_may_be_sent_an_apdu_does_not_begin_one() -> None:
    for rows in TRANSITIONS.values():
        for state, row in rows.items():
            if {Signal.RECEIVE_LAST, Signal.RECEIVE_SEGMENT} & row.keys():
                assert Signal.SEND_FLIGHT not in row
                assert row[Signal.SEND_LAST] is state, "only what was sent before is sent again"
