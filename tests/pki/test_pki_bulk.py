"""Many gateways in one go: batches that count as a whole, runs that go on, refusals that hold up nobody."""

import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from meterkast.console.cli.app import app
from meterkast.model.errors import DataError, UnreachableError
from meterkast.model.identity import SystemTitle
from meterkast.outside.trust import TrustFolder
from meterkast.pki import Authority, IssuedCertificate
from meterkast.pki.authority import Witness
from meterkast.pki.bulk import InventedGateways, RequestFolder, Tally, issue_to
from meterkast.pki.census import counting
from meterkast.pki.log import open_log
from meterkast.protocols.x509 import Purpose, validate
from pki.world import OTHER, TITLE, World
from x509 import hostile

PURPOSES = (Purpose.TLS, Purpose.SIG, Purpose.ENC)


def csr(encoding: Encoding = Encoding.DER, curve: ec.EllipticCurve | None = None) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    request = builder.sign(ec.generate_private_key(curve or ec.SECP256R1()), hashes.SHA256())
    return request.public_bytes(encoding)


def handed_in(folder: Path, *titles: SystemTitle) -> Path:
    folder.mkdir()
    for title in titles:
        for purpose in PURPOSES:
            (folder / f"{title}.{purpose}.csr").write_bytes(csr())
    return folder


def run(
    gateways: RequestFolder | InventedGateways,
    authority: Authority,
    *,
    batch: int = 2,
    publish: Callable[[], object] = lambda: None,
) -> Tally:
    return issue_to(gateways, authority, publish=publish, clock=lambda: datetime.now(UTC), batch=batch)


def watched(world: World, witness: Witness) -> Authority:
    return Authority(world.folder / "pki", world.trust, witness=witness)


def typed(*words: object) -> tuple[int, Any]:
    done = CliRunner().invoke(app, ["pki", "issue", *(str(word) for word in words), "--json", "--quiet"])
    return done.exit_code, json.loads(done.stdout)


def test_what_comes_out_is_believed(world: World, tmp_path: Path) -> None:
    gateways = RequestFolder(handed_in(tmp_path / "in", TITLE, OTHER), tmp_path / "out")
    tally = run(gateways, world.site.authority)
    assert (tally.gateways, tally.certificates, tally.skipped, tally.refused) == (2, 6, 0, {})
    for title in (TITLE, OTHER):
        for purpose in PURPOSES:
            leaf = x509.load_pem_x509_certificate(
                (tmp_path / "out" / f"{title}.{purpose}.crt.pem").read_bytes()
            )
            trust, now = world.trust, datetime.now(UTC)
            found = validate(leaf, trust.intermediates(), trust.anchors(), trust.crls(), now, purpose)
            assert found.title == title


def test_a_run_that_was_ended_goes_on(world: World) -> None:
    """The second of three batches fails as a whole; the next run does what is left, and nothing twice."""
    seen: list[int] = []

    def witness(issued: Sequence[IssuedCertificate]) -> None:
        if len(seen) == 1:
            seen.append(0)
            raise UnreachableError("log-unwritable", "The disk is full.")
        seen.append(len(issued))

    authority = watched(world, witness)
    with pytest.raises(UnreachableError):
        run(InventedGateways(5), authority)
    with counting(world.folder / "pki" / "register.sqlite") as census:
        assert sum(row.count for row in census.fleet(world.now)) == 6
    tally = run(InventedGateways(5), authority)
    assert (tally.gateways, tally.skipped, tally.certificates) == (5, 2, 9)
    assert seen == [6, 0, 6, 3]
    assert run(InventedGateways(5), authority).certificates == 0


def test_an_answer_that_was_lost_is_the_same_again(world: World, tmp_path: Path) -> None:
    folder, out = handed_in(tmp_path / "in", TITLE), tmp_path / "out"
    run(RequestFolder(folder, out), world.site.authority)
    path = out / f"{TITLE}.sig.crt.pem"
    before = path.read_bytes()
    path.unlink()
    tally = run(RequestFolder(folder, out), world.site.authority)
    assert (tally.certificates, path.read_bytes()) == (1, before)
    assert run(RequestFolder(folder, out), world.site.authority).skipped == 1


