"""Every fuzz target over its seeds and findings, and over what a few changes make of them."""

import pytest
from fuzz.campaign import fuzzed
from fuzz.seeds import seeds
from fuzz.targets import TARGETS
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_and_findings_are_replayed(name: str) -> None:
    for octets in seeds(name)[:40]:
        TARGETS[name](octets)
        for end in range(min(len(octets), 200)):
            TARGETS[name](octets[:end])


@pytest.mark.parametrize("name", TARGETS)
def test_a_short_campaign_finds_nothing(name: str) -> None:
    share = fuzzed((name, 300, 1))
    assert share.executions == 300
    assert share.findings == []
    assert share.pool >= len(seeds(name))


def test_a_campaign_finds_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def fragile(octets: bytes) -> None:
        if octets[:1] == b"\0":
            raise ValueError("zero")

    monkeypatch.setitem(TARGETS, "moment", fragile)
    share = fuzzed(("moment", 2000, 1))
    assert len(share.findings) == 5
    assert "ValueError: zero" in share.findings[0]


@pytest.mark.parametrize("name", TARGETS)
@given(octets=st.binary(max_size=200))
def test_garbage_keeps_the_invariant(name: str, octets: bytes) -> None:
    TARGETS[name](octets)
