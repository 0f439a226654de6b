"""A root day from its requests to the PKI that has taken it over: what is wanted is done, and believed."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from ceremony.house import NOW, House, founded
from keystore.softhsm import needs_softhsm
from meterkast.gateway.anchors import replace_anchors
from meterkast.gateway.enrol import enrol
from meterkast.model.errors import LocalError, TrustError
from meterkast.outside.trust import TrustFolder
from meterkast.pki import PKI_NAME, PkiService, PkiSettings, Site
from meterkast.pki.ceremony import read_outcome, verify
from meterkast.pki.root import links_in
from meterkast.pki.tenants import tenant_trust
from meterkast.protocols.x509 import Purpose
from meterkast.protocols.x509.list_place import list_number
from pki.world import TITLE

pytestmark = needs_softhsm


@pytest.fixture
def house(tmp_path: Path) -> House:
    return founded(tmp_path)


def refusal(house: House, chain: list[x509.Certificate], trust: TrustFolder | None = None) -> str:
    with pytest.raises(TrustError) as caught:
        house.believes(chain, trust)
    return caught.value.code


def openssl(house: House, chain: list[x509.Certificate], folder: Path) -> subprocess.CompletedProcess[str]:
    """What ``openssl verify`` says with our trust folder and every list."""
    folder.mkdir(exist_ok=True)
    (folder / "leaf.pem").write_bytes(chain[0].public_bytes(Encoding.PEM))
    (folder / "chain.pem").write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in chain[1:]))
    lists = b"".join(path.read_bytes() for path in house.trust.crl_files())
    (folder / "lists.pem").write_bytes(lists)
    anchors = str(house.trust.path / "anchors.pem")
    command = [
        "openssl", "verify", "-crl_check_all", "-extended_crl", "-CAfile", anchors,
        "-CRLfile", "lists.pem", "-untrusted", "chain.pem", "leaf.pem",
    ]  # fmt: skip
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=30, check=False)


def test_new_authorities_issue_and_the_old_ones_are_still_believed(house: House) -> None:
    _, old = house.enrolled(house.authority())
    lists = read_outcome(house.last).lists["root"]
    end = (NOW + timedelta(days=6 * 365)).date()
    requests = house.ask("--authority", "device", "--lists-until", end)
    before = house.last
    day = house.hold(requests)
    assert [
        each.code
        for each in verify(day / "transcript.jsonl", outputs=day / "out", before=before / "transcript.jsonl")
    ] == []

    answer = house.adopt(day)
    assert answer["authorities"] == [{"operator": "stadsnet", "name": "device-g2"}]
    assert (answer["roots"], answer["revoked"]) == (1, [])
    assert answer["lists_until"] >= end.isoformat()
    _, new = house.enrolled(house.authority())
    assert new[1] == read_outcome(day).authorities[next(iter(read_outcome(day).authorities))]
    assert new[1] != old[1]
    assert house.believes(new)
    assert house.believes(old)
    assert house.typed("status")[1]["overdue"] == []
    out = house.trust.crl("root")
    assert list_number(out) > max(list_number(each) for each in lists)  # those signed ahead among them
    later = NOW + timedelta(days=5 * 365)  # long after the first ceremony's lists have ended
    house.authority().publish(later)
    then = house.trust.crl("root")
    assert then is not None
    assert then.next_update_utc is not None
    assert then.last_update_utc <= later < then.next_update_utc


def test_a_gateway_enrols_over_the_wire_below_the_new_authority(house: House) -> None:
    house.adopt(house.hold(house.ask()))
    service = PkiService(PkiSettings(folder=house.site / "pki", trust=house.trust.path))
    service.start()
    try:
        keystore = Site(house.site, operator="stadsnet").equip(TITLE, NOW)
        address = {"est_host": "127.0.0.1", "est_port": service.port, "server_name": PKI_NAME}
        enrol(keystore, trust=house.trust, title=TITLE, **address)  # type: ignore[arg-type]
    finally:
        service.stop()
    chain = keystore.certificate(Purpose.SIG)
    assert house.believes(chain)
    assert chain[1].subject.rfc4514_string() == "CN=Meterkast device-g2 authority,O=stadsnet"


def test_a_revoked_authority_is_believed_by_nobody(house: House, tmp_path: Path) -> None:
    _, old = house.enrolled(house.authority())
    assert house.believes(old)
    assert openssl(house, old, tmp_path / "before").returncode == 0
    house.adopt(house.hold(house.ask("--revoke", "device", "--authority", "device")))

    assert refusal(house, old) == "certificate-revoked"
    said = openssl(house, old, tmp_path / "after")
    assert said.returncode != 0
    assert "certificate revoked" in said.stderr
    assert old[1] not in house.trust.intermediates()
    _, new = house.enrolled(house.authority())
    assert house.believes(new)
    assert openssl(house, new, tmp_path / "new").returncode == 0

    for days in range(0, 1300, 100):  # what was signed ahead in the first ceremony never comes back
        house.authority().publish(NOW + timedelta(days=days))
        out = house.trust.crl("root")
        assert out is not None
        assert out.get_revoked_certificate_by_serial_number(old[1].serial_number) is not None


def test_what_was_revoked_stays_on_the_lists_of_every_later_day(house: House) -> None:
    _, old = house.enrolled(house.authority())
    house.adopt(house.hold(house.ask("--revoke", "device", "--authority", "device")))
    answer = house.adopt(house.hold(house.ask("--authority", "update")))
    assert answer["revoked"] == [f"{old[1].serial_number:x}"]
    assert refusal(house, old) == "certificate-revoked"


def test_an_authority_that_is_revoked_issues_no_more_from_that_moment(house: House) -> None:
    running = house.authority()
    house.enrolled(running)
    house.adopt(house.hold(house.ask("--revoke", "device")))
    for authority in (running, house.authority()):
        with pytest.raises(LocalError) as caught:
            house.enrolled(authority)
        assert caught.value.code == "pki-authority-revoked"


def test_another_operator_is_admitted(house: House) -> None:
    answer = house.adopt(house.hold(house.ask("--operator", "Enexis B.V.")))
    assert [each["operator"] for each in answer["authorities"]] == ["Enexis B.V."] * 4
    trust = tenant_trust(house.site / "pki", "enexis-b-v")
    title, chain = house.enrolled(house.authority("Enexis B.V.", trust))
    assert house.believes(chain, trust)
    assert chain[1] not in house.trust.intermediates()
    assert house.typed("status", "--operator", "Enexis B.V.")[1]["overdue"] == []
    address = chain[0].extensions.get_extension_for_class(x509.CRLDistributionPoints).value[0].full_name
    assert address is not None
    assert "/enexis-b-v/" in address[0].value
    assert title

    house.adopt(
        house.hold(house.ask("--operator", "Enexis B.V.", "--revoke", "device", "--authority", "device"))
    )
    assert refusal(house, chain, trust) == "certificate-revoked"
    _, new = house.enrolled(house.authority("Enexis B.V.", trust))
    assert house.believes(new, trust)


def test_the_next_root_is_reached_from_the_old_one_which_then_retires(house: House, tmp_path: Path) -> None:
    _, old = house.enrolled(house.authority())
    own = TrustFolder(tmp_path / "own")  # a gateway's own copy
    own.publish("anchors.pem", house.trust.anchors())
    own.publish("chain.pem", house.trust.intermediates())
    assert house.adopt(house.hold(house.ask("--next-root")))["roots"] == 2
    first, second = house.trust.anchors()
    assert own.anchors() == [first]
    _, new = house.enrolled(house.authority())
    new[1].verify_directly_issued_by(second)
    assert house.believes(old)
    assert house.believes(new)

    offer = [*house.trust.anchors(), *links_in(house.trust), *house.trust.intermediates()]
    assert replace_anchors(own, offer, NOW)
    assert own.anchors() == [first, second]
    assert house.typed("status")[1]["overdue"] == []

    assert house.typed("retire", "--newest", 1) == (0, {"roots": 1})
    assert house.trust.anchors() == [second]
    assert refusal(house, old) == "certificate-untrusted"
    assert house.believes(new)

    house.adopt(house.hold(house.ask("--authority", "device")))  # by the new root; the old one stays retired
    assert house.trust.anchors() == [second]
    _, later = house.enrolled(house.authority())
    later[1].verify_directly_issued_by(second)
    assert house.believes(later)


def test_a_root_in_a_token_certifies_authorities_with_keys_that_no_token_has(house: House) -> None:
    rules = '[authorities.device]\nkeys = ["ml-dsa-65", "ec-p384"]\nlife-days = 1500\n'
    (house.site / "pki" / "rules.toml").write_text(rules)
    house.adopt(house.hold(house.ask("--authority", "device")))
    _, chain = house.enrolled(house.authority())
    assert isinstance(chain[1].public_key(), MLDSA65PublicKey)
    assert (chain[1].not_valid_after_utc - chain[1].not_valid_before_utc).days == 1500
    assert house.believes(chain)


def test_a_root_that_no_token_makes_is_refused(house: House) -> None:
    rules = '[authorities.root]\nkeys = ["ml-dsa-87", "ec-p384"]\n'
    (house.site / "pki" / "rules.toml").write_text(rules)
    with house.ready(house.ask("--next-root")) as day:
        assert day.fail() == "keystore-mechanism-missing"
        assert any(line.startswith("follow the rules") for line in day.people.read_out)


def test_root_days_are_taken_over_in_turn(house: House) -> None:
    founding = house.last
    skipped = house.hold(house.ask("--revoke", "update"))
    second = house.hold(house.ask("--authority", "device"))
    code, answer = house.typed("adopt", second)
    assert (code, answer["error"]["code"]) == (2, "ceremony-out-of-turn")
    house.adopt(skipped)
    house.adopt(second)
    assert house.typed("adopt", second)[1]["error"]["code"] == "ceremony-adopted-already"
    beside = house.hold(house.ask("--authority", "ocsp"), before=founding)
    assert house.typed("adopt", beside)[1]["error"]["code"] == "ceremony-out-of-turn"


def test_an_adoption_that_was_broken_off_is_done_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    day = house.hold(house.ask("--operator", "Enexis"))

    def crash(*_: object) -> None:
        raise LocalError("fire-alarm", "Everybody out.")

    with monkeypatch.context() as broken:
        broken.setattr("meterkast.pki.ceremony.day_adoption.keep", crash)
        assert house.typed("adopt", day)[1]["error"]["code"] == "fire-alarm"
    house.adopt(day)
    trust = tenant_trust(house.site / "pki", "enexis")
    assert house.believes(house.enrolled(house.authority("Enexis", trust))[1], trust)


def test_what_was_certified_for_other_keys_is_refused_and_changes_nothing(house: House) -> None:
    day = house.hold(house.ask("--authority", "device", "--authority", "update"))
    before = {path.name: path.read_bytes() for path in house.trust.path.iterdir()}
    keys = house.site / "pki" / "issuing"
    (keys / "update-g2.key.pem").write_bytes((keys / "device-g2.key.pem").read_bytes())
    code, answer = house.typed("adopt", day)
    assert (code, answer["error"]["code"]) == (5, "ceremony-key-foreign")
    (keys / "update-g2.key.pem").unlink()
    assert house.typed("adopt", day)[1]["error"]["code"] == "keystore-label-unknown"
    assert {path.name: path.read_bytes() for path in house.trust.path.iterdir()} == before
    assert "device-g2" not in house.authority().issuing(NOW)


def test_in_production_no_key_is_in_a_plain_file(house: House) -> None:
    day = house.hold(house.ask("--authority", "device"))
    production = ("--profile", "production")
    assert house.typed("adopt", day, *production)[1]["error"]["code"] == "keystore-software-refused"
    refused = house.typed("request", house.folder / "more", *production)
    assert refused[1]["error"]["code"] == "keystore-software-refused"


def test_an_operator_that_joins_brings_all_its_authorities(house: House) -> None:
    day = house.hold(house.ask("--operator", "Enexis", "--authority", "device"))
    code, answer = house.typed("adopt", day)
    assert (code, answer["error"]["code"]) == (2, "ceremony-authorities-missing")
    assert house.authority().operator == "stadsnet"


def test_what_needs_the_root_says_which_command_to_use(house: House) -> None:
    for words in (("admit", "Enexis"), ("roll",)):
        code, answer = house.typed(*words)
        assert (code, answer["error"]["code"]) == (2, "pki-root-elsewhere")
        for command in ("pki request", "pki ceremony hold", "pki adopt"):
            assert command in answer["error"]["hint"]
    assert not (house.site / "pki" / "root").exists()


def test_a_root_in_files_has_no_root_days(tmp_path: Path) -> None:
    house = House(folder=tmp_path, last=tmp_path)
    assert house.typed("create", "--operator", "stadsnet")[0] == 0
    (house.site / "pki" / "root").rename(tmp_path / "safe")
    for words in (("admit", "Enexis"), ("roll",), ("retire", "--newest", 1)):
        assert house.typed(*words)[1]["error"]["code"] == "pki-root-away"
    (tmp_path / "safe").rename(house.site / "pki" / "root")
    assert house.typed("admit", "Enexis")[0] == 0


def test_a_root_day_founds_no_pki(house: House, tmp_path: Path) -> None:
    day = house.hold(house.ask())
    other = House(folder=tmp_path / "other", last=day)
    assert other.typed("create", "--ceremony", day)[1]["error"]["code"] == "ceremony-is-root-day"
