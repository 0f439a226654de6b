# ruff: noqa: ANN401  (mutants reach into builders, which the library does not type)
"""The linter: every lint has a mutant that it alone is there to stop, and what fails is not signed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.x509.oid import NameOID, ObjectIdentifier

from meterkast.outside.keystore import SigningHandle, SoftwareKeystore
from meterkast.outside.trust import is_for_development
from meterkast.pki import template
from meterkast.pki.holder import Holder, organisation
from meterkast.pki.issuer import Issuer
from meterkast.pki.lint import (
    AUTHORITY_LINTS,
    LEAF_LINTS,
    LIST_LINTS,
    Candidate,
    LintError,
    findings,
    void_signer,
)
from meterkast.pki.lint.lists import ListCandidate
from meterkast.pki.root import LIST_ADDRESS
from meterkast.pki.template import ListPoint
from meterkast.protocols.x509 import RULES, Purpose
from pki.world import TITLE, World
from x509.forge import key_usage, policies

SIG = RULES.profiles[Purpose.SIG]
DEVICE = RULES.authorities["device"]
POINT = ListPoint(shard=1, address=f"{LIST_ADDRESS}device-1.crl")
KEY = ec.generate_private_key(ec.SECP256R1()).public_key()
Builder = x509.CertificateBuilder
Change = Callable[[Builder], Builder]


def rebuilt(builder: Builder, **fields: Any) -> Builder:
    """The same builder with some private fields changed: the library itself refuses to set them twice."""
    new = Builder.__new__(Builder)
    new.__dict__.update(builder.__dict__ | {f"_{name}": value for name, value in fields.items()})
    return new


def without(kind: type[x509.ExtensionType]) -> Change:
    def change(builder: Builder) -> Builder:
        return rebuilt(builder, extensions=[each for each in builder._extensions if each.oid != kind.oid])

    return change


def instead(value: x509.ExtensionType, *, critical: bool) -> Change:
    def change(builder: Builder) -> Builder:
        return without(type(value))(builder).add_extension(value, critical=critical)

    return change


def field(**fields: Any) -> Change:
    return lambda builder: rebuilt(builder, **fields)


def relabelled(kind: type[x509.ExtensionType], *, critical: bool) -> Change:
    def change(builder: Builder) -> Builder:
        value = next(each.value for each in builder._extensions if each.oid == kind.oid)
        return instead(value, critical=critical)(builder)

    return change


def leaf(
    world: World, change: Change | None, now: datetime, *, key: Any = KEY, by: str = "device", **other: Any
) -> Candidate:
    issuer = world.issuing().certificate(by)[0]
    holder = other.get("holder") or Holder.device(TITLE)
    serial = 4 * (1 << 150) + 1
    profile = other.get("profile", SIG)
    builder = template.leaf(profile, holder, KEY, serial=serial, point=POINT, now=now)
    builder = builder.issuer_name(issuer.subject)
    if key is not KEY:
        builder = rebuilt(builder, public_key=key)
        builder = instead(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)(builder)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())  # type: ignore[arg-type]
    builder = builder.add_extension(authority, critical=False)
    if change is not None:
        builder = change(builder)
    signer = other.get("signer") or void_signer(issuer.public_key())  # type: ignore[arg-type]
    return Candidate(
        certificate=builder.sign(signer, signer.digest),
        profile=profile,
        issuer=issuer,
        point=POINT,
        rules=RULES,
        now=now,
    )


P384 = ec.generate_private_key(ec.SECP384R1()).public_key()
OTHER_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody")])
UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.99999.9"), b"\x05\x00")
DNS = x509.SubjectAlternativeName([x509.DNSName("a.example")])
ELSEWHERE = x509.CRLDistributionPoints(
    [
        x509.DistributionPoint(
            full_name=[x509.UniformResourceIdentifier(f"{LIST_ADDRESS}device-2.crl")],
            relative_name=None,
            reasons=None,
            crl_issuer=None,
        )
    ]
)
NOW = datetime.fromisoformat("2026-06-01T12:00:00")

LEAF_MUTANTS: dict[str, Change] = {
    "serial-random": field(serial_number=7),
    "issuer-name": field(issuer_name=OTHER_NAME),
    "authority-key-identifier": instead(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(P384), critical=False
    ),
    "subject-key-identifier": instead(x509.SubjectKeyIdentifier.from_public_key(P384), critical=False),
    "identifiers-not-critical": relabelled(x509.SubjectKeyIdentifier, critical=True),
    "validity-around-now": field(not_valid_before=NOW + timedelta(days=1)),
    "key-usage-critical": relabelled(x509.KeyUsage, critical=False),
    "distribution-point": instead(ELSEWHERE, critical=False),
    "leaf-extensions": lambda builder: builder.add_extension(UNKNOWN, critical=False),
    "leaf-one-key-usage": instead(key_usage("digital_signature", "key_agreement"), critical=True),
    "leaf-one-extended-usage": instead(
        x509.ExtendedKeyUsage([SIG.extended, RULES.profiles[Purpose.TLS].extended]), critical=True
    ),
    "leaf-one-policy": instead(policies(SIG.policy, RULES.profiles[Purpose.TLS].policy), critical=True),
    "leaf-usages-critical": relabelled(x509.CertificatePolicies, critical=False),
    "leaf-name": instead(DNS, critical=True),
    "leaf-subject": field(subject_name=OTHER_NAME),
    "leaf-name-critical": relabelled(x509.SubjectAlternativeName, critical=False),
    "leaf-life": field(not_valid_after=NOW + timedelta(days=731)),
    "leaf-responder": instead(template.status_access("http://a.example/ocsp"), critical=False),
    "leaf-within-issuer": field(not_valid_after=NOW + timedelta(days=2000)),
}
ELSEWHERE_TESTED = {
    "version-3",  # the library builds no other
    "signature-algorithm",
    "point-uncompressed",  # likewise; read in tests/x509
    "leaf-issuer-may-vouch",
    "leaf-name-of-tenant",
    "leaf-key",
}


def shifted(change: Change, now: datetime) -> Change:
    """Mutants are written for ``NOW``; their dates move along with the world's."""

    def move(builder: Builder) -> Builder:
        changed = change(builder)
        dates = {
            name: value - NOW + now.replace(tzinfo=None)
            for name in ("not_valid_before", "not_valid_after")
            if (value := getattr(changed, f"_{name}")) != getattr(builder, f"_{name}")
        }
        return rebuilt(changed, **dates)

    return move


