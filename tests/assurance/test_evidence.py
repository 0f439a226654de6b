import json
from dataclasses import replace
from pathlib import Path

import pytest

from meterkast.assurance.claim import load_claims
from meterkast.assurance.evidence import (
    VALID_SECONDS,
    Evidence,
    EvidenceFile,
    Observation,
    status_of,
    subject_digest,
)
from meterkast.model.errors import DataError

HELD = Observation(holds=True, observed=3, detail="held")
FAILED = Observation(holds=False, observed=3, detail="failed")
BLIND = Observation(holds=False, observed=0, detail="saw nothing")

PROOF = Evidence(
    claim="module-has-no-switch",
    probe="no_switch",
    subject="abc",
    seed=1,
    started=1.0,
    finished=2.0,
    genuine=HELD,
    mutants={"relay": FAILED},
)


@pytest.mark.parametrize(
    ("evidence", "status"),
    [
        (PROOF, "proven"),
        (replace(PROOF, genuine=FAILED), "refuted"),
        (replace(PROOF, genuine=replace(HELD, observed=0)), "open"),
        (replace(PROOF, mutants={}), "open"),
        (replace(PROOF, mutants={"relay": HELD}), "open"),
        (replace(PROOF, mutants={"relay": FAILED, "other": HELD}), "open"),
        (replace(PROOF, mutants={"relay": BLIND}), "open"),
    ],
    ids=["all-caught", "refuted", "blind", "no-mutants", "survivor", "one-survivor", "blind-on-mutant"],
)
def test_only_a_probe_that_looked_and_caught_every_mutant_proves(evidence: Evidence, status: str) -> None:
    assert evidence.status == status


def test_a_proof_goes_stale_with_time_and_with_its_subject() -> None:
    assert status_of(PROOF, "abc", now=2.0 + VALID_SECONDS) == "proven"
    assert status_of(PROOF, "abc", now=3.0 + VALID_SECONDS) == "stale"
    assert status_of(PROOF, "changed", now=3.0) == "stale"
    assert status_of(replace(PROOF, genuine=FAILED), "changed", now=3.0) == "refuted"
    assert status_of(None, "abc", now=3.0) == "open"


def test_the_last_proof_of_a_claim_counts_and_all_are_kept(tmp_path: Path) -> None:
    record = EvidenceFile(tmp_path)
    assert record.latest() == {}
    record.append(PROOF)
    record.append(replace(PROOF, genuine=FAILED))
    assert record.latest() == {PROOF.claim: replace(PROOF, genuine=FAILED)}
    lines = (tmp_path / "assurance" / "evidence.jsonl").read_text().splitlines()
    assert [json.loads(line)["genuine"]["holds"] for line in lines] == [True, False]


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    record = EvidenceFile(tmp_path)
    record.append(PROOF)
    with (tmp_path / "assurance" / "evidence.jsonl").open("a") as file:
        file.write('{"claim": "x"}\n')
    with pytest.raises(DataError) as caught:
        record.latest()
    assert caught.value.code == "evidence-malformed"
    assert str(caught.value.where).endswith("evidence.jsonl:2")


def test_every_claim_has_both_languages_a_source_and_subjects_that_exist() -> None:
    claims = load_claims()
    assert len({claim.id for claim in claims}) == len(claims) >= 3
    for claim in claims:
        assert claim.nl
        assert claim.en
        assert claim.source
        assert len(subject_digest(claim)) == 64
