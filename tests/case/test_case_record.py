"""The record: signed, stamped, chained. What is changed, left out, moved or cut off does not go unseen."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from case.case_world import DAY, NOW, filled, probed
from meterkast.assurance.case.record import Record
from meterkast.assurance.case.signing import keystore_signer, opened, signed
from meterkast.assurance.case.statement import PAYLOAD_TYPE, Predicate, Statement
from meterkast.model.errors import DataError, LocalError, MeterkastError, TrustError


def lines(site: Path) -> list[str]:
    return (site / "assurance" / "evidence.jsonl").read_text().splitlines()


def rewrite(site: Path, change: Callable[[list[str]], list[str]]) -> None:
    path = site / "assurance" / "evidence.jsonl"
    path.write_text("".join(f"{line}\n" for line in change(lines(site))))


def test_what_is_kept_comes_back_in_order(tmp_path: Path) -> None:
    record = filled(tmp_path, 3)
    entries = record.entries()
    assert [each.number for each in entries] == [1, 2, 3]
    assert [each.at for each in entries] == [NOW, NOW + 3600, NOW + 7200]
    assert [str(each.statement.reference) for each in entries] == [
        "probe:probe_0",
        "probe:probe_1",
        "probe:probe_2",
    ]
    assert {each.signer for each in entries} == {record.fingerprint()}
    assert Record(tmp_path).entries() == entries


def test_an_empty_site_has_no_evidence_and_leaves_no_trace(tmp_path: Path) -> None:
    assert Record(tmp_path).entries() == ()
    assert not any(tmp_path.iterdir())


def test_a_line_is_an_in_toto_statement_in_dsse(tmp_path: Path) -> None:
    filled(tmp_path, 1)
    document = json.loads(lines(tmp_path)[0])
    assert document["statement"]["payloadType"] == "application/vnd.in-toto+json"
    keys = list(Record(tmp_path).keyring().signers)
    payload = json.loads(opened(document["statement"], PAYLOAD_TYPE, keys)[0])
    assert payload["_type"] == "https://in-toto.io/Statement/v1"
    assert payload["predicateType"] == Predicate.TEST
    assert payload["subject"] == [{"name": "code:module", "digest": {"sha256": "0" * 64}}]
    assert payload["predicate"]["meterkast"]["validUntil"] == NOW + 30 * DAY


def test_statements_come_back_as_they_were() -> None:
    statement = probed()
    assert Statement.decode(statement.encode()) == statement


def test_the_private_key_stays_in_its_keystore(tmp_path: Path) -> None:
    filled(tmp_path, 1)
    signer = keystore_signer(tmp_path / "assurance" / "keystore", "evidence")
    with pytest.raises(LocalError):
        signer._handle.private_numbers()
    outside = [path for path in (tmp_path / "assurance").iterdir() if path.is_file()]
    assert outside
    assert not any(b"PRIVATE" in path.read_bytes() for path in outside)


TAMPERED: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "first left out": (lambda kept: kept[1:], "evidence-chain-broken"),
    "middle left out": (lambda kept: [kept[0], *kept[2:]], "evidence-chain-broken"),
    "last left out": (lambda kept: kept[:-1], "evidence-truncated"),
    "all left out": (lambda _: [], "evidence-truncated"),
    "two swapped": (lambda kept: [kept[1], kept[0], *kept[2:]], "evidence-chain-broken"),
    "one doubled": (lambda kept: [*kept, kept[-1]], "evidence-chain-broken"),
    "not JSON": (lambda kept: [*kept[:-1], "{"], "evidence-malformed"),
    "not an entry": (lambda kept: [*kept[:-1], '{"claim": "x"}'], "evidence-malformed"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampering_is_named(tmp_path: Path, name: str) -> None:
    change, code = TAMPERED[name]
    filled(tmp_path, 4)
    rewrite(tmp_path, change)
    with pytest.raises(MeterkastError) as caught:
        Record(tmp_path).entries()
    assert caught.value.code == code
    assert "evidence.jsonl" in str(caught.value.where)


def test_a_verdict_that_is_rewritten_is_seen(tmp_path: Path) -> None:
    record = Record(tmp_path)
    record.append(probed(verdict="refuted"), at=NOW)
    document = json.loads(lines(tmp_path)[0])
    forged = signed(
        probed(verdict="proven").encode(), PAYLOAD_TYPE, keystore_signer(tmp_path / "other", "evidence")
    )
    document["statement"] = forged
    rewrite(tmp_path, lambda _: [json.dumps(document)])
    with pytest.raises(TrustError) as caught:
        record.entries()
    assert caught.value.code == "evidence-signature-wrong"


def test_a_statement_of_a_stranger_is_not_admitted(tmp_path: Path) -> None:
    stranger = keystore_signer(tmp_path / "stranger", "evidence")
    record = filled(tmp_path / "site", 1)
    with pytest.raises(TrustError):
        record.admit(signed(probed().encode(), PAYLOAD_TYPE, stranger), at=NOW)
    assert len(record.entries()) == 1


def test_the_clock_signs_time_and_no_evidence(tmp_path: Path) -> None:
    record = filled(tmp_path, 1)
    clock = keystore_signer(tmp_path / "assurance" / "keystore", "clock")
    with pytest.raises(TrustError):
        record.admit(signed(probed().encode(), PAYLOAD_TYPE, clock), at=NOW)


def test_a_head_that_lags_behind_by_a_crash_is_no_harm(tmp_path: Path) -> None:
    record = filled(tmp_path, 2)
    head = (tmp_path / "assurance" / "head.json").read_bytes()
    record.append(probed("later"), at=NOW + DAY)
    (tmp_path / "assurance" / "head.json").write_bytes(head)
    assert len(record.entries()) == 3


def test_a_record_without_its_head_is_refused(tmp_path: Path) -> None:
    record = filled(tmp_path, 2)
    (tmp_path / "assurance" / "head.json").unlink()
    with pytest.raises(TrustError) as caught:
        record.entries()
    assert caught.value.code == "evidence-truncated"


@given(gone=st.sets(st.integers(0, 5), min_size=1))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_line_can_be_taken_away(tmp_path_factory: pytest.TempPathFactory, gone: set[int]) -> None:
    site = tmp_path_factory.mktemp("site")
    record = filled(site, 6)
    rewrite(site, lambda kept: [line for number, line in enumerate(kept) if number not in gone])
    with pytest.raises(TrustError):
        record.entries()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(octets=st.binary(max_size=60) | json_values.map(lambda each: json.dumps(each).encode()))
def test_any_octets_are_a_statement_or_a_data_error(octets: bytes) -> None:
    with pytest.raises(DataError):
        Statement.decode(octets)


@given(document=json_values)
def test_any_json_is_an_envelope_or_a_data_error(document: dict[str, Any]) -> None:
    with pytest.raises((DataError, TrustError)):
        opened(document, PAYLOAD_TYPE, [])


def test_a_signature_counts_for_its_own_kind_of_payload_only(tmp_path: Path) -> None:
    signer = keystore_signer(tmp_path, "evidence")
    envelope = signed(probed().encode(), "application/vnd.meterkast.head+json", signer)
    with pytest.raises(TrustError) as caught:
        opened(envelope, PAYLOAD_TYPE, [signer.public_key])
    assert caught.value.code == "evidence-signature-wrong"