def test_what_the_template_makes_is_clean(world: World) -> None:
    assert findings(LEAF_LINTS, leaf(world, None, world.now)) == []


def test_every_lint_of_leaves_has_a_mutant() -> None:
    assert {lint.name for lint in LEAF_LINTS} == set(LEAF_MUTANTS) | ELSEWHERE_TESTED
    assert all(lint.source for lint in (*LEAF_LINTS, *AUTHORITY_LINTS))
    assert all(lint.source for lint in LIST_LINTS)


@pytest.mark.parametrize("name", LEAF_MUTANTS)
def test_a_mutant_leaf_is_found(world: World, name: str) -> None:
    mutant = leaf(world, shifted(LEAF_MUTANTS[name], world.now), world.now)
    assert name in findings(LEAF_LINTS, mutant)


def test_a_hash_that_is_not_listed(world: World) -> None:
    issuer = ec.generate_private_key(ec.SECP521R1())  # its own hash, SHA-512, is on no list of ours

    class Signer(SigningHandle):
        digest = hashes.SHA512()  # type: ignore[assignment]

    signer = Signer(issuer.public_key(), issuer.sign)
    assert "signature-algorithm" in findings(LEAF_LINTS, leaf(world, None, world.now, signer=signer))


@pytest.mark.parametrize("key", [P384, X25519PrivateKey.generate().public_key()])
def test_a_key_of_another_kind(world: World, key: object) -> None:
    assert "leaf-key" in findings(LEAF_LINTS, leaf(world, None, world.now, key=key))


