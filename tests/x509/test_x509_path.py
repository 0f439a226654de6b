"""Which certificates are believed, for what, and when (AT-07 to AT-13; RQ-01 to RQ-07)."""

from datetime import timedelta
from itertools import permutations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID, ObjectIdentifier

from meterkast.model.errors import TrustError
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.pki.root import Root
from meterkast.protocols.x509 import (
    PROFILES,
    Purpose,
    ValidatedCertificate,
    key_id,
    operator,
    recipient_key,
    server_name,
    system_title,
    validate,
)
from meterkast.protocols.x509.algorithm import is_written_plainly
from meterkast.protocols.x509.identity import HARDWARE_MODULE_NAME, hardware_module_name
from meterkast.protocols.x509.profile import DEVICE_POLICIES, SUBJECT_ALT_PUBLIC_KEY
from pki.world import OPERATOR, OTHER, TITLE, World
from x509.forge import Extensions, forge, key_usage, list_address, policies, sig_extensions

DEVICE_PURPOSES = (Purpose.TLS, Purpose.SIG, Purpose.ENC)


def judge(
    world: World, certificate: x509.Certificate, purpose: Purpose, *, days: float = 0
) -> ValidatedCertificate:
    """Everybody's judgement, some days after the founding."""
    trust, now = world.trust, world.now + timedelta(days=days)
    return validate(certificate, trust.intermediates(), trust.anchors(), trust.crls(), now, purpose)


def refusal(world: World, certificate: x509.Certificate, purpose: Purpose, *, days: float = 0) -> str:
    with pytest.raises(TrustError) as caught:
        judge(world, certificate, purpose, days=days)
    assert caught.value.message == "The certificate is not accepted."
    return caught.value.code


def forged(world: World, changes: Extensions, key: object = None, **settings: object) -> x509.Certificate:
    """A signing certificate by the device authority, with some extensions changed."""
    issuing = world.issuing()
    return forge(
        issuing.certificate("device")[0],
        issuing.signer("device"),
        key or ec.generate_private_key(ec.SECP256R1()).public_key(),
        sig_extensions() | changes,
        world.now,
        address=list_address("device-0"),
        **settings,  # type: ignore[arg-type]
    )


def test_each_certificate_is_believed_for_its_purpose(world: World) -> None:
    keystore = world.enrolled()
    for purpose in DEVICE_PURPOSES:
        validated = judge(world, keystore.certificate(purpose)[0], purpose)
        assert (validated.title, validated.purpose, len(validated.chain)) == (TITLE, purpose, 3)
    headend = judge(world, world.headend().certificate("tls")[0], Purpose.TLS_SERVER)
    assert (headend.title, server_name(headend.certificate)) == (None, "headend.meterkast.internal")
    reader = judge(world, world.trust.operator_enc()[0], Purpose.OPERATOR_ENC).certificate
    assert operator(reader) == OPERATOR
    assert recipient_key(reader).key_id == key_id(reader)


@pytest.mark.parametrize(("made_for", "used_for"), list(permutations(DEVICE_PURPOSES, 2)))
def test_the_six_crossed_purposes_are_refused(world: World, made_for: Purpose, used_for: Purpose) -> None:
    certificate = world.enrolled().certificate(made_for)[0]
    assert refusal(world, certificate, used_for) == "certificate-purpose"


def test_a_birth_certificate_is_not_for_data(world: World) -> None:
    certificate = world.site.equip(TITLE, world.now).certificate("birth")[0]
    for purpose in DEVICE_PURPOSES:
        assert refusal(world, certificate, purpose) == "certificate-purpose"
    assert refusal(world, certificate, Purpose.BIRTH) == "certificate-untrusted"
    known = world.manufacturers
    validated = validate(certificate, [], known.anchors(), known.crls(), world.now, Purpose.BIRTH)
    assert validated.title == TITLE
    assert certificate.not_valid_after_utc.year == 9999


def test_the_certificate_of_another_device_names_the_other_device(world: World) -> None:
    certificate = world.enrolled(OTHER).certificate("sig")[0]
    assert judge(world, certificate, Purpose.SIG).title == OTHER
    assert system_title(certificate) != TITLE


HERE = x509.UniformResourceIdentifier("http://a.example:8080/ocsp")
ELSEWHERE = x509.UniformResourceIdentifier("ldap://a.example/ocsp")


def access(*given: tuple[ObjectIdentifier, x509.GeneralName]) -> x509.AuthorityInformationAccess:
    return x509.AuthorityInformationAccess([x509.AccessDescription(*each) for each in given])