def test_it_is_public_after_every_batch(world: World) -> None:
    told: list[str] = []
    authority = watched(world, lambda issued: told.append(f"seen {len(issued)}"))
    run(InventedGateways(3), authority, publish=lambda: told.append("public"))
    assert told == ["seen 6", "public", "seen 3", "public"]


def test_who_is_refused_holds_up_nobody(world: World, tmp_path: Path) -> None:
    folder = handed_in(tmp_path / "in", TITLE, OTHER)
    (folder / f"{TITLE}.tls.csr").write_bytes(csr(curve=ec.SECP384R1()))
    (folder / f"{TITLE}.enc.csr").write_text("-----BEGIN CERTIFICATE REQUEST-----\nnone\n")
    (folder / f"{OTHER}.sig.csr").write_bytes(csr(Encoding.PEM))
    tally = run(RequestFolder(folder, tmp_path / "out"), world.site.authority)
    assert tally.certificates == 4
    assert tally.refused == {"pki-request-key": 1, "pki-request-malformed": 1}
    assert set(tally.examples) == {
        (str(TITLE), "tls", "pki-request-key"),
        (str(TITLE), "enc", "pki-request-malformed"),
    }


def test_what_another_operator_expects_stays_its_own(world: World, tmp_path: Path) -> None:
    enexis = world.site.admit("Enexis", world.now)
    enexis.expect(OTHER)
    gateways = RequestFolder(handed_in(tmp_path / "in", TITLE, OTHER), tmp_path / "out")
    tally = run(gateways, world.site.authority)
    assert (tally.certificates, tally.refused) == (3, {"pki-not-admitted": 3})
    assert [each.subject for each in enexis.events()] == [str(OTHER)]
    assert world.site.authority.devices() == [(str(TITLE), "Alliander")]


def test_a_request_of_nobody_stops_it_before_anything_is_issued(world: World, tmp_path: Path) -> None:
    folder = handed_in(tmp_path / "in", TITLE)
    (folder / "MKG0000000002.birth.csr").write_bytes(csr())
    with pytest.raises(DataError) as caught:
        RequestFolder(folder, tmp_path / "out")
    assert caught.value.code == "bulk-request-name"
    (tmp_path / "text").write_text("no archive")
    with pytest.raises(DataError) as caught:
        RequestFolder(tmp_path / "text", tmp_path / "out")
    assert caught.value.code == "bulk-requests-unreadable"


def test_as_it_is_typed(world: World, tmp_path: Path) -> None:
    """From an archive, into the log of the site."""
    folder = handed_in(tmp_path / "in", TITLE)
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)
    site = world.folder
    log = open_log(site / "pki", TrustFolder(site / "trust"))
    before = log.size
    place = ("--requests", tmp_path / "in.zip", "--out", tmp_path / "out", "--site", site)
    code, answer = typed(*place)
    assert (code, answer["certificates"]) == (0, 3)
    head = log.checkpoint()
    assert head is not None
    assert head.size == before + 3
    code, answer = typed("--load-test", 2, "--site", site)
    assert (code, answer["certificates"], answer["gateways"]) == (0, 6, 2)
    for words in ((), ("--load-test", 2, "--out", tmp_path), ("--out", tmp_path)):
        code, answer = typed(*words, "--site", site)
        assert (code, answer["error"]["code"]) == (2, "bulk-gateways-unsaid")


def test_requests_that_no_library_can_read_hold_up_nobody(world: World, tmp_path: Path) -> None:
    folder = handed_in(tmp_path / "in", *(SystemTitle.of("MKG", 100 + n) for n in range(20)))
    files = sorted(folder.iterdir())
    for file, extensions in zip(files, hostile.EXTENSIONS.values(), strict=False):
        file.write_bytes(hostile.request(extensions))
    files[-1].write_bytes(hostile.request([], version=1))
    files[-2].write_bytes(b"-----BEGIN CERTIFICATE REQUEST-----\n")
    tally = run(RequestFolder(folder, tmp_path / "out"), world.site.authority)
    bad = len(hostile.EXTENSIONS) + 2
    assert (tally.certificates, tally.refused) == (60 - bad, {"pki-request-malformed": bad})
