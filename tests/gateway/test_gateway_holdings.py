"""Old keys go once they are good for nothing, and what comes after them never bears their name."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from gateway.gateway_house import OPERATOR, TITLE
from meterkast.gateway.enrol import PURPOSES, Enrolment
from meterkast.gateway.holdings import current, spent, upcoming
from meterkast.gateway.pki_address import EstAddress, PkiAddress
from meterkast.gateway.upkeep import Upkeep
from meterkast.model.errors import UnreachableError
from meterkast.outside.keystore import KeyKind, Keystore, SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.protocols.x509 import Purpose
from meterkast.protocols.x509.renewal import RENEWAL_GRACE

NOW = datetime(2046, 5, 1, tzinfo=UTC)
SOON, LATELY, LONG_AGO = timedelta(days=100), -RENEWAL_GRACE, -RENEWAL_GRACE - timedelta(seconds=1)
_ADDRESS = PkiAddress(est=EstAddress(host="", port=0, server_name=""))


class Failing(SoftwareKeystore):
    """Its power fails at the n-th key that is destroyed, before or after the key itself has gone."""

    left = 1 << 30

    def destroy(self, label: str) -> None:
        self.left -= 1
        if self.left == 0:
            self._private.remove(f"{label}.key.pem")
            raise UnreachableError("keystore-token-gone", "The token is not there.")
        super().destroy(label)


def held(folder: Path, ends: Mapping[str, timedelta]) -> Failing:
    """A keystore whose certificates end so long after ``NOW``."""
    keystore = Failing(folder)
    for label, after in ends.items():
        keystore.generate(label, KeyKind.EC_P256)
        signer, end, name = keystore.signer(label), NOW + after, x509.Name([])
        builder = x509.CertificateBuilder(name, name, signer.public_key(), 1, end - timedelta(days=730), end)
        keystore.put_certificate(label, [builder.sign(signer, signer.digest)])
    return keystore


def upkeep(keystore: Keystore, folder: Path) -> Upkeep:
    return Upkeep(TITLE, keystore, TrustFolder(folder / "trust"), _ADDRESS, operator=OPERATOR)


@pytest.mark.parametrize(
    ("ends", "gone"),
    [
        ({}, []),
        ({"sig": SOON}, []),
        ({"sig": LONG_AGO}, []),  # it has no other
        ({"sig": LATELY, "sig-g2": SOON}, []),  # it could still renew
        ({"sig": LONG_AGO, "sig-g2": SOON}, ["sig"]),
        ({"sig": LONG_AGO, "sig-g2": LONG_AGO}, ["sig"]),
        ({"sig": SOON, "sig-g2": LONG_AGO, "sig-g3": LATELY}, ["sig-g2"]),
        ({f"sig-g{number}": LONG_AGO for number in range(8, 12)}, ["sig-g8", "sig-g9", "sig-g10"]),
        ({"sig": LONG_AGO, "tls-g2": SOON, "birth": LONG_AGO}, []),
    ],
)
def test_only_what_has_a_successor_and_may_not_renew_any_more(
    tmp_path: Path, ends: dict[str, timedelta], gone: list[str]
) -> None:
    keystore = held(tmp_path, ends)
    assert spent(keystore, Purpose.SIG, NOW) == gone


def generations_of_twelve_years() -> dict[str, timedelta]:
    lives = {"": -1500, "-g2": -1000, "-g3": -500, "-g4": 0, "-g5": 500}
    ends = {f"{purpose}{suffix}": days for purpose in PURPOSES for suffix, days in lives.items()}
    return {"birth": timedelta(days=9000)} | {label: timedelta(days=days) for label, days in ends.items()}


@pytest.mark.parametrize("failing_at", [None, 1, 2, 5, 9])
def test_a_label_is_never_used_twice(tmp_path: Path, failing_at: int | None) -> None:
    keystore = held(tmp_path / "keystore", generations_of_twelve_years())
    signature = keystore.sign("sig", b"an envelope that waits")
    signer = keystore.certificate("sig")[0].public_key()
    before = {purpose: (current(keystore, purpose), upcoming(keystore, purpose)) for purpose in PURPOSES}
    if failing_at is not None:
        keystore.left = failing_at
        with pytest.raises(UnreachableError):
            upkeep(keystore, tmp_path).prune(NOW)
        keystore = Failing(tmp_path / "keystore")  # from what is on its disk
    gone = upkeep(keystore, tmp_path).prune(NOW)
    assert len(gone) == 9 - ((failing_at or 1) - 1)
    assert upkeep(keystore, tmp_path).prune(NOW) == []
    left = {"birth", *(f"{purpose}-g{number}" for purpose in PURPOSES for number in (4, 5))}
    assert keystore.labels() == keystore.certified() == left
    assert before == {purpose: (f"{purpose}-g5", f"{purpose}-g6") for purpose in PURPOSES}
    for purpose in PURPOSES:
        assert (current(keystore, purpose), upcoming(keystore, purpose)) == before[purpose]
        assert keystore.sign(current(keystore, purpose), b"still at work")
    assert isinstance(signer, ec.EllipticCurvePublicKey)
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    signer.verify(encode_dss_signature(r, s), b"an envelope that waits", ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(("clock", "generations"), [(1970, 5), (2046, 2), (2106, 1)])
def test_a_wrong_clock_costs_no_key_that_is_in_use(tmp_path: Path, clock: int, generations: int) -> None:
    keystore = held(tmp_path / "keystore", generations_of_twelve_years())
    upkeep(keystore, tmp_path).prune(NOW.replace(year=clock))
    assert len(keystore.labels()) == 1 + generations * len(PURPOSES)
    for purpose in PURPOSES:
        assert current(keystore, purpose) == f"{purpose}-g5"


def test_whoever_has_lost_the_first_generation_is_enrolled_all_the_same(tmp_path: Path) -> None:
    keystore = held(tmp_path / "keystore", generations_of_twelve_years())
    upkeep(keystore, tmp_path).prune(NOW)
    trust = TrustFolder(tmp_path / "trust")
    Enrolment(title=TITLE, keystore=keystore, trust=trust, address=_ADDRESS).enrol(NOW)  # nobody is dialled
