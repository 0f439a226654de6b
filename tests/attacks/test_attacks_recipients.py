"""Who can open an envelope: nobody but the operator, and by nothing weaker than agreed (AT-33, AT-50)."""

import os
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey
from cryptography.x509.oid import NameOID

from attacks.attacked import OTHER, Attack, Chain, bounded, named
from headend.uplink import notification
from mdm.one_home import GATEWAY, OPERATOR, day_block
from mdm.sealed import SealingGateway
from meterkast.gateway.sealing import Sealer
from meterkast.gateway.settings import GatewaySettings, HeadEndAddress
from meterkast.headend.registry import Registry
from meterkast.model.errors import LocalError, TrustError
from meterkast.outside.database.engine import writing
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.trust import OPERATOR_ENC
from meterkast.pki.site import Site
from meterkast.protocols.envelope import RecipientKey, parse
from meterkast.protocols.envelope.limits import KEY_ID, RECIPIENT
from meterkast.protocols.x509.profile import SUBJECT_ALT_PUBLIC_KEY

MLKEM_SHARE = 1088
"""Octets of the ML-KEM-768 ciphertext, with which each sealed key begins (X-Wing)."""


def vendor_key(key_id: bytes = b"vendor!!") -> RecipientKey:
    mlkem, x25519 = MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()
    return RecipientKey(key_id=key_id, key=MLKEM768X25519PublicKey(mlkem.public_key(), x25519.public_key()))


def sealed_for(recipients: Callable[[SealingGateway], list[RecipientKey]]) -> Callable[[Chain], bytes]:
    def make(chain: Chain) -> bytes:
        gateway = chain.gateway
        return notification(2, gateway.envelope(2, day_block(), recipients=recipients(gateway)))

    return make


def resigned(change: Callable[[bytes], bytes]) -> Callable[[Chain], bytes]:
    """The gateway itself, or whoever holds its key, signs other octets than it sealed."""

    def make(chain: Chain) -> bytes:
        outer = change(chain.gateway.envelope(2, day_block())[:-64])
        return notification(2, outer + chain.gateway.keystore.sign("sig", outer))

    return make


def at_recipients(outer: bytes) -> int:
    """Offset of the number of recipients."""
    return len(parse(outer + bytes(64)).header.encode())


def algorithm(place: int, number: int) -> Callable[[bytes], bytes]:
    return lambda outer: outer[: 5 + place] + bytes((number,)) + outer[6 + place :]


def with_an_empty_share(outer: bytes) -> bytes:
    start = at_recipients(outer) + 1 + KEY_ID
    return outer[:start] + bytes(MLKEM_SHARE) + outer[start + MLKEM_SHARE :]


def without_the_share(outer: bytes) -> bytes:
    start = at_recipients(outer) + 1 + KEY_ID
    return outer[:start] + outer[start + MLKEM_SHARE :]


def without_recipients(outer: bytes) -> bytes:
    start = at_recipients(outer)
    return outer[:start] + b"\0" + outer[start + 1 + RECIPIENT :]


ATTACKS = [
    Attack(
        id="AT-33 vendor reads along",
        make=sealed_for(lambda gateway: [gateway.recipient(), vendor_key()]),
        code="envelope-recipient-foreign",
    ),
    Attack(
        id="AT-33 vendor alone",
        make=sealed_for(lambda _: [vendor_key()]),
        code="envelope-recipient-foreign",
    ),
    Attack(
        id="AT-33 vendor under the operator's name",
        make=sealed_for(lambda gateway: [vendor_key(gateway.recipient().key_id)]),
        code="envelope-not-opened",
    ),
    *(
        Attack(
            id=f"AT-50 {part} algorithm {number}",
            make=resigned(algorithm(place, number)),
            code="envelope-malformed",
            room="headend",
        )
        for place, part in enumerate(("signature", "sealing", "content"))
        for number in (0, 2)
    ),
    Attack(id="AT-50 share of zeros", make=resigned(with_an_empty_share), code="envelope-not-opened"),
    Attack(
        id="AT-50 share cut out",
        make=resigned(without_the_share),
        code="envelope-malformed",
        room="headend",
    ),
    Attack(
        id="AT-50 no recipients",
        make=resigned(without_recipients),
        code="envelope-malformed",
        room="headend",
    ),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=named(ATTACKS))
async def test_at_the_centre(chain: Chain, attack: Attack) -> None:
    await attack.run(chain)


