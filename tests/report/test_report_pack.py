"""The pack: files that are what was signed, in both languages, and signatures of all who must sign."""

import hashlib
import json
import sys
from pathlib import Path

import pytest

from meterkast.assurance.case import pack as evidence_packs
from meterkast.assurance.case.record import Record
from meterkast.assurance.case.signing import keystore_signer
from meterkast.assurance.report import pack as packs
from meterkast.assurance.report.signoff import Roster, SignOff
from meterkast.assurance.report.words import Language
from meterkast.model.errors import DataError, LocalError, TrustError
from meterkast.model.finding import Severity
from report.report_world import NOW, SECOND, prepared, prove

MINISTERS = ("minister-kgg", "minister-ez")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    prove(site, "probe:no_switch")
    return site


@pytest.fixture
def folder(site: Path, tmp_path: Path) -> Path:
    return packs.write(packs.make(prepared(site), Record(site), with_pdf=False), tmp_path / "pack")


def _roster(site: Path) -> Roster:
    return Roster(site / "roster")


def _sign(folder: Path, site: Path, role: str, *, of: str | None = None) -> SignOff:
    signer = keystore_signer(site / "keys" / (of or role), "sign-off")
    return packs.sign(folder, role, signer, _roster(site))


def _errors(folder: Path, site: Path) -> list[str]:
    findings = packs.check(packs.read(folder), [Record(site).keyring().evidence])
    return [finding.code for finding in findings if finding.severity is Severity.ERROR]


def test_a_pack_holds_both_languages_as_text_and_pdf(site: Path, tmp_path: Path) -> None:
    folder = packs.write(packs.make(prepared(site), Record(site)), tmp_path / "pack")
    for language in Language:
        assert (folder / f"answers.{language}.pdf").read_bytes().startswith(b"%PDF-1.7")
        assert len((folder / f"answers.{language}.md").read_text()) > 20_000
    manifest = json.loads((folder / "manifest.json").read_bytes())
    listed = {each["name"]: each["digest"]["sha256"] for each in manifest["subject"]}
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names == listed.keys() | {"manifest.json", "manifest.dsse.json"}
    for name, digest in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert _errors(folder, site) == []


def test_every_footnote_has_its_proof_in_the_pack(folder: Path) -> None:
    document = json.loads((folder / "answers.json").read_bytes())
    text = (folder / "answers.nl.md").read_text()
    for note in document["notes"]:
        proof = json.loads((folder / note["proof"]).read_bytes())
        assert proof["id"] == note["id"]
        assert proof["proof"]
        assert f"]({note['proof']})" in text
    assert {
        sentence["mark"]
        for answer in document["answers"]
        for section in answer["sections"]
        for sentence in section["sentences"]
    } >= {"proven", "computed", "recorded", "asserted", "open", "gap"}


def test_the_evidence_in_it_verifies_by_itself(folder: Path, site: Path) -> None:
    document = evidence_packs.read(folder / "evidence" / "record.json")
    findings = evidence_packs.verify(document, trusted=[Record(site).fingerprint()], now=NOW)
    assert [each for each in findings if each.severity is Severity.ERROR] == []


def test_the_same_site_and_hour_give_the_same_files(site: Path) -> None:
    first, second = (packs.make(prepared(site), Record(site), with_pdf=False) for _ in range(2))
    assert first.manifest == second.manifest or first.files.keys() == second.files.keys()
    assert {n: o for n, o in first.files.items() if n != "evidence/record.json"} == {
        n: o for n, o in second.files.items() if n != "evidence/record.json"
    }


def test_one_language_alone(site: Path) -> None:
    made = packs.make(prepared(site), Record(site), languages=(Language.NL,), with_pdf=False)
    assert "answers.nl.md" in made.files
    assert "answers.en.md" not in made.files