def test_a_key_whose_time_is_over(world: World) -> None:
    late = datetime.fromisoformat("2034-02-01T00:00:00+00:00")
    assert "leaf-key" in findings(LEAF_LINTS, leaf(world, None, late))


def test_an_authority_that_may_not_vouch(world: World) -> None:
    assert "leaf-issuer-may-vouch" in findings(LEAF_LINTS, leaf(world, None, world.now, by="operator"))


def test_the_name_of_another_operator(world: World) -> None:
    order = RULES.profiles[Purpose.OPERATOR_ORDER]
    for name, found in (("Alliander", False), ("Enexis", True)):
        holder = Holder.operator(name)
        candidate = leaf(world, None, world.now, by="operator", profile=order, holder=holder)
        assert ("leaf-name-of-tenant" in findings(LEAF_LINTS, candidate)) is found


def authority(world: World, change: Change | None) -> Candidate:
    issuer = SoftwareKeystore(world.folder / "pki" / "root").certificate("root")[0]
    subject, point = organisation("Alliander", "device authority"), None
    builder = template.authority(DEVICE, subject, P384, serial=1 << 150, point=point, now=world.now)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())  # type: ignore[arg-type]
    builder = builder.issuer_name(issuer.subject).add_extension(identifier, critical=False)
    builder = change(builder) if change else builder
    signer = void_signer(issuer.public_key())  # type: ignore[arg-type]
    return Candidate(
        certificate=builder.sign(signer, signer.digest),
        profile=DEVICE,
        issuer=issuer,
        point=point,
        rules=RULES,
        now=world.now,
    )


def own_name(builder: Builder) -> Builder:
    return rebuilt(builder, subject_name=builder._issuer_name)


AUTHORITY_MUTANTS: dict[str, Change] = {
    "authority-extensions": lambda builder: builder.add_extension(UNKNOWN, critical=False),
    "authority-constraints": instead(x509.BasicConstraints(ca=True, path_length=1), critical=True),
    "authority-key-usage": instead(key_usage("key_cert_sign", "digital_signature"), critical=True),
    "authority-policies": instead(policies(RULES.profiles[Purpose.BIRTH].policy), critical=True),
    "authority-subject": field(subject_name=OTHER_NAME),
    "authority-own-name": own_name,
    "authority-life": field(not_valid_after=NOW + timedelta(days=4000)),
    "authority-key": field(public_key=KEY),
}


def test_every_lint_of_authorities_has_a_mutant(world: World) -> None:
    assert findings(AUTHORITY_LINTS, authority(world, None)) == []
    own = {lint.name for lint in AUTHORITY_LINTS} - {lint.name for lint in LEAF_LINTS}
    assert own == set(AUTHORITY_MUTANTS) | {"authority-below-issuer"}


@pytest.mark.parametrize("name", AUTHORITY_MUTANTS)
def test_a_mutant_authority_is_found(world: World, name: str) -> None:
    mutant = authority(world, shifted(AUTHORITY_MUTANTS[name], world.now))
    assert name in findings(AUTHORITY_LINTS, mutant)


def test_only_a_root_may_be_marked_for_development(world: World) -> None:
    """AT-45: a root, and the link by which another root vouches for it."""
    root = world.trust.anchors()[0]
    assert is_for_development(root)
    marked = organisation("Alliander", "device authority", unit="development")
    for label, found in (("device", True), ("root", False), ("link", False)):
        candidate = replace(authority(world, field(subject_name=marked)), profile=RULES.authorities[label])
        assert ("authority-subject" in findings(AUTHORITY_LINTS, candidate)) is found
    other = organisation("Alliander", "root", unit="production")
    candidate = replace(authority(world, field(subject_name=other)), profile=RULES.authorities["root"])
    assert "authority-subject" in findings(AUTHORITY_LINTS, candidate)


