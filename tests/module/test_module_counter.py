"""The counter of the module's proofs."""

import struct
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterkast.model.errors import DataError
from meterkast.module.counter import InvocationCounter


@given(st.lists(st.integers(0, 140), max_size=6))
@settings(max_examples=40)
def test_a_counter_never_repeats_after_a_crash(lives: list[int]) -> None:
    given_out: list[int] = []
    with TemporaryDirectory() as folder:
        for proofs in lives:
            counter = InvocationCounter(Path(folder) / "counter")
            given_out += [counter.next() for _ in range(proofs)]
    assert given_out == sorted(set(given_out))


def test_a_counter_that_is_spent_or_damaged(tmp_path: Path) -> None:
    file = tmp_path / "counter"
    file.write_bytes(struct.pack(">I", 2**32 - 30))
    with pytest.raises(DataError) as spent:
        InvocationCounter(file).next()
    assert spent.value.code == "module-counter-spent"
    file.write_bytes(b"?")
    with pytest.raises(DataError) as damaged:
        InvocationCounter(file)
    assert damaged.value.code == "module-counter-malformed"
