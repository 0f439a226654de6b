"""Audits whose report stays closed."""

import json
from pathlib import Path
from typing import Any

import pytest

from case.case_world import DAY, NOW, case, claim, probed
from meterkast.assurance import dossier as dossiers
from meterkast.assurance.case import pack
from meterkast.assurance.case.judgement import judge
from meterkast.assurance.case.record import Record
from meterkast.assurance.case.reference import Outcome, Reference
from meterkast.assurance.case.sealed import Audit, is_report, seal
from meterkast.assurance.case.signing import keystore_signer, signed
from meterkast.assurance.case.sources import Sources
from meterkast.assurance.case.statement import PAYLOAD_TYPE
from meterkast.assurance.case.status import Status
from meterkast.model.errors import LocalError, TrustError
from meterkast.outside.entropy import system_entropy

SECRET = b"finding 7: the door of hall K is never locked; supplier code word TULPENBOL"


def audit(**changes: object) -> Audit:
    fields: dict[str, Any] = {
        "id": "module-audit",
        "scope": "production of the measurement module",
        "frequency": "yearly",
        "party": "Keurmeester BV",
        "findings": 1,
        "passed": True,
        "done_at": NOW,
        "next_due": NOW + 365 * DAY,
        "valid_until": NOW + 500 * DAY,
    }
    return Audit(**(fields | changes))


def admitted(site: Path, **changes: object) -> tuple[Record, bytes]:
    record, auditor = Record(site), keystore_signer(site / "auditor", "sig")
    record.accept_key(auditor.public_key, "keurmeester")
    envelope, blind = seal(audit(**changes), SECRET, auditor, system_entropy)
    record.admit(envelope, at=NOW)
    return record, blind


def status_at(record: Record, now: float) -> Status:
    argumentation = case(claim("goal", "sealed:module-audit"))
    sources = Sources(argumentation, dossiers.load(), record.entries(), now=now)
    return judge(argumentation, sources)["goal"].status


def test_everybody_sees_verdict_signer_scope_and_date_and_nothing_else(tmp_path: Path) -> None:
    record, blind = admitted(tmp_path)
    judged = judge(case(claim("goal", "sealed:module-audit")), lambda each: _resolved(record, each))
    document = pack.make(record, judged, dossier="test", now=NOW)
    assert not any(each.severity == "error" for each in pack.verify(document, now=NOW))
    entry = pack.open_pack(document).entries[0]
    assert record.keyring().holder(entry.signer) == "keurmeester"
    assert entry.statement.verdict == "PASSED"
    assert entry.statement.own["scope"] == "production of the measurement module"
    assert entry.statement.finished == NOW
    written = json.dumps(document).encode() + entry.statement.encode()
    for secret in (b"TULPENBOL", b"hall K", blind.hex().encode()):
        assert secret not in written


def _resolved(record: Record, reference: Reference) -> Outcome:
    return Sources(case(claim("goal")), dossiers.load(), record.entries(), now=NOW)(reference)


def test_whoever_may_see_the_report_can_check_that_it_is_the_one(tmp_path: Path) -> None:
    record, blind = admitted(tmp_path)
    statement = record.entries()[0].statement
    assert is_report(statement, SECRET, blind)
    assert not is_report(statement, SECRET + b".", blind)
    assert not is_report(statement, SECRET, bytes(32))


def test_an_overdue_audit_asks_for_attention(tmp_path: Path) -> None:
    record, _ = admitted(tmp_path)
    assert status_at(record, NOW + DAY) is Status.SEALED
    assert status_at(record, NOW + 366 * DAY) is Status.ATTENTION
    assert status_at(record, NOW + 501 * DAY) is Status.STALE


def test_a_failed_audit_refutes(tmp_path: Path) -> None:
    record, _ = admitted(tmp_path, passed=False)
    assert status_at(record, NOW + DAY) is Status.REFUTED


def test_without_a_verdict_there_is_nothing(tmp_path: Path) -> None:
    assert status_at(Record(tmp_path), NOW) is Status.OPEN


def test_an_auditor_whom_nobody_knows_is_not_believed(tmp_path: Path) -> None:
    record = Record(tmp_path)
    envelope, _ = seal(audit(), SECRET, keystore_signer(tmp_path / "stranger", "sig"), system_entropy)
    with pytest.raises(TrustError):
        record.admit(envelope, at=NOW)


def test_an_auditor_signs_audits_and_no_probes(tmp_path: Path) -> None:
    record, _ = admitted(tmp_path)
    auditor = keystore_signer(tmp_path / "auditor", "sig")
    with pytest.raises(TrustError) as caught:
        record.admit(signed(probed().encode(), PAYLOAD_TYPE, auditor), at=NOW)
    assert caught.value.code == "evidence-signer-foreign"


@pytest.mark.parametrize("field", ["scope", "frequency", "party", "id"])
def test_an_audit_without_its_fields_is_none(field: str) -> None:
    with pytest.raises(LocalError) as caught:
        audit(**{field: " "})
    assert caught.value.where == field
