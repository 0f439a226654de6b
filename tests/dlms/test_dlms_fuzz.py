"""Every fuzz target over its corpus, and over what a few changes make of it: the invariant of each holds."""

from pathlib import Path

import pytest
from fuzz.seeds import seeds
from fuzz.targets import TARGETS
from hypothesis import given
from hypothesis import strategies as st

CORPUS = Path(__file__).resolve().parents[2] / "fuzz" / "corpus"


def inputs(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_is_replayed(name: str) -> None:
    assert inputs(name)
    for octets in inputs(name):
        TARGETS[name](octets)
        for end in range(len(octets)):
            TARGETS[name](octets[:end])


def test_every_target_has_its_seeds() -> None:
    assert seeds().keys() == TARGETS.keys()


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
def test_changed_inputs_keep_the_invariant(name: str, data: st.DataObject) -> None:
    octets = bytearray(data.draw(st.sampled_from(inputs(name))))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    TARGETS[name](bytes(octets))


@pytest.mark.parametrize("name", TARGETS)
@given(octets=st.binary(max_size=200))
def test_garbage_keeps_the_invariant(name: str, octets: bytes) -> None:
    TARGETS[name](octets)
