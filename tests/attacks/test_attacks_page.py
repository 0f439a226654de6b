"""The page of attacks is complete, and says of no test what it does not show."""

import re

import pytest

from attacks.attack_index import index
from docs.pages import DOCS, text

IDS = [f"AT-{number:02}" for number in range(1, 51)]
_ROW = re.compile(r"^\| (AT-\d\d) \|(?:[^|]*\|){2} (.*) \|$", re.MULTILINE)
_FILE = re.compile(r"`(tests/\S+?\.py)`")
_REASON = 15
"""Characters that a reason has at least."""

SHOWN = dict(_ROW.findall(text(DOCS / "reference" / "attacks.md")))
CARRIED = index()


def test_every_case_has_one_row() -> None:
    assert list(SHOWN) == IDS


@pytest.mark.parametrize("case", IDS)
def test_a_row_names_tests_that_carry_its_id_or_is_open_with_a_reason(case: str) -> None:
    shown = SHOWN[case]
    if shown.startswith("open: "):
        assert len(shown.removeprefix("open: ")) > _REASON
        assert CARRIED.get(case, set()) == set(), "there are tests by now: name them"
    else:
        named = set(_FILE.findall(shown))
        assert named
        assert named <= CARRIED[case]
