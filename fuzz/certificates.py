"""Targets and seeds of X.509: whatever others hand us is read, or refused by an error of ours."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from meterkast.model.errors import PeerError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.protocols.ber import Element
from meterkast.protocols.x509 import PROFILES, RULES, Purpose, validate
from meterkast.protocols.x509 import ocsp as status
from meterkast.protocols.x509.certs_only import certificates
from meterkast.protocols.x509.conformance import KEY_USES
from meterkast.protocols.x509.foreign import read_certificate, read_list, read_request
from meterkast.protocols.x509.identity import (
    hardware_module_name,
    key_id,
    operator,
    server_name,
    system_title,
)
from meterkast.protocols.x509.list_place import list_places, may_follow, place_of
from meterkast.protocols.x509.recipient import recipient_key
from meterkast.protocols.x509.revocation import require_unrevoked
from meterkast.protocols.x509.signed_request import read_signed_request, sign_request

_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_KEY = ec.derive_private_key(11, ec.SECP256R1())
_NAME = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "stadsnet")])
_PLACE = x509.UniformResourceIdentifier("http://pki.example/crl/device-0.crl")
_NONCE = bytes(range(32))


def certificate(octets: bytes) -> None:
    """A certificate: by every profile, below a root and a list of ours, and all that we read in one."""
    try:
        found = read_certificate(octets)
    except PeerError:
        return
    for purpose in Purpose:
        with suppress(TrustError):
            validate(found, [_root()], [_root()], [_list()], _NOW, purpose)
    for read in (system_title, server_name, operator, recipient_key):
        with suppress(TrustError):
            read(found)
    key_id(found)
    assert all(place.path is not None for place in list_places(found))


def certification_request(octets: bytes) -> None:
    """A request (PKCS#10), in DER and in CMS."""
    for read in (read_request, read_signed_request):
        with suppress(PeerError):
            read(octets)


def revocation_list(octets: bytes) -> None:
    """A list, for a certificate that it may cover, and as one that may follow ours."""
    try:
        found = read_list(octets)
    except PeerError:
        return
    with suppress(TrustError):
        require_unrevoked(_leaf(), _root(), [found], _NOW, algorithms=RULES.algorithms)
    for place in (*place_of(found), *list_places(_leaf())):
        may_follow(found, None, place, [_root()])


def status_request(octets: bytes) -> None:
    """A question to the responder."""
    with suppress(PeerError):
        status.read_request(octets)


def status_answer(octets: bytes) -> None:
    """What a responder says."""
    with suppress(PeerError, TrustError):
        status.require_good(
            octets,
            _leaf(),
            _root(),
            nonce=_NONCE,
            responder_profile=PROFILES[Purpose.OCSP],
            now=_NOW,
        )


def bag(octets: bytes) -> None:
    """A bag of certificates."""
    with suppress(PeerError):
        certificates(octets)


TARGETS: dict[str, Callable[[bytes], None]] = {
    each.__name__: each
    for each in (certificate, certification_request, revocation_list, status_request, status_answer, bag)
}


@cache
def seeds() -> dict[str, list[bytes]]:
    """What is well-formed, by target."""
    leaf, root = _leaf().public_bytes(Encoding.DER), _root().public_bytes(Encoding.DER)
    asked = _request()
    return {
        "certificate": [leaf, root],
        "certification_request": [asked, sign_request(asked, _leaf(), _KEY)],
        "revocation_list": [_list().public_bytes(Encoding.DER)],
        "status_request": [status.ask(_leaf(), _root(), nonce=nonce) for nonce in (None, _NONCE)],
        "status_answer": [_answer()],
        "bag": [pkcs7.serialize_certificates([_leaf(), _root()], Encoding.DER)],
    }


def mended(octets: bytes, depth: int = 0) -> bytes:
    """DER whose lengths fit what is there, so that a change gets further in than the first length."""
    mend, parts = depth < 24, []
    while len(octets) >= 2:
        tag, length, head = octets[0], octets[1], 2
        if length > 0x80:
            head += length & 0x7F
            length = int.from_bytes(octets[2:head], "big")
        inside, octets = octets[head : head + length], octets[head + length :]
        parts.append(Element(tag, mended(inside, depth + 1) if mend and tag & 0x20 else inside).encode())
    return b"".join(parts)


@cache
def _root() -> x509.Certificate:
    usage = x509.KeyUsage(
        **{use: use in {"key_cert_sign", "crl_sign"} for use in KEY_USES},
        encipher_only=False,
        decipher_only=False,
    )
    builder = _dated(7300).subject_name(_NAME).serial_number(1)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(usage, critical=True)
    policies = [x509.PolicyInformation(each.policy, None) for each in PROFILES.values()]
    return _finished(builder.add_extension(x509.CertificatePolicies(policies), critical=True))


@cache
def _leaf() -> x509.Certificate:
    profile = PROFILES[Purpose.SIG]
    usage = x509.KeyUsage(
        **{use: use == profile.use for use in KEY_USES}, encipher_only=False, decipher_only=False
    )
    where = x509.DistributionPoint(full_name=[_PLACE], relative_name=None, reasons=None, crl_issuer=None)
    asked = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, _PLACE)
    name = hardware_module_name(SystemTitle.parse("MKG0000000001"))
    builder = _dated(365).subject_name(x509.Name([])).serial_number(2)
    for extension, critical in (
        (usage, True),
        (x509.ExtendedKeyUsage([profile.extended]), True),
        (x509.CertificatePolicies([x509.PolicyInformation(profile.policy, None)]), True),
        (x509.SubjectAlternativeName([name]), True),
        (x509.CRLDistributionPoints([where]), False),
        (x509.AuthorityInformationAccess([asked]), False),
    ):
        builder = builder.add_extension(extension, critical=critical)
    return _finished(builder)