OCSP_HERE = (AuthorityInformationAccessOID.OCSP, HERE)
ISSUERS_HERE = (AuthorityInformationAccessOID.CA_ISSUERS, HERE)


def test_a_certificate_from_before_responders_had_addresses_is_believed(world: World) -> None:
    old, new = forged(world, {}), world.enrolled().certificate("sig")[0]
    named = [
        any(isinstance(each.value, x509.AuthorityInformationAccess) for each in certificate.extensions)
        for certificate in (old, new)
    ]
    assert named == [False, True]
    for certificate in (old, new, forged(world, {"responder": (access(OCSP_HERE), False)})):
        assert judge(world, certificate, Purpose.SIG).title == TITLE


@pytest.mark.parametrize(
    ("given", "critical"),
    [
        ((OCSP_HERE,), True),
        ((ISSUERS_HERE,), False),
        ((OCSP_HERE, ISSUERS_HERE), False),
        ((OCSP_HERE, OCSP_HERE), False),
        (((AuthorityInformationAccessOID.OCSP, ELSEWHERE),), False),
        (((AuthorityInformationAccessOID.OCSP, x509.DNSName("a.example")),), False),
    ],
)
def test_a_responder_that_is_named_in_another_way_is_refused(
    world: World, given: tuple[tuple[ObjectIdentifier, x509.GeneralName], ...], critical: bool
) -> None:
    certificate = forged(world, {"responder": (access(*given), critical)})
    assert refusal(world, certificate, Purpose.SIG) == "certificate-purpose"


def test_nobody_tells_the_status_of_births_responders_and_authorities(world: World) -> None:
    silent = {purpose for purpose, profile in PROFILES.items() if profile.responder is None}
    assert silent == {Purpose.BIRTH, Purpose.OCSP}
    birth = world.site.equip(TITLE, world.now).certificate("birth")[0]
    for certificate in (birth, *world.trust.anchors(), *world.trust.intermediates()):
        with pytest.raises(x509.ExtensionNotFound):
            certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)


def test_before_and_after_its_time(world: World) -> None:
    certificate = world.enrolled().certificate("sig")[0]
    assert refusal(world, certificate, Purpose.SIG, days=-1) == "certificate-not-yet-valid"
    assert refusal(world, certificate, Purpose.SIG, days=731) == "certificate-expired"
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert life <= timedelta(days=731)


def test_revoked_and_nothing_else(world: World) -> None:
    keystore, other = world.enrolled(), world.enrolled(OTHER)
    certificate = keystore.certificate("sig")[0]
    world.site.authority.revoke(certificate.serial_number, world.now)
    assert refusal(world, certificate, Purpose.SIG) == "certificate-revoked"
    assert judge(world, keystore.certificate("tls")[0], Purpose.TLS).title == TITLE
    assert judge(world, other.certificate("sig")[0], Purpose.SIG).title == OTHER


def test_without_a_current_list_nothing_is_believed(world: World) -> None:
    certificate = world.enrolled().certificate("sig")[0]
    assert refusal(world, certificate, Purpose.SIG, days=7) == "certificate-revocation-unknown"
    world.site.authority.publish(world.now + timedelta(days=7))
    assert judge(world, certificate, Purpose.SIG, days=7).title == TITLE
    (world.trust.path / "root.crl.pem").unlink()
    assert refusal(world, certificate, Purpose.SIG, days=7) == "certificate-revocation-unknown"


def device_list(world: World) -> x509.CertificateRevocationListBuilder:
    """An empty list in the name of the device authority."""
    begin, issuer = world.now - timedelta(minutes=1), world.issuing().certificate("device")[0].subject
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer)
    return builder.last_update(begin).next_update(begin + timedelta(days=1))


PARTIAL = x509.IssuingDistributionPoint(
    full_name=None,
    relative_name=None,
    only_contains_user_certs=False,
    only_contains_ca_certs=True,
    only_some_reasons=None,
    indirect_crl=False,
    only_contains_attribute_certs=False,
)