async def test_at_50_the_changes_are_what_the_rows_say(chain: Chain) -> None:
    """Changed into itself an envelope is taken: the rows fail for what they change."""
    await chain.takes(chain.gateway.envelope(1, day_block()))
    whole = resigned(algorithm(1, 1))(chain)
    await chain.takes(whole[-len(chain.gateway.envelope(2, day_block())) :])


async def test_at_50_a_floor_under_one_device(chain: Chain) -> None:
    """No better algorithm than today's is known, so the floor stands above it to be seen at work."""
    other = chain.other()
    await chain.takes(chain.gateway.envelope(1))
    with writing(chain.database) as connection:
        Registry(connection).raise_sealing_floor(GATEWAY, 2)
    await chain.rejects(notification(2, chain.gateway.envelope(2, day_block())), "envelope-below-floor")
    await chain.takes(other.envelope(1), by=other)


def test_at_50_a_floor_only_rises(chain: Chain) -> None:
    with writing(chain.database) as connection:
        register = Registry(connection)
        register.raise_sealing_floor(GATEWAY, 2)
        register.raise_sealing_floor(GATEWAY, 2)
        for title, floor in ((GATEWAY, 1), (OTHER, 3)):
            with pytest.raises(LocalError) as caught:
                register.raise_sealing_floor(title, floor)
            assert caught.value.code == "registry-floor-falls"
    assert [row[-1] for row in chain.everything()["gateway"]] == [2]


def sealer(site: Site) -> Sealer:
    """The sealing half of the gateway."""
    folder = site.folder / "gateways" / str(GATEWAY)
    settings = GatewaySettings(
        title=GATEWAY,
        operator=OPERATOR,
        folder=folder,
        trust=site.folder / "trust",
        headend=HeadEndAddress(host="127.0.0.1", port=1, server_name="nobody"),
    )
    return Sealer(settings, SoftwareKeystore(folder / "keystore"), site.trust, os.urandom)


def remade(
    site: Site, *, without: str = "", subject: str = OPERATOR, signed_by: object = None
) -> x509.Certificate:
    """The operator's certificate once more, less one extension, in another name or by another authority."""
    genuine = site.trust.operator_enc()[0]
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(genuine.issuer)
        .serial_number(x509.random_serial_number())
        .public_key(genuine.public_key())
        .not_valid_before(genuine.not_valid_before_utc)
        .not_valid_after(genuine.not_valid_after_utc)
    )
    for extension in genuine.extensions:
        value = extension.value
        if isinstance(value, x509.SubjectAlternativeName):
            value = x509.SubjectAlternativeName([x509.DirectoryName(name)])
        if extension.oid.dotted_string != without:
            builder = builder.add_extension(value, critical=extension.critical)
    key = signed_by or SoftwareKeystore(site.folder / "pki" / "issuing").signer("operator")
    return builder.sign(key, hashes.SHA384())  # type: ignore[arg-type]


def own_certificate(site: Site) -> x509.Certificate:
    """A genuine one of our PKI, for something else."""
    return SoftwareKeystore(site.folder / "headend" / "keystore").certificate("tls")[0]


RECIPIENTS: dict[str, tuple[Callable[[Site], x509.Certificate], str]] = {
    "AT-33 of a vendor": (
        lambda site: remade(site, subject="KFM", signed_by=ec.generate_private_key(ec.SECP384R1())),
        "certificate-untrusted",
    ),
    "AT-33 in the name of a supplier": (
        lambda site: remade(site, subject="Supplier BV"),
        "certificate-identity",
    ),
    "AT-33 for something else": (own_certificate, "certificate-purpose"),
    "AT-50 without its ML-KEM half": (
        lambda site: remade(site, without=SUBJECT_ALT_PUBLIC_KEY.dotted_string),
        "certificate-purpose",
    ),
}


@pytest.mark.parametrize("name", RECIPIENTS)
def test_at_build_time(site: Site, name: str) -> None:
    """Nothing is sealed to whoever has got a certificate into the gateway's trust folder."""
    make, code = RECIPIENTS[name]
    gateway, moment = sealer(site), datetime.now(UTC)
    site.trust.publish(OPERATOR_ENC, [remade(site)])  # control: the forger changes nothing
    assert parse(gateway.seal(b"day", counter=1, created=0, now=moment)).recipients
    site.trust.publish(OPERATOR_ENC, [make(site)])
    with bounded(), pytest.raises(TrustError) as caught:
        gateway.seal(b"day", counter=2, created=0, now=moment)
    assert (caught.value.code, caught.value.message) == (code, "The certificate is not accepted.")
