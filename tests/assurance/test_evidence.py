from dataclasses import replace

import pytest

from meterkast.assurance.evidence import Observation, verdict

HELD = Observation(holds=True, observed=3, detail="held")
FAILED = Observation(holds=False, observed=3, detail="failed")
BLIND = Observation(holds=False, observed=0, detail="saw nothing")


@pytest.mark.parametrize(
    ("genuine", "mutants", "expected"),
    [
        (HELD, {"relay": FAILED}, "proven"),
        (FAILED, {"relay": FAILED}, "refuted"),
        (replace(HELD, observed=0), {"relay": FAILED}, "open"),
        (HELD, {}, "open"),
        (HELD, {"relay": HELD}, "open"),
        (HELD, {"relay": FAILED, "other": HELD}, "open"),
        (HELD, {"relay": BLIND}, "open"),
    ],
    ids=["all-caught", "refuted", "blind", "no-mutants", "survivor", "one-survivor", "blind-on-mutant"],
)
def test_only_a_probe_that_looked_and_caught_every_mutant_proves(
    genuine: Observation, mutants: dict[str, Observation], expected: str
) -> None:
    assert verdict(genuine, mutants) == expected
