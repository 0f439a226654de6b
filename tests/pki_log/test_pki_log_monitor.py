"""AT-37 and AT-36 from the operator's side: what the authority does behind its back is seen."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from meterkast.model.errors import DataError, LocalError, PeerError, TrustError
from meterkast.pki.holder import Holder
from meterkast.pki.log import CertificateLog, LoggedCertificate
from meterkast.pki.log.monitor import Gossip, Inventory, Notebook
from meterkast.protocols.x509 import RULES, Purpose
from pki_log.watched import FOUNDED, OPERATOR, STRANGER, TITLE, Watched, codes, key, request
from x509 import hostile


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched.build(tmp_path)


def test_an_honest_authority_raises_no_alarm(watched: Watched) -> None:
    for purpose in (Purpose.TLS, Purpose.SIG, Purpose.ENC):
        watched.enrol(purpose)
    watched.publish()
    watch = watched.look()
    assert (codes(watch), watch.entries, watch.checkpoint.size) == ([], 3, 3)
    assert watched.look().entries == 0


def test_at_37_a_second_certificate_for_an_existing_device_is_seen_and_refused(watched: Watched) -> None:
    watched.enrol()
    with pytest.raises(TrustError) as caught:  # the authority as it should be: the second one is blocked
        watched.enrol()
    assert caught.value.code == "pki-not-admitted"
    watched.publish()
    assert codes(watched.look()) == []
    forged = watched.forge(Holder.device(TITLE))  # and as it should not be
    watched.publish()
    watch = watched.look()
    assert codes(watch) == ["certificate-second-active"]
    alarm = watch.alarms[0]
    assert (alarm.new, alarm.alarm.index, alarm.alarm.holder) == (True, 1, str(TITLE))
    assert alarm.alarm.serial == f"{forged.serial_number:x}"


def test_an_alarm_stands_until_it_is_settled(watched: Watched) -> None:
    watched.forge(Holder.device(STRANGER))
    watched.publish()
    (alarm,) = watched.look().alarms
    again = watched.look()
    assert [(each.number, each.new) for each in again.alarms] == [(alarm.number, False)]
    notebook = Notebook(watched.folder / "stadsnet.sqlite")
    notebook.settle(alarm.number)
    with pytest.raises(LocalError) as caught:
        notebook.settle(alarm.number)
    assert caught.value.code == "monitor-alarm-unknown"
    notebook.close()
    assert watched.look().alarms == []


def test_a_certificate_that_is_hidden_from_the_log_is_seen_where_it_is_used(watched: Watched) -> None:
    honest = watched.enrol()
    forged = watched.forge(Holder.device(TITLE), logged=False)
    watched.publish()
    assert codes(watched.look(in_use=(honest, forged))) == []  # it may still be on its way
    watched.later(days=2)
    watched.publish()
    assert codes(watched.look(in_use=(honest, forged))) == ["certificate-not-logged"]


def test_a_device_that_nobody_expects(watched: Watched) -> None:
    watched.forge(Holder.device(STRANGER))
    watched.publish()
    assert codes(watched.look()) == ["certificate-holder-unknown"]


def test_a_device_of_ours_certified_for_another_operator(watched: Watched) -> None:
    certificate = watched.forge(Holder.device(TITLE), logged=False)
    watched.put(certificate, operator="landnet")
    watched.publish()
    assert codes(watched.look()) == ["certificate-operator-foreign"]


def test_certificates_of_others_are_none_of_our_business(watched: Watched) -> None:
    certificate = watched.forge(Holder.device(STRANGER), logged=False)
    watched.put(certificate, operator="landnet")
    watched.publish()
    watch = watched.look()
    assert (codes(watch), watch.entries) == ([], 1)
    assert codes(watched.look(viewer="landnet", operator="landnet")) == ["certificate-holder-unknown"]


def test_a_server_certificate_for_the_head_end(watched: Watched) -> None:
    watched.releases["headend.stadsnet.example"] = ()
    first = key().public_key()
    watched.authority.certify_server("headend.stadsnet.example", first, watched.now)
    watched.publish()
    assert codes(watched.look()) == []
    watched.forge(Holder.server("headend.stadsnet.example"), Purpose.TLS_SERVER)
    watched.publish()
    assert codes(watched.look()) == ["certificate-second-active"]


def test_what_the_register_does_not_have(watched: Watched) -> None:
    honest = watched.enrol()
    watched.registered = {f"{honest.serial_number:x}"}
    watched.publish()
    assert codes(watched.look()) == []
    watched.releases[str(STRANGER)] = ()
    watched.forge(Holder.device(STRANGER))
    watched.publish()
    assert codes(watched.look()) == ["certificate-not-registered"]


def self_made(holder: Holder, purpose: Purpose, days: int) -> x509.Certificate:
    """A certificate by nobody, of a life that no profile has."""
    private = ec.generate_private_key(ec.SECP256R1())
    policy = x509.PolicyInformation(RULES.profiles[purpose].policy, None)
    return (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(private.public_key())
        .not_valid_before(FOUNDED)
        .not_valid_after(FOUNDED + timedelta(days=days))
        .add_extension(x509.CertificatePolicies([policy]), critical=True)
        .add_extension(x509.SubjectAlternativeName([holder.alternative]), critical=True)
        .sign(private, hashes.SHA256())
    )


def test_a_broken_profile_and_an_unknown_issuer(watched: Watched) -> None:
    watched.put(self_made(Holder.device(TITLE), Purpose.SIG, 9000))
    watched.publish()
    assert codes(watched.look()) == ["certificate-profile-broken", "certificate-issuer-unknown"]


def test_what_is_no_certificate_at_all(watched: Watched) -> None:
    watched.house.open().append([LoggedCertificate(der=b"garbage", operator="landnet", at=0)])
    watched.publish()
    assert codes(watched.look()) == ["certificate-unreadable"]


@pytest.mark.parametrize("extensions", hostile.EXTENSIONS.values(), ids=list(hostile.EXTENSIONS))
def test_what_no_library_can_read_does_not_blind_the_monitor(
    watched: Watched, extensions: list[bytes]
) -> None:
    """It is an alarm, and what comes after it is looked at as well."""
    der = hostile.certificate(extensions, organisation=OPERATOR.encode())
    watched.house.open().append([LoggedCertificate(der=der, operator=OPERATOR, at=0)])
    watched.put(self_made(Holder.device(TITLE), Purpose.SIG, 9000))
    watched.publish()
    assert codes(watched.look()) == [
        "certificate-unreadable",
        "certificate-profile-broken",
        "certificate-issuer-unknown",
    ]


def test_renewal_and_release_are_no_second_certificate(watched: Watched) -> None:
    watched.enrol()
    watched.publish()
    life = RULES.profiles[Purpose.SIG].validity
    assert life is not None
    watched.later(days=life.days * 2 / 3 + 1)
    watched.authority.renew(request(key()), Purpose.SIG, TITLE, watched.now)
    watched.publish()
    assert codes(watched.look()) == []
    watched.forge(Holder.device(TITLE))  # the renewed one is young
    watched.publish()
    assert codes(watched.look()) == ["certificate-second-active"]
    watched.releases[str(TITLE)] = (watched.later(hours=1),)
    watched.authority.release(TITLE, watched.now)
    watched.later(hours=1)
    watched.enrol()
    watched.publish()
    assert codes(watched.look()) == ["certificate-second-active"]  # still the one from before, and no other


def test_the_same_certificate_twice_is_one(watched: Watched) -> None:
    watched.put(watched.enrol())
    watched.publish()
    assert codes(watched.look()) == []


def fork(watched: Watched) -> Path:
    """Another log by the same key, from what was there before on; gives its folder."""
    other = watched.folder / "other"
    shutil.copytree(watched.house.log_folder, other)
    return other


def test_at_36_a_log_that_shrinks_is_seen(watched: Watched) -> None:
    watched.enrol()
    watched.publish()
    earlier = fork(watched)
    watched.enrol(Purpose.TLS)
    watched.publish()
    watched.look()
    assert codes(watched.look(log=earlier)) == ["log-shrunk"]


def test_at_36_a_log_that_shrinks_and_signs_anew_is_seen(watched: Watched) -> None:
    watched.enrol()
    watched.publish()
    earlier = fork(watched)
    watched.enrol(Purpose.TLS)
    watched.publish()
    watched.look()
    CertificateLog(earlier, watched.house.identity).publish(watched.later(minutes=1))
    assert codes(watched.look(log=earlier)) == ["log-shrunk"]


def test_at_36_a_log_that_rewrites_the_past_is_seen_and_not_taken_in(watched: Watched) -> None:
    watched.enrol()
    watched.publish()
    watched.look()
    other = CertificateLog(watched.folder / "other", watched.house.identity)
    other.append([LoggedCertificate(der=bytes((each, 1)), operator="landnet", at=0) for each in range(5)])
    other.publish(watched.later(minutes=1))
    watch = watched.look(log=watched.folder / "other")
    assert (codes(watch), watch.entries) == (["log-forked"], 0)
    assert watched.look().checkpoint.size == 1  # what it knows is still the log that it knew


def test_at_36_a_log_with_two_faces_is_caught_by_gossip(watched: Watched) -> None:
    watched.enrol()
    watched.publish()
    hidden = fork(watched)
    watched.enrol(Purpose.TLS)
    watched.publish()
    assert codes(watched.look(gossip=True)) == []
    other = CertificateLog(hidden, watched.house.identity)
    other.append([LoggedCertificate(der=b"1", operator="landnet", at=0)] * 2)
    other.publish(watched.later(minutes=1))
    watch = watched.look(viewer="landnet", log=hidden, gossip=True, operator="landnet")
    assert "log-two-faced" in codes(watch)
    assert [each.alarm.holder for each in watch.alarms if each.alarm.code == "log-two-faced"] == ["stadsnet"]


def test_a_log_that_shows_less_to_one_viewer_is_caught_by_gossip(watched: Watched) -> None:
    watched.enrol()
    watched.publish()
    less = fork(watched)
    watched.enrol(Purpose.TLS)
    watched.publish()
    watched.look(gossip=True)
    assert codes(watched.look(viewer="landnet", log=less, gossip=True)) == ["log-withheld"]


def test_what_others_make_up_in_the_gossip_folder_proves_nothing(watched: Watched) -> None:
    watched.publish()
    (watched.folder / "gossip").mkdir()
    (watched.folder / "gossip" / "landnet.checkpoint").write_bytes(b"garbage")
    assert codes(watched.look(gossip=True)) == []
    with pytest.raises(LocalError) as caught:
        Gossip(watched.folder / "gossip", "../evil")
    assert caught.value.code == "gossip-name"


def test_a_log_that_falls_silent_is_seen(watched: Watched) -> None:
    watched.publish()
    assert codes(watched.look()) == []
    watched.later(days=2)
    assert codes(watched.look()) == ["log-silent"]


def test_entries_that_do_not_belong_to_the_checkpoint_leave_no_trace(watched: Watched) -> None:
    watched.enrol()
    watched.publish()
    bundle = watched.house.log_folder / "public" / "tile" / "entries" / "000.p" / "1"
    genuine = bundle.read_bytes()
    octets = LoggedCertificate.issued(b"0" * 9, operator="stadsnet", now=watched.now).encode()
    bundle.write_bytes(len(octets).to_bytes(2, "big") + octets)
    watch = watched.look()
    assert (codes(watch), watch.entries) == (["log-forked"], 0)
    bundle.write_bytes(genuine)
    assert watched.look().entries == 1


def test_a_log_that_lost_a_file_is_no_verdict(watched: Watched) -> None:
    watched.enrol()
    watched.publish()
    shutil.rmtree(watched.house.log_folder / "public" / "tile" / "entries")
    with pytest.raises(PeerError) as caught:
        watched.look()
    assert caught.value.code == "log-file-missing"


def test_an_inventory_is_a_table(tmp_path: Path) -> None:
    path = tmp_path / "inventory.csv"
    path.write_text(
        "holder,released\nMKG0000000001,\nMKG0000000002,2026-11-01T10:00:00+01:00 2027-01-01T00:00:00Z\n"
    )
    inventory = Inventory.read(path, operator="stadsnet")
    assert inventory.releases["MKG0000000001"] == ()
    assert [each.isoformat() for each in inventory.releases["MKG0000000002"]] == [
        "2026-11-01T09:00:00+00:00", "2027-01-01T00:00:00+00:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("title,released\n", "line 1"),
        ("", "line 1"),
        ("holder,released\nMKG1,yesterday\n", "line 2"),
        ("holder,released\nMKG1,2026-11-01T10:00:00\n", "line 2"),
        ("holder,released\nMKG1\n", "line 2"),
        ("holder,released\nMKG1,,3\n", "line 2"),
        ("holder,released\n,\n", "line 2"),
    ],
)
def test_a_malformed_inventory_is_named_with_its_line(tmp_path: Path, text: str, where: str) -> None:
    path = tmp_path / "inventory.csv"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        Inventory.read(path, operator="stadsnet")
    assert caught.value.code == "inventory-malformed"
    assert str(caught.value.where).endswith(where)


def test_files_that_are_something_else(tmp_path: Path) -> None:
    garbage = tmp_path / "garbage"
    garbage.write_bytes(bytes(range(256)) * 20)
    with pytest.raises(DataError) as inventory:
        Inventory.read(garbage, operator="stadsnet")
    with pytest.raises(DataError) as notebook:
        Notebook(garbage)
    assert inventory.value.code == "inventory-unreadable"
    assert notebook.value.code == "monitor-state-unreadable"