def _dated(days: int) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().issuer_name(_NAME).public_key(_KEY.public_key())
    return builder.not_valid_before(_NOW - timedelta(days=1)).not_valid_after(_NOW + timedelta(days=days))


def _finished(builder: x509.CertificateBuilder) -> x509.Certificate:
    key = _KEY.public_key()
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    own = x509.AuthorityKeyIdentifier.from_issuer_public_key(key)
    builder = builder.add_extension(own, critical=False)
    return builder.sign(_KEY, hashes.SHA256(), ecdsa_deterministic=True)


@cache
def _list() -> x509.CertificateRevocationList:
    scope = x509.IssuingDistributionPoint(
        full_name=[_PLACE],
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
    revoked = x509.RevokedCertificateBuilder().serial_number(9).revocation_date(_NOW).build()
    builder = x509.CertificateRevocationListBuilder(_NAME, _NOW, _NOW + timedelta(days=7))
    builder = builder.add_extension(scope, critical=True).add_extension(x509.CRLNumber(5), critical=False)
    return builder.add_revoked_certificate(revoked).sign(_KEY, hashes.SHA256(), ecdsa_deterministic=True)


def _request() -> bytes:
    name = x509.SubjectAlternativeName([hardware_module_name(SystemTitle.parse("MKG0000000001"))])
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    request = builder.add_extension(name, critical=True)
    return request.sign(_KEY, hashes.SHA256(), ecdsa_deterministic=True).public_bytes(Encoding.DER)


def _answer() -> bytes:
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=_leaf(),
        issuer=_root(),
        algorithm=hashes.SHA256(),
        cert_status=ocsp.OCSPCertStatus.GOOD,
        this_update=_NOW,
        next_update=_NOW + timedelta(hours=12),
        revocation_time=None,
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, _root()).certificates([_root()])
    builder = builder.add_extension(x509.OCSPNonce(_NONCE), critical=False)
    return builder.sign(_KEY, hashes.SHA256()).public_bytes(Encoding.DER)