def test_without_typst_there_is_a_clear_word(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(LocalError) as caught:
        packs.make(prepared(site), Record(site))
    assert caught.value.code == "report-extra-missing"
    assert "meterkast[report]" in str(caught.value.hint)


def test_a_pack_is_a_draft_until_everybody_has_signed(folder: Path, site: Path) -> None:
    assert packs.standing(packs.read(folder), _roster(site)).missing == MINISTERS
    assert not _sign(folder, site, "minister-kgg").complete
    assert _sign(folder, site, "minister-kgg").missing == ("minister-ez",)
    assert _sign(folder, site, "minister-ez").complete
    assert packs.standing(packs.read(folder), _roster(site)).complete
    assert _errors(folder, site) == []


def test_a_zip_is_signed_as_a_folder_is(site: Path, tmp_path: Path) -> None:
    path = packs.write(packs.make(prepared(site), Record(site), with_pdf=False), tmp_path / "pack.zip")
    for role in MINISTERS:
        _sign(path, site, role)
    assert packs.standing(packs.read(path), _roster(site)).complete


def test_nobody_signs_for_another(folder: Path, site: Path) -> None:
    _sign(folder, site, "minister-kgg")
    with pytest.raises(LocalError) as caught:
        _sign(folder, site, "somebody")
    assert caught.value.code == "signatory-not-asked"
    _roster(site).admit("minister-ez", keystore_signer(site / "keys" / "minister-ez", "sign-off").public_key)
    with pytest.raises(TrustError) as foreign:
        _sign(folder, site, "minister-ez", of="minister-kgg")
    assert foreign.value.code == "signatory-key-foreign"
    assert packs.standing(packs.read(folder), _roster(site)).signed == ("minister-kgg",)


def test_a_signature_counts_by_the_roster_and_not_by_what_the_pack_says(
    folder: Path, site: Path, tmp_path: Path
) -> None:
    for role in MINISTERS:
        _sign(folder, site, role)
    assert packs.standing(packs.read(folder), Roster(tmp_path / "empty")).missing == MINISTERS


def test_a_signature_does_not_travel_to_another_pack(folder: Path, site: Path, tmp_path: Path) -> None:
    _sign(folder, site, "minister-kgg")
    other = packs.write(
        packs.make(prepared(site, dossier=SECOND), Record(site), with_pdf=False), tmp_path / "other"
    )
    borrowed = json.loads((folder / "manifest.dsse.json").read_bytes())
    own = json.loads((other / "manifest.dsse.json").read_bytes())
    (other / "manifest.dsse.json").write_text(json.dumps({**own, "signatures": borrowed["signatures"]}))
    assert _errors(other, site) == ["evidence-signature-wrong"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda pack: (pack / "answers.nl.md").write_text("Ja."), "pack-file-changed"),
        (lambda pack: (pack / "answers.en.md").unlink(), "pack-file-missing"),
        (lambda pack: (pack / "evidence" / "extra.json").write_text("{}"), "pack-file-changed"),
        (lambda pack: (pack / "manifest.json").write_text("{}"), "pack-manifest-foreign"),
        (lambda pack: (pack / "manifest.dsse.json").write_text("{}"), "evidence-envelope-malformed"),
    ],
    ids=["changed", "removed", "added", "manifest", "envelope"],
)
def test_whatever_is_changed_is_found_and_not_signed(
    folder: Path, site: Path, change: object, code: str
) -> None:
    _sign(folder, site, "minister-kgg")
    assert callable(change)
    change(folder)
    assert code in _errors(folder, site)
    with pytest.raises((TrustError, DataError)):
        packs.standing(packs.read(folder), _roster(site))
    with pytest.raises((TrustError, DataError)):
        _sign(folder, site, "minister-ez")


def test_without_a_key_to_compare_with_the_check_says_so(folder: Path) -> None:
    [finding] = packs.check(packs.read(folder))
    assert finding.code == "pack-signer-unpinned"
    assert finding.severity is Severity.WARNING


def test_a_draft_is_replaced_and_a_signed_pack_is_not(folder: Path, site: Path) -> None:
    made = packs.make(prepared(site), Record(site), with_pdf=False)
    assert packs.write(made, folder) == folder
    _sign(folder, site, "minister-kgg")
    with pytest.raises(LocalError) as caught:
        packs.write(made, folder)
    assert caught.value.code == "pack-place-taken"


def test_a_folder_of_somebody_else_is_left_alone(site: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "holiday.jpg").write_bytes(b"sun")
    with pytest.raises(LocalError):
        packs.write(packs.make(prepared(site), Record(site), with_pdf=False), tmp_path / "mine")
    assert (tmp_path / "mine" / "holiday.jpg").read_bytes() == b"sun"


@pytest.mark.parametrize("octets", [b"", b"PK\x03\x04", b"{}", b"\x00" * 64])
def test_what_is_no_pack_is_refused(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(octets)
    for path in (tmp_path / "x.zip", tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DataError) as caught:
            packs.read(path)
        assert caught.value.code == "pack-unreadable"


def test_a_signatory_is_a_name_and_no_path(site: Path) -> None:
    with pytest.raises(LocalError) as caught:
        _roster(site).key("../../etc/passwd")
    assert caught.value.code == "signatory-malformed"
