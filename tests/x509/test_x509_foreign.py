"""What others hand us is read or refused, whatever the library makes of it (AT-30)."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from meterkast.model.errors import PeerError, TrustError
from meterkast.outside.trust import TrustFolder
from meterkast.pki.holder import Holder
from meterkast.pki.log.entry import LoggedCertificate
from meterkast.pki.request import requested_key
from meterkast.protocols.x509 import PROFILES, Purpose, server_name, system_title, validate
from meterkast.protocols.x509.cache import PathCache
from meterkast.protocols.x509.certs_only import certificates
from meterkast.protocols.x509.conformance import require_profile
from meterkast.protocols.x509.foreign import read_certificate, read_list, read_request
from meterkast.protocols.x509.list_place import list_places
from pki.world import TITLE
from x509 import hostile

CASES = [pytest.param(each, id=name) for name, each in hostile.EXTENSIONS.items()]
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("read", "made", "wrong", "code"),
    [
        (read_certificate, hostile.certificate, hostile.EXTENSIONS, "x509-certificate-malformed"),
        (read_request, hostile.request, hostile.EXTENSIONS, "x509-request-malformed"),
        (read_list, hostile.revocation_list, hostile.LIST_EXTENSIONS, "x509-list-malformed"),
    ],
    ids=["certificate", "request", "list"],
)
def test_extensions_that_cannot_be_read(
    read: Callable[[bytes], object], made: Callable[..., bytes], wrong: dict[str, list[bytes]], code: str
) -> None:
    assert read(made([])) is not None  # control
    spoiled = [made(each) for each in wrong.values()]
    for octets in (*spoiled, made([], version=9), made([])[:-1], b"", b"-----BEGIN"):
        with pytest.raises(PeerError) as caught:
            read(octets)
        assert caught.value.code == code


@pytest.mark.parametrize("extensions", CASES)
def test_a_request_is_refused(extensions: list[bytes]) -> None:
    with pytest.raises(PeerError) as caught:
        requested_key(hostile.request(extensions), PROFILES[Purpose.TLS], Holder.device(TITLE))
    assert caught.value.code == "pki-request-malformed"


@pytest.mark.parametrize("extensions", CASES)
def test_a_certificate_is_refused_by_all_who_look_at_one(extensions: list[bytes], tmp_path: Path) -> None:
    """Also by those who are given one that was loaded elsewhere, such as by TLS."""
    der = hostile.certificate(extensions)
    loaded = x509.load_der_x509_certificate(der)
    for look in (
        lambda: validate(loaded, [], [], [], NOW, Purpose.TLS),
        lambda: require_profile(loaded, PROFILES[Purpose.TLS]),
        lambda: system_title(loaded),
        lambda: server_name(loaded),
        lambda: PathCache(TrustFolder(tmp_path)).validate(der, NOW, Purpose.TLS),
    ):
        with pytest.raises(TrustError):
            look()
    bag = pkcs7.serialize_certificates([loaded], Encoding.DER)
    with pytest.raises(PeerError) as caught:
        certificates(bag)
    assert caught.value.code == "certs-only-malformed"
    with pytest.raises(PeerError) as caught:
        _ = LoggedCertificate(der=der, operator="Alliander", at=0).certificate
    assert caught.value.code == "log-entry-malformed"


def test_a_place_that_is_no_address() -> None:
    place = hostile.sequence(b"\xa0\x0c\xa0\x0a\x86\x08http://[")
    wrong = hostile.certificate([hostile.extension("551d1f", hostile.sequence(place))])
    assert list(list_places(read_certificate(wrong))) == []
