"""The rules as data: read strictly, and an algorithm ends on its day with no code changed (RQ-30)."""

from datetime import UTC, datetime

import pytest

from meterkast.model.errors import DataError
from meterkast.protocols.x509 import PROFILES, RULES, Purpose, Rules
from meterkast.protocols.x509.algorithm import Status
from meterkast.protocols.x509.profile import POST_QUANTUM_TEXT, RULES_TEXT


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_every_purpose_has_one_profile_and_an_authority_that_may_vouch_for_it() -> None:
    assert set(PROFILES) == set(Purpose)
    for purpose, profile in PROFILES.items():
        assert profile.policy in RULES.authorities[profile.authority].policies, purpose


def test_only_birth_certificates_live_for_ever() -> None:
    assert [purpose for purpose, profile in PROFILES.items() if profile.validity is None] == [Purpose.BIRTH]


def test_only_the_responder_needs_no_revocation() -> None:
    assert [purpose for purpose, profile in PROFILES.items() if profile.no_check] == [Purpose.OCSP]


@pytest.mark.parametrize(
    ("now", "status"),
    [
        ("1999-12-31", Status.FORBIDDEN),
        ("2000-01-01", Status.ALLOWED),
        ("2033-12-31", Status.ALLOWED),
        ("2034-01-01", Status.DEPRECATED),
        ("2035-12-31", Status.DEPRECATED),
        ("2036-01-01", Status.FORBIDDEN),
    ],
)
def test_an_algorithm_has_its_time(now: str, status: Status) -> None:
    assert RULES.algorithms.status("ec-p256", day(now)) is status


@pytest.mark.parametrize("name", ["rsa-2048", "brainpoolP256r1", "ecdsa-sha1", "", None])
def test_what_is_not_listed_is_forbidden(name: str | None) -> None:
    assert RULES.algorithms.status(name, day("2026-06-01")) is Status.FORBIDDEN


def test_the_first_key_that_may_still_be_made_is_made() -> None:
    keys = ("ec-p256", "ml-dsa-44")
    assert RULES.key_to_make(keys, day("2030-01-01")) == "ec-p256"
    assert RULES.key_to_make(keys, day("2034-01-01")) == "ml-dsa-44"
    with pytest.raises(DataError) as caught:
        RULES.key_to_make(("ec-p256",), day("2034-01-01"))
    assert caught.value.code == "rules-no-algorithm"


def test_a_later_document_overrides_single_values() -> None:
    rules = Rules.parse(RULES_TEXT, POST_QUANTUM_TEXT)
    tls = rules.profiles[Purpose.TLS]
    assert tls.keys == ("ml-dsa-44", "ec-p256")
    assert (tls.policy, tls.validity) == (PROFILES[Purpose.TLS].policy, PROFILES[Purpose.TLS].validity)
    assert rules.authorities["root"].keys[0] == "ml-dsa-87"


@pytest.mark.parametrize(
    ("addition", "where"),
    [
        ("[profiles.tls]\nkey = 1", "profiles.tls.key"),
        ("[profiles.tls]\nkeys = ['rsa-1024']", "profiles.tls.keys"),
        ("[profiles.tls]\nkeys = ['ec-p256', 'ec-p256']", "profiles.tls.keys"),
        ("[profiles.tls]\nkeys = []", "profiles.tls"),
        ("[profiles.tls]\nuse = 'everything'", "profiles.tls.use"),
        ("[profiles.tls]\nextended = 'any'", "profiles.tls.extended"),
        ("[profiles.tls]\nextended = 0", "profiles.tls.extended"),
        ("[profiles.tls]\nlife-days = '730'", "profiles.tls.life-days"),
        ("[profiles.tls]\nlife-days = true", "profiles.tls.life-days"),
        ("[profiles.tls]\npolicy = 3", "profiles"),
        ("[profiles.tls]\nauthority = 'operator'", "profiles.tls.authority"),
        ("[profiles.tls]\nauthority = 'nobody'", "profiles.tls.authority"),
        ("[profiles.birth]\nno-check = 1", "profiles.birth.no-check"),
        ("[profiles.tls]\nresponder = 'https://a.example/ocsp'", "profiles.tls.responder"),
        ('[profiles.tls]\nresponder = "http://a.example/ocsp\\n"', "profiles.tls.responder"),
        ("[profiles.tls]\nresponder = 'http://a.example'", "profiles.tls.responder"),
        ("[profiles.tls]\nresponder = false", "profiles.tls.responder"),
        ("[profiles.tea]\npolicy = 99", "profiles.tea"),
        ("[authorities.device]\npath-length = -1", "authorities.device.path-length"),
        ("[authorities.device]\nshards = 0", "authorities.device.shards"),
        ("[authorities.device]\nkeys = ['x25519-ml-kem-768']", "authorities.device"),
        ("[authorities.device]\npolicies = ['coffee']", "authorities.device.policies"),
        ("[algorithms.ec-p256]\nforbidden = 1999-01-01", "algorithms.ec-p256"),
        ("[algorithms.ec-p256]\nallowed = 2000-01-01T00:00:00Z", "algorithms.ec-p256.allowed"),
        ("[algorithms]\nec-p256 = 1", "algorithms.ec-p256"),
        ("colours = {}", "colours"),
        ("profiles = 1", "profiles"),
        ("= nothing", "document"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(addition: str, where: str) -> None:
    with pytest.raises(DataError) as caught:
        Rules.parse(RULES_TEXT, addition)
    assert caught.value.code == "rules-malformed"
    assert caught.value.where is not None
    assert caught.value.where.strip(".") == where


def test_a_document_that_lacks_something_is_refused() -> None:
    with pytest.raises(DataError):
        Rules.parse("")
    with pytest.raises(DataError):
        Rules.parse(RULES_TEXT.replace("[profiles.log]", "[profiles.lag]"))
