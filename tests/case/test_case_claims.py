"""The case as its text files say it: complete, in both languages, with its quotes where they are said."""

from importlib.resources import files

import pytest

from case.case_world import claim
from meterkast.assurance import dossier as dossiers
from meterkast.assurance.case.claim import load_case, load_claims, read_case
from meterkast.assurance.case.reference import Kind
from meterkast.assurance.case.subject import subjects_of, topics_behind
from meterkast.assurance.probes import PROBES
from meterkast.model.errors import DataError

CASE = load_case()
FACTS = dossiers.load()


def test_every_claim_has_both_languages_a_source_and_subjects_that_exist() -> None:
    assert len(CASE.claims) > len(load_claims()) >= 3
    for each in CASE.claims.values():
        assert each.nl
        assert each.en
        assert each.nl != each.en
        assert each.source
        assert each.arguments
        assert all(len(digest) == 64 for digest in subjects_of(each, FACTS).values())


def test_every_claim_that_a_probe_proves_has_code_that_it_is_about() -> None:
    for each in load_claims():
        assert each.probe in PROBES
        assert each.subjects
        assert subjects_of(each, FACTS)


def test_every_claim_is_below_the_goal() -> None:
    below, todo = set[str](), [CASE.goal]
    while todo:
        name = todo.pop()
        below.add(name)
        todo += CASE.below(name)
    assert below == set(CASE.claims)


def test_every_gap_attacks_or_is_told() -> None:
    """The gaps that weigh on a promise are defeaters of its claim."""
    attackers = {str(each.by) for one in CASE.claims.values() for each in one.defeaters}
    assert {f"gap:G{number}" for number in (1, 7, 8, 9, 10, 11, 14, 15, 16)} <= attackers


def test_the_code_of_a_component_stands_for_it() -> None:
    switchless = CASE.claims["module-has-no-switch"]
    assert "parts.C1" in topics_behind(switchless, FACTS)
    assert "parts.C2" not in topics_behind(switchless, FACTS)
    assert topics_behind(claim("other", "fact:x"), FACTS) == ()


def test_no_status_stands_in_a_file() -> None:
    folder = files("meterkast.assurance") / "data" / "case" / "nl-2026Z00004"
    for name in ("case.toml", "mission.toml"):
        assert "status =" not in (folder / name).read_text(encoding="utf-8")


GOOD = """
[[claim]]
id = "goal"
nl = "doel"
en = "goal"
source = "S9:1"
[[claim.argument]]
needs = "any-of"
by = ["fact:x", "claim:module-has-no-switch"]
"""


def test_a_case_of_ones_own_leans_on_what_probes_prove() -> None:
    case = read_case(GOOD, "own.toml")
    assert case.goal == "goal"
    assert case.below("goal") == ("module-has-no-switch",)
    assert [each.kind for each in case.claims["goal"].references()] == [Kind.FACT, Kind.CLAIM]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("[[claim]]", "[[clam]]"), "case-malformed"),
        (("[[claim]]", "[[claim]"), "case-malformed"),
        (('nl = "doel"', ""), "case-malformed"),
        (('nl = "doel"', 'nl = "doel"\nstatus = "proven"'), "case-malformed"),
        (('needs = "any-of"', 'needs = "most-of"'), "case-malformed"),
        (('"fact:x"', '"fact x"'), "reference-malformed"),
        (('"fact:x"', '"hunch:x"'), "reference-malformed"),
        (("module-has-no-switch", "module-is-made-of-gold"), "claim-unknown"),
        (("claim:module-has-no-switch", "claim:goal"), "claims-circular"),
        (('id = "goal"', 'id = "module-has-no-switch"'), "claim-twice"),
        (('source = "S9:1"', f'source = "S9:1"\nquote = "{"woord " * 21}"'), "case-malformed"),
        (
            (
                'source = "S9:1"',
                'source = "S9:1"\ndefeater = [{by="claim:goal", effect="rebuts", nl="n", en="e"}]',
            ),
            "case-malformed",
        ),
    ],
)
def test_a_broken_case_is_refused_by_name(change: tuple[str, str], code: str) -> None:
    assert change[0] in GOOD
    with pytest.raises(DataError) as caught:
        read_case(GOOD.replace(*change), "own.toml")
    assert caught.value.code == code
    assert caught.value.where
