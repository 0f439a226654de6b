"""Requirements of others, and the assessments of components."""

from collections.abc import Iterable
from datetime import date

import pytest

from meterkast.assurance.dossier.record import Analysis
from meterkast.assurance.rules import Ground, Outcome, Verdict, gap_analysis, read_demands
from meterkast.assurance.rules.assessments import assessed, inputs
from meterkast.model.errors import DataError
from rules.rules_world import DAY, fact, world

DEMAND = """
[[demand]]
id = "D1"
law = "{law}"
text-nl = "twee leveranciers"
text-en = "two vendors"
rules = ["DUAL-HW"]
subjects = ["G1", "G2"]
"""


def said(subject: str, outcome: Outcome) -> Verdict:
    return Verdict.of("DUAL-HW", subject, outcome, [Ground(what="w", value="v")], "zo", "so", DAY)


@pytest.mark.parametrize(
    ("law", "second", "outcome"),
    [
        ("EW", Outcome.PASS, Outcome.PASS),
        ("EW-3.18-RULES", Outcome.PASS, Outcome.PREPARED),
        ("EW-3.18-RULES", Outcome.FAIL, Outcome.FAIL),
        ("EW", Outcome.FAIL, Outcome.FAIL),
        ("EW", None, Outcome.OPEN),
    ],
)
def test_the_gap_of_a_requirement(law: str, second: Outcome | None, outcome: Outcome) -> None:
    verdicts = [said("G1", Outcome.PASS), *([said("G2", second)] if second else [])]
    demands = read_demands(DEMAND.format(law=law), "demands.toml")
    (gap,) = gap_analysis(demands, verdicts, DAY)
    assert gap.outcome is outcome
    if not outcome.met and outcome is not Outcome.PREPARED:
        assert "G2" in gap.facts[0].what


def test_a_requirement_that_is_malformed_names_file_and_field() -> None:
    with pytest.raises(DataError) as raised:
        read_demands("[[demand]]\nid = 1\n", "demands.toml")
    assert (raised.value.where or "").startswith("demands.toml")


def one(verdicts: Iterable[Verdict]) -> Verdict:
    (verdict,) = verdicts
    return verdict


def test_an_assessment_is_signed_and_pins_its_inputs() -> None:
    made = Analysis(
        id="risk", by=("noord",), name_nl="r", name_en="r", about=("G1",), done=fact(True), inputs=("report",)
    )
    bare = world(analyses=(made,))
    assert one(assessed(world(), DAY)).outcome is Outcome.OPEN
    assert one(assessed(bare, DAY)).outcome is Outcome.OPEN
    assert one(inputs(bare, DAY)).outcome is Outcome.OPEN
    whole = world(
        analyses=(made,), facts={"signed.risk": fact(date(2026, 1, 1)), "sha256.report": fact("ab" * 32)}
    )
    assert one(assessed(whole, DAY)).outcome is Outcome.PASS
    assert one(inputs(whole, DAY)).outcome is Outcome.PASS
