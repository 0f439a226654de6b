"""A pack verifies offline; forged, expired, reordered and truncated ones are told apart."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from case.case_world import DAY, NOW, Known, case, claim, filled, probed
from meterkast.assurance.case import pack
from meterkast.assurance.case.judgement import judge
from meterkast.assurance.case.record import Record
from meterkast.assurance.case.status import Status
from meterkast.model.errors import DataError
from meterkast.model.finding import Severity

Pack = dict[str, Any]


def made(site: Path, count: int = 4, *, proven: str = "probe:probe_0") -> Pack:
    record = filled(site, count)
    judged = judge(case(claim("goal", proven)), Known({proven: Status.PROVEN}))
    return pack.make(record, judged, dossier="test", now=NOW + DAY)


def codes(document: Pack, *, trusted: tuple[str, ...] = (), now: float = NOW + DAY) -> list[str]:
    return [each.code for each in pack.verify(document, trusted=trusted, now=now)]


def test_a_pack_of_a_known_signer_verifies(tmp_path: Path) -> None:
    document = made(tmp_path)
    assert codes(document, trusted=(document["signer"],)) == []
    assert pack.open_pack(document).claims[0]["status"] == "proven"
    assert json.loads(json.dumps(document)) == document


def test_without_a_key_from_elsewhere_a_pack_only_agrees_with_itself(tmp_path: Path) -> None:
    findings = pack.verify(made(tmp_path), now=NOW + DAY)
    assert [(each.code, each.severity) for each in findings] == [("pack-signer-unpinned", Severity.WARNING)]


def test_a_pack_that_somebody_else_made_is_refused(tmp_path: Path) -> None:
    mine, other = made(tmp_path / "mine"), made(tmp_path / "other")
    assert "pack-signer-unknown" in codes(other, trusted=(mine["signer"],))


FORGED: dict[str, tuple[Callable[[Pack], None], str]] = {
    "truncated": (lambda each: each["entries"].pop(), "pack-truncated"),
    "reordered": (lambda each: each["entries"].reverse(), "evidence-chain-broken"),
    "first left out": (lambda each: each["entries"].pop(0), "evidence-chain-broken"),
    "doubled": (lambda each: each["entries"].append(each["entries"][-1]), "evidence-chain-broken"),
    "emptied": (lambda each: each["entries"].clear(), "pack-truncated"),
    "another format": (lambda each: each.update(format="x"), "pack-malformed"),
    "no summary": (lambda each: each.pop("summary"), "pack-malformed"),
    "entry of another kind": (lambda each: each["entries"].__setitem__(0, 7), "evidence-malformed"),
    "without the clock": (lambda each: each["keys"].pop("clock"), "evidence-malformed"),
    "without the key": (lambda each: each["keys"].pop("evidence"), "evidence-key-missing"),
    "key that is none": (lambda each: each["keys"].update(evidence="x"), "evidence-key-malformed"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_pack_does_not_verify(tmp_path: Path, name: str) -> None:
    forge, code = FORGED[name]
    document = made(tmp_path)
    forge(document)
    assert code in codes(document)
    assert any(each.severity is Severity.ERROR for each in pack.verify(document, now=NOW + DAY))


def test_the_entries_of_another_pack_do_not_pass(tmp_path: Path) -> None:
    mine, other = made(tmp_path / "mine"), made(tmp_path / "other")
    mine["entries"] = other["entries"]
    assert "evidence-signature-wrong" in codes(mine)


def test_an_older_record_does_not_pass_for_the_newer(tmp_path: Path) -> None:
    older = made(tmp_path)
    Record(tmp_path).append(probed("probe_0", verdict="refuted", at=NOW + DAY), at=NOW + DAY)
    newer = made_of(Record(tmp_path))
    newer["entries"] = older["entries"]
    assert "pack-truncated" in codes(newer)


def made_of(record: Record) -> Pack:
    judged = judge(case(claim("goal", "probe:probe_0")), Known({"probe:probe_0": Status.REFUTED}))
    return pack.make(record, judged, dossier="test", now=NOW + DAY)


def test_a_summary_that_says_more_than_its_entries_is_told(tmp_path: Path) -> None:
    assert "pack-claim-unsupported" in codes(made(tmp_path, proven="probe:never-run"))


def test_expired_evidence_is_told(tmp_path: Path) -> None:
    document = made(tmp_path, 1)
    findings = pack.verify(document, trusted=(document["signer"],), now=NOW + 31 * DAY)
    assert [(each.code, each.line) for each in findings] == [("evidence-expired", 1)]


def test_a_pack_without_evidence_says_so(tmp_path: Path) -> None:
    assert "pack-empty" in codes(pack.make(Record(tmp_path), {}, dossier="test", now=NOW))


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return made(tmp_path_factory.mktemp("site"))


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_no_letter_of_the_entries_can_be_changed(genuine: Pack, data: st.DataObject) -> None:
    document = copy.deepcopy(genuine)
    holder, key = data.draw(st.sampled_from(list(_strings(document["entries"]))))
    text = holder[key]
    position = data.draw(st.integers(0, len(text) - 1))
    holder[key] = text[:position] + data.draw(st.sampled_from("Aa0")) + text[position + 1 :]
    findings = pack.verify(document, trusted=(genuine["signer"],), now=NOW + DAY)
    assert any(each.severity is Severity.ERROR for each in findings) == (holder[key] != text)


def _strings(value: Pack | list[Any]) -> Iterator[tuple[Any, Any]]:
    """Every string with the place where it stands."""
    for key, each in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(each, str):
            yield value, key
        elif isinstance(each, dict | list):
            yield from _strings(each)


def test_a_file_that_is_no_pack_is_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "pack.json"
    for text in ("{", "[]", "7"):
        path.write_text(text)
        with pytest.raises(DataError) as caught:
            pack.read(path)
        assert caught.value.code == "pack-unreadable"