def test_an_issuing_authority_makes_no_authority(world: World) -> None:
    """AT-11 at the source: the path length of an issuing authority leaves no room."""
    issuing = Issuer(world.issuing(), "device", DEVICE, rules=RULES)
    with pytest.raises(LintError) as caught:
        issuing.certify_authority(P384, DEVICE, subject=organisation("Alliander", "rogue"), now=world.now)
    assert caught.value.findings == ["authority-below-issuer"]


def list_candidate(world: World, change: Callable[[Any], Any] | None) -> ListCandidate:
    issuer = Issuer(world.issuing(), "device", DEVICE, rules=RULES, address=LIST_ADDRESS)
    made = issuer.revocation_list([(5, world.now)], shard=1, number=9, begin=world.now, now=world.now)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(made.issuer)
        .last_update(made.last_update_utc)
        .next_update(made.next_update_utc)  # type: ignore[arg-type]
    )
    for extension in made.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    builder = change(builder) if change else builder
    signer = void_signer(issuer.public_key())
    return ListCandidate(
        revocation_list=builder.sign(signer, signer.digest),
        issuer=issuer.certificate,
        profile=DEVICE,
        point=issuer.point(1),
        rules=RULES,
        now=world.now,
    )


def list_field(**fields: Any) -> Callable[[Any], Any]:
    def change(builder: Any) -> Any:
        new = object.__new__(type(builder))
        new.__dict__.update(builder.__dict__ | {f"_{name}": value for name, value in fields.items()})
        return new

    return change


def list_without(kind: type[x509.ExtensionType]) -> Callable[[Any], Any]:
    def change(builder: Any) -> Any:
        kept = [each for each in builder._extensions if each.oid != kind.oid]
        return list_field(extensions=kept)(builder)

    return change


LIST_MUTANTS: dict[str, Callable[[Any], Any]] = {
    "list-issuer": list_field(issuer_name=OTHER_NAME),
    "list-number": list_without(x509.CRLNumber),
    "list-life": list_field(next_update=datetime.fromisoformat("2090-01-01T00:00:00")),
    "list-scope": list_without(x509.IssuingDistributionPoint),
    "list-extensions": lambda builder: builder.add_extension(x509.DeltaCRLIndicator(3), critical=True),
}


def test_every_lint_of_lists_has_a_mutant(world: World) -> None:
    assert findings(LIST_LINTS, list_candidate(world, None)) == []
    assert {lint.name for lint in LIST_LINTS} == set(LIST_MUTANTS) | {"list-algorithm"}


@pytest.mark.parametrize("name", LIST_MUTANTS)
def test_a_mutant_list_is_found(world: World, name: str) -> None:
    assert name in findings(LIST_LINTS, list_candidate(world, LIST_MUTANTS[name]))


def test_what_breaks_its_profile_is_not_signed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A template that went wrong: no signature by the real key, nothing on the register."""
    world.site.equip(TITLE, world.now)
    before = world.site.authority.issued(str(TITLE))
    made = template.leaf

    def wrong(*arguments: Any, **named: Any) -> Builder:
        return without(x509.ExtendedKeyUsage)(made(*arguments, **named))

    signed: list[object] = []
    sign = SigningHandle.sign

    def spy(handle: SigningHandle, data: bytes, algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        signed.append(handle)
        return sign(handle, data, algorithm)

    with monkeypatch.context() as patch:
        patch.setattr(template, "leaf", wrong)
        patch.setattr(SigningHandle, "sign", spy)
        with pytest.raises(LintError) as caught:
            world.site.authority.certify_server("a.example", KEY, world.now)
    assert "leaf-one-extended-usage" in caught.value.findings
    assert len(signed) == 1  # the void one
    assert world.site.authority.issued(str(TITLE)) == before == []
    assert world.site.authority.issued("a.example") == []
    world.site.authority.certify_server("a.example", KEY, world.now)


def test_a_void_signature_verifies_nowhere(world: World) -> None:
    candidate = leaf(world, None, world.now)
    assert candidate.issuer is not None
    with pytest.raises(InvalidSignature):
        candidate.certificate.verify_directly_issued_by(candidate.issuer)
