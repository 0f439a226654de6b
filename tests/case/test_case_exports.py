"""The case in other notations, checked by their own rules, and read back."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case.case_world import NOW, case, claim
from meterkast.assurance import dossier as dossiers
from meterkast.assurance.case import Standing, diagram, refresh
from meterkast.assurance.case.exports import cyclonedx, ltac, oscal
from meterkast.assurance.case.reference import Kind
from meterkast.assurance.case.sources import Sources
from meterkast.assurance.case.status import Status
from meterkast.model.errors import DataError, LocalError

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Standing:
    site = tmp_path_factory.mktemp("site")
    refresh(site)
    return Standing.at(site)


@pytest.mark.parametrize("version", ["1.6", "1.7"])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_cyclonedx_declarations_are_valid(standing: Standing, version: str, language: str) -> None:
    document = cyclonedx.write(standing, now=NOW, version=version, language=language)
    cyclonedx.check(document)
    declarations = document["declarations"]
    assert [each["bom-ref"] for each in declarations["claims"]] == [
        f"claim-{each}" for each in standing.case.claims
    ]
    attacked = next(
        each for each in declarations["claims"] if each["bom-ref"] == "claim-state-influence-weighed"
    )
    assert attacked["counterEvidence"] == ["evidence-gap:G1"]


def test_only_what_is_proven_conforms_fully(standing: Standing) -> None:
    document = cyclonedx.write(standing, now=NOW)
    maps = document["declarations"]["attestations"][0]["map"]
    scores = {each["requirement"].removeprefix("requirement-"): each["conformance"]["score"] for each in maps}
    for name, judgement in standing.judged.items():
        assert (scores[name] == 1.0) == (judgement.status is Status.PROVEN)


def test_cyclonedx_with_a_foreign_field_or_a_loose_end_is_refused(standing: Standing) -> None:
    document = cyclonedx.write(standing, now=NOW)
    with pytest.raises(DataError) as caught:
        cyclonedx.check(document | {"colour": "green"})
    assert caught.value.code == "cyclonedx-invalid"
    document["declarations"]["evidence"].pop()
    with pytest.raises(DataError) as caught:
        cyclonedx.check(document)
    assert caught.value.code == "cyclonedx-dangling"
    with pytest.raises(LocalError):
        cyclonedx.write(standing, now=NOW, version="1.5")


def test_oscal_results_are_whole_and_consistent(standing: Standing) -> None:
    """The shape was checked once against the models of compliance-trestle; what they ask stands here."""
    results = oscal.write(standing, now=NOW)["assessment-results"]
    assert {"uuid", "metadata", "import-ap", "results"} <= results.keys()
    assert {"title", "last-modified", "version", "oscal-version"} <= results["metadata"].keys()
    [result] = results["results"]
    assert {"uuid", "title", "description", "start", "reviewed-controls"} <= result.keys()
    observations = {each["uuid"]: each for each in result["observations"]}
    assert all({"description", "methods", "collected"} <= each.keys() for each in observations.values())
    assert len(observations) == len(result["observations"])
    for finding in result["findings"]:
        status = standing.judged[finding["title"]].status
        state = finding["target"]["status"]["state"]
        assert (state == "satisfied") == (status in (Status.PROVEN, Status.SEALED))
        assert all(
            each["observation-uuid"] in observations for each in finding.get("related-observations", ())
        )


@pytest.mark.parametrize("language", ["nl", "en"])
def test_ltac_comes_back_with_every_argument_and_defeater(standing: Standing, language: str) -> None:
    back = ltac.read(ltac.write(standing, language=language))
    assert back.goal == standing.case.goal
    assert set(back.claims) == set(standing.case.claims)
    for name, told in standing.case.claims.items():
        again = back.claims[name]
        assert [(each.needs, each.by) for each in again.arguments] == [
            (each.needs, each.by) for each in told.arguments
        ]
        assert [(each.by, each.effect) for each in again.defeaters] == [
            (each.by, each.effect) for each in told.defeaters
        ]
        assert again.source == told.source


def test_every_line_of_ltac_is_an_element(standing: Standing) -> None:
    element = re.compile(r"(  )*- (Claim|Strategy|Evidence|Justification|Context) \^?[^:^{}()]+(: [^(){}]+)?")
    for line in ltac.write(standing).splitlines():
        assert not line or element.fullmatch(line), line


@given(st.text(alphabet="- \nClaimEvdenc:^x∶{}()", max_size=120))
def test_any_text_is_an_outline_or_a_data_error(text: str) -> None:
    with pytest.raises(DataError):
        ltac.read(f"{text}\n- Claim end of it {{")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("- Claim a: b\n    - Evidence probe x: y", "line 2"),
        ("- Evidence probe x: y", "line 1"),
        ("- Claim a: b\n  - Evidence hunch x: y", "line 2"),
        ("- Claim a: b\n- Claim a: c", "line 2"),
        ("- Claim a: b\n  - Justification doubts gap G1: c", "line 2"),
        ("- Claim a: b\n  - Claim ^b\n    - Evidence probe x: y\n", "line 3"),
        ("Claim a: b", "line 1"),
    ],
)
def test_a_broken_outline_is_refused_with_its_line(text: str, where: str) -> None:
    with pytest.raises(DataError) as caught:
        ltac.read(text)
    assert caught.value.where == where


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_picture_says_everything_in_words(standing: Standing, language: str) -> None:
    tree = ET.fromstring(diagram.draw(standing, language=language))
    assert tree.attrib["role"] == "img"
    assert tree.find(f"{SVG}title") is not None
    assert tree.find(f"{SVG}desc") is not None
    groups = tree.findall(f"{SVG}g")
    titles = [group.findtext(f"{SVG}title") or "" for group in groups]
    for name, judgement in standing.judged.items():
        word = getattr(judgement.status.label, language)
        assert any(each.startswith(f"{word}: ") and each.endswith(f"({name})") for each in titles)
    for group in groups:
        head = group.findtext(f"{SVG}text") or ""
        assert head.split(" ", 1)[0] in {each.label.sign for each in Status}


def test_no_two_boxes_of_the_picture_overlap(standing: Standing) -> None:
    boxes = []
    for group in ET.fromstring(diagram.draw(standing)).findall(f"{SVG}g"):
        x, y = (int(each) for each in re.findall(r"\d+", group.attrib["transform"]))
        rect = group.find(f"{SVG}rect")
        assert rect is not None
        boxes.append((x, y, x + int(rect.attrib["width"]), y + int(rect.attrib["height"])))
    for number, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[number + 1 :]:
            assert other[0] >= right or other[2] <= left or other[1] >= bottom or other[3] <= top


def test_a_picture_can_begin_anywhere(standing: Standing) -> None:
    part = diagram.draw(standing, claim="vendors-independent")
    assert "gap:G16" in part
    assert "no-inadmissible-risk" not in part


def test_signs_and_words_differ_for_every_status() -> None:
    assert len({each.label.sign for each in Status}) == len(Status)
    assert len({each.label.nl for each in Status}) == len(Status)
    assert len({each.label.en for each in Status}) == len(Status)


def test_seeded_secrets_stay_out_of_every_export(tmp_path: Path, standing: Standing) -> None:
    """What is sealed has no text to leak: only its reference is exported."""
    texts = [
        ltac.write(standing),
        str(oscal.write(standing, now=NOW)),
        str(cyclonedx.write(standing, now=NOW)),
    ]
    assert any(each.kind is Kind.SEALED for one in standing.case.claims.values() for each in one.references())
    assert all("PRIVATE" not in text and str(tmp_path) not in text for text in texts)


def test_a_claim_that_two_lean_on_is_written_once_and_cited_after() -> None:
    shared = case(
        claim("goal", "claim:left", "claim:right"),
        claim("left", "claim:ground"),
        claim("right", "claim:ground"),
        claim("ground", "probe:no_switch"),
    )
    text = ltac.write(Standing(shared, Sources(shared, dossiers.load(), (), now=NOW)))
    assert text.count("- Claim ground: ") == 1
    assert text.count("- Claim ^ground") == 1
    assert ltac.read(text).below("right") == ("ground",)
