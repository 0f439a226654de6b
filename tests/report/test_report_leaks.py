"""Confidential fields never leave: secrets are planted, and every octet of every export is searched."""

import base64
import contextlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from meterkast.assurance.case.record import Record
from meterkast.assurance.case.statement import Disclosure
from meterkast.assurance.report import pack as packs
from meterkast.assurance.report.disclosure import Audience, Guarded, Sentinel, revealed
from meterkast.assurance.report.pdf import source
from meterkast.assurance.report.preparing import prepare
from meterkast.assurance.report.words import Language, Words
from meterkast.model.errors import TrustError
from report.report_world import NOW, PACKAGED, SECOND, edited, prepared, prove

BIDDER, SERVICE, PROBE = "Geheimkrediet NV", "SLUIPROUTE-VIA-ZEKERINGKAST", "KOPER-DRAAD-ACHTER-KLEM-4"
SECRETS = (BIDDER, SERVICE, PROBE)


def _layers(octets: bytes) -> Iterator[bytes]:
    """The octets, and what is packed, escaped or encoded in them."""
    yield octets
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", octets, re.DOTALL):
        try:
            yield zlib.decompress(stream)
        except zlib.error:
            continue
    for run in re.findall(rb"[A-Za-z0-9+/=]{24,}", octets):
        try:
            yield base64.b64decode(run, validate=True)
        except ValueError:
            continue
    with contextlib.suppress(ValueError):
        yield json.dumps(json.loads(octets), ensure_ascii=False).encode()


def _leaks(folder: Path) -> list[str]:
    found = []
    for path in folder.rglob("*"):
        for layer in _layers(path.read_bytes()) if path.is_file() else ():
            found += [f"{path.name}: {secret}" for secret in SECRETS if secret.encode() in layer]
    return found


@pytest.fixture
def site(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    prove(site, "probe:no_switch", disclosure=Disclosure.SUPERVISOR, detail=PROBE)
    return site


def test_the_secrets_are_really_in_what_the_report_is_made_of(site: Path) -> None:
    said = (SECOND / "procedures.toml").read_text() + (SECOND / "records.toml").read_text()
    assert BIDDER in said
    assert SERVICE in said
    assert any(PROBE in str(entry.statement.own) for entry in Record(site).entries())


@pytest.mark.parametrize("dossier", [None, SECOND], ids=["packaged", "second"])
def test_no_secret_is_in_any_file_of_a_public_pack(site: Path, tmp_path: Path, dossier: Path | None) -> None:
    ready = prepared(site, dossier=dossier)
    made = packs.make(ready, Record(site))
    folder = packs.write(made, tmp_path / "pack")
    archive = packs.write(made, tmp_path / "pack.zip")
    assert _leaks(folder) == []
    with zipfile.ZipFile(archive) as zipped:
        zipped.extractall(tmp_path / "unzipped")
    assert _leaks(tmp_path / "unzipped") == []
    for language in Language:
        assert not [secret for secret in SECRETS if secret in source(ready.report, language)]
    assert not [secret for secret in SECRETS if secret in repr(ready)]


def test_a_record_that_holds_confidential_evidence_stays_at_home(site: Path) -> None:
    assert prepared(site).evidence is None
    supervisor = prepare(site, now=NOW, audience=Audience.SUPERVISOR)
    assert supervisor.evidence is not None


def test_a_sealed_proof_shows_verdict_signer_and_date(site: Path) -> None:
    note = prepared(site).report.note("claim:module-has-no-switch")
    assert note is not None
    [evidence] = note.to_dict(Audience.PUBLIC)["proof"]["evidence"]
    assert evidence["verdict"] == "proven"
    assert evidence["signer"]
    assert evidence["date"]
    assert PROBE not in json.dumps(evidence)
    assert PROBE in json.dumps(note.to_dict(Audience.SUPERVISOR))


def test_each_circle_reads_what_is_for_it_and_no_more(site: Path) -> None:
    def said(audience: Audience) -> str:
        return source(prepare(site, now=NOW, dossier=SECOND, audience=audience).report, Language.NL)

    assert SERVICE not in said(Audience.PARLIAMENT)
    assert SERVICE in said(Audience.SUPERVISOR)
    assert BIDDER not in said(Audience.SUPERVISOR)
    assert BIDDER in said(Audience.SEALED)


def test_a_secret_that_stands_in_a_public_field_stops_the_pack(tmp_path: Path) -> None:
    folder = edited(tmp_path / "d", "statements.toml", "Alles komt van", f"{BIDDER} viel af;", dossier=SECOND)
    with pytest.raises(TrustError) as caught:
        packs.make(prepared(tmp_path, dossier=folder), Record(tmp_path), with_pdf=False)
    assert caught.value.code == "report-would-leak"
    assert BIDDER not in str(caught.value.to_dict())


def test_a_confidential_conclusion_of_the_packaged_kind_is_kept_back(tmp_path: Path) -> None:
    folder = edited(
        tmp_path / "d",
        "records.toml",
        'conclusions = { value = "measures with which there is no inadmissible risk", ref = "S3:75", '
        'quote = "maatregelen toegepast waarmee er geen ontoelaatbaar risico is" }',
        f'conclusions = {{ value = "{SERVICE}", ref = "S3:75" }}',
        dossier=PACKAGED,
    )
    ready = prepared(tmp_path, dossier=folder)
    assert SERVICE not in source(ready.report, Language.EN)
    assert "[confidential]" in source(ready.report, Language.EN)


@pytest.mark.parametrize(
    "octets",
    [b"a top secret b", b"a top\\_secret".replace(b"_", b" "), b"top  \n secret", b"top&#32;secret"],
    ids=["plain", "escaped", "wrapped", "html"],
)
def test_the_sentinel_sees_through_escapes_and_spaces(octets: bytes) -> None:
    sentinel = Sentinel([Guarded(Words.same("top secret"))], Audience.PUBLIC)
    with pytest.raises(TrustError):
        sentinel.pass_on("x", octets)
    assert sentinel.pass_on("x", b"top of the bill") == b"top of the bill"
    assert Sentinel([Guarded(Words.same("top secret"))], Audience.SEALED).pass_on("x", octets) == octets


def test_a_guarded_value_has_no_text_of_its_own() -> None:
    guarded = Guarded(Words.same(BIDDER), Audience.SUPERVISOR)
    assert BIDDER not in f"{guarded} {guarded!r} {[guarded]}"
    assert revealed({"a": [guarded]}, Audience.PUBLIC) == {
        "a": [{"nl": "[vertrouwelijk]", "en": "[confidential]"}]
    }
    assert revealed({"a": (guarded,)}, Audience.SEALED) == {"a": [{"nl": BIDDER, "en": BIDDER}]}