@pytest.mark.parametrize("fault", [None, "foreign key", "partial"])
def test_only_the_whole_list_of_the_authority_itself_counts(world: World, fault: str | None) -> None:
    certificate = world.enrolled().certificate("sig")[0]
    builder = device_list(world)
    if fault == "partial":
        builder = builder.add_extension(PARTIAL, critical=True)
    signer = world.issuing().signer("operator" if fault == "foreign key" else "device")
    forged_list = builder.sign(signer, hashes.SHA384())
    trust, device = world.trust, world.issuing().certificate("device")[0]
    crls = [crl for crl in trust.crls() if crl.issuer != device.subject]

    def judged() -> ValidatedCertificate:
        lists = [*crls, forged_list]
        return validate(certificate, trust.intermediates(), trust.anchors(), lists, world.now, Purpose.SIG)

    if fault is None:
        assert judged().title == TITLE
        return
    with pytest.raises(TrustError) as caught:
        judged()
    assert caught.value.code == "certificate-revocation-unknown"


def test_a_revoked_authority_takes_its_leaves_with_it(world: World) -> None:
    certificate = world.enrolled().certificate("sig")[0]
    serial = world.issuing().certificate("device")[0].serial_number
    Root(world.folder / "pki" / "root").publish(world.trust, revoked=[(serial, world.now)], now=world.now)
    assert refusal(world, certificate, Purpose.SIG) == "certificate-revoked"
    assert judge(world, world.headend().certificate("tls")[0], Purpose.TLS_SERVER).title is None
    Root(world.folder / "pki" / "root").publish(world.trust, now=world.now)  # it is not taken back
    assert refusal(world, certificate, Purpose.SIG) == "certificate-revoked"


def test_the_control_of_the_forger_is_believed(world: World) -> None:
    assert judge(world, forged(world, {}), Purpose.SIG).title == TITLE


HARDWARE = hardware_module_name(TITLE)
SMALL_LETTERS = HARDWARE.value[:-8] + b"mkg" + bytes(5)


ANY_USE = ObjectIdentifier("2.5.29.37.0")
UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.99999.9"), b"\x05\x00")


def names(*names: x509.GeneralName) -> tuple[x509.ExtensionType, bool]:
    return x509.SubjectAlternativeName(names), True


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"use": (key_usage("digital_signature", "key_agreement"), True)}, "certificate-purpose"),
        ({"use": (key_usage("digital_signature"), False)}, "certificate-purpose"),
        ({"extended": (x509.ExtendedKeyUsage([ANY_USE]), True)}, "certificate-purpose"),
        ({"policy": (policies(*DEVICE_POLICIES), True)}, "certificate-purpose"),
        ({"policy": (policies(PROFILES[Purpose.TLS].policy), True)}, "certificate-purpose"),
        ({"constraints": (x509.BasicConstraints(ca=True, path_length=None), True)}, "certificate-purpose"),
        ({"unknown": (UNKNOWN, True)}, "certificate-purpose"),
        ({"name": names(HARDWARE, HARDWARE)}, "certificate-identity"),
        ({"name": names(x509.DNSName("a.example"))}, "certificate-identity"),
        ({"name": names(x509.OtherName(HARDWARE_MODULE_NAME, b"\x30\x00"))}, "certificate-identity"),
        ({"name": names(x509.OtherName(HARDWARE_MODULE_NAME, SMALL_LETTERS))}, "certificate-identity"),
    ],
)
def test_a_leaf_that_departs_from_its_profile(world: World, changes: Extensions, code: str) -> None:
    assert refusal(world, forged(world, changes), Purpose.SIG) == code


def test_a_leaf_that_lives_too_long(world: World) -> None:
    assert refusal(world, forged(world, {}, days=731), Purpose.SIG) == "certificate-purpose"


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP384R1()).public_key(),
        ec.generate_private_key(ec.BrainpoolP256R1()).public_key(),
        rsa.generate_private_key(65537, 2048).public_key(),
        X25519PrivateKey.generate().public_key(),
    ],
)
def test_keys_that_devices_do_not_have(world: World, key: object) -> None:
    assert refusal(world, forged(world, {}, key=key), Purpose.SIG) == "certificate-key"


def test_a_weak_hash_is_refused(world: World) -> None:
    certificate = forged(world, {}, algorithm=hashes.SHA224())
    assert refusal(world, certificate, Purpose.SIG) == "certificate-untrusted"


def test_an_authority_for_operators_cannot_vouch_for_a_device(world: World) -> None:
    issuing = world.issuing()
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    signer, issuer = issuing.signer("operator"), issuing.certificate("operator")[0]
    assert refusal(world, forge(issuer, signer, key, sig_extensions(), world.now), Purpose.SIG) == (
        "certificate-purpose"
    )


def test_an_authority_known_for_something_else_gives_no_birth(world: World) -> None:
    """A root that issues by itself needs the policy as well, also where somebody makes it an anchor."""
    issuing, birth = world.issuing(), PROFILES[Purpose.BIRTH]
    extensions = sig_extensions() | {
        "extended": (x509.ExtendedKeyUsage([birth.extended]), True),
        "policy": (policies(birth.policy), True),
    }
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    anchor = issuing.certificate("device")[0]
    leaf = forge(anchor, issuing.signer("device"), key, extensions, world.now)
    with pytest.raises(TrustError) as caught:
        validate(leaf, [], [anchor], world.trust.crls(), world.now, Purpose.BIRTH)
    assert caught.value.code == "certificate-purpose"


def test_an_authority_that_makes_an_authority_is_refused(world: World) -> None:
    """pathLen of the issuing authorities is 0 (RQ-01, AT-11)."""
    issuing = world.issuing()
    rogue = ec.generate_private_key(ec.SECP384R1())
    rogue_certificate = forge(
        issuing.certificate("device")[0],
        issuing.signer("device"),
        rogue.public_key(),
        {
            "constraints": (x509.BasicConstraints(ca=True, path_length=0), True),
            "use": (key_usage("key_cert_sign", "crl_sign"), True),
            "policy": (policies(*DEVICE_POLICIES), True),
        },
        world.now,
        subject=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rogue")]),
    )
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    leaf = forge(rogue_certificate, rogue, key, sig_extensions(), world.now)
    trust = world.trust
    with pytest.raises(TrustError) as caught:
        validate(
            leaf,
            [rogue_certificate, *trust.intermediates()],
            trust.anchors(),
            trust.crls(),
            world.now,
            Purpose.SIG,
        )
    assert caught.value.code == "certificate-untrusted"


def test_a_leaf_that_signs_a_leaf_is_refused(world: World) -> None:
    keystore = world.enrolled()
    mine = keystore.certificate("sig")[0]
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    leaf = forge(mine, keystore.signer("sig"), key, sig_extensions(), world.now, algorithm=hashes.SHA256())
    trust = world.trust
    with pytest.raises(TrustError):
        validate(leaf, [mine, *trust.intermediates()], trust.anchors(), trust.crls(), world.now, Purpose.SIG)


def test_roots_of_others_and_no_roots_at_all(world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    certificate = world.enrolled().certificate("sig")[0]
    stranger = tmp_path_factory.mktemp("stranger")
    Root.create(stranger, operator="Stedin", now=world.now)
    foreign = SoftwareKeystore(stranger).certificate("root")
    trust = world.trust
    for anchors in (foreign, []):
        with pytest.raises(TrustError) as caught:
            validate(certificate, trust.intermediates(), anchors, trust.crls(), world.now, Purpose.SIG)
        assert caught.value.code == "certificate-untrusted"


def test_a_compressed_point_is_refused(world: World) -> None:
    """The same key written as a compressed point: an encoding nobody here makes (AT-13)."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    certificate = forged(world, {}, key=key)
    full = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    short = key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    assert is_written_plainly(key, certificate.tbs_certificate_bytes)
    assert not is_written_plainly(key, certificate.tbs_certificate_bytes.replace(full, short))


def test_the_hybrid_key_must_be_whole(world: World) -> None:
    issuing = world.issuing()
    reader = world.trust.operator_enc()[0]
    name = reader.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    profile = PROFILES[Purpose.OPERATOR_ENC]
    half: Extensions = {
        "use": (key_usage("key_agreement"), True),
        "extended": (x509.ExtendedKeyUsage([profile.extended]), True),
        "policy": (policies(profile.policy), True),
        "name": (name, False),
    }
    other_half = reader.extensions.get_extension_for_oid(SUBJECT_ALT_PUBLIC_KEY).value
    broken_half = x509.UnrecognizedExtension(SUBJECT_ALT_PUBLIC_KEY, b"\x30\x00")
    whole, missing, broken = (
        forge(
            issuing.certificate("operator")[0],
            issuing.signer("operator"),
            X25519PrivateKey.generate().public_key(),
            extensions,
            world.now,
            subject=reader.subject,
            address=list_address("operator"),
        )
        for extensions in (
            half | {"mlkem": (other_half, False)},
            half,
            half | {"mlkem": (broken_half, False)},
        )
    )
    assert judge(world, whole, Purpose.OPERATOR_ENC).title is None
    assert refusal(world, missing, Purpose.OPERATOR_ENC) == "certificate-purpose"
    assert refusal(world, broken, Purpose.OPERATOR_ENC) == "certificate-key"
