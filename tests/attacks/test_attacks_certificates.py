"""Certificates that do not speak for the sender, at the head-end and at the intake (AT-07 to AT-13).

At the intake somebody has got the certificate into the register already: it must not help.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import delete

from attacks.attacked import PATIENCE, Attack, Chain, bounded, named
from headend.uplink import dial, notification
from mdm.one_home import GATEWAY, day_block
from mdm.sealed import now
from meterkast.headend.registry import Registry
from meterkast.model.errors import TrustError
from meterkast.outside.database import schema
from meterkast.outside.database.engine import writing
from meterkast.protocols.x509 import PROFILES, Purpose
from meterkast.protocols.x509.identity import hardware_module_name
from meterkast.protocols.x509.profile import Use
from x509.forge import Extensions, forge, key_usage, list_address, policies
from x509.test_x509_attacks import genuine, resigned, with_key

HANDSHAKE_SECONDS = 0.5
"""Processor time of both ends for a handshake that is refused."""


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def named_by(chain: Chain, certificate: bytes, *, key: str = "sig") -> bytes:
    """A message whose envelope names this certificate, which the register has as one for signatures."""
    identity = sha256(certificate).digest()[:8]
    with writing(chain.database) as connection:
        connection.execute(delete(schema.certificate).where(schema.certificate.c.key_id == identity))
        Registry(connection).add_certificate(identity, str(GATEWAY), Purpose.SIG, certificate, now=0)
    return notification(2, chain.envelope(2, signed_by=key, signer=identity))


def made_for(purpose: str) -> Callable[[Chain], bytes]:
    """The gateway's own genuine certificate for something else, and its key."""

    def make(chain: Chain) -> bytes:
        return named_by(chain, der(chain.gateway.certificate(purpose)), key=purpose)

    return make


def by_another_device(chain: Chain) -> bytes:
    return notification(2, chain.other().envelope(2, day_block(), title=GATEWAY))


def of_a_rogue_authority(chain: Chain) -> bytes:
    """A gateway plays authority: its signing key signs a certificate in the name of another."""
    keystore = chain.gateway.keystore
    leaf = forge(
        keystore.certificate("sig")[0],
        keystore.signer("sig"),
        keystore.public_key("sig"),
        extensions(Purpose.SIG),
        now(),
        algorithm=hashes.SHA256(),
    )
    return named_by(chain, der(leaf))


def with_another_curve(chain: Chain) -> bytes:
    key = ec.generate_private_key(ec.BrainpoolP256R1()).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return named_by(chain, with_key(chain.world, spki))


def with_a_point_off_the_curve(chain: Chain) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return named_by(chain, with_key(chain.world, spki[:-1] + bytes([spki[-1] ^ 1])))


def of_an_unknown_version(chain: Chain) -> bytes:
    """The library has an error of its own for it, which is no ValueError."""
    certificate = resigned(
        chain.world,
        genuine(chain.world),
        lambda contents: contents.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x03", 1),
    )
    return named_by(chain, certificate)


def of_no_certificate(chain: Chain) -> bytes:
    return named_by(chain, b"\x30\x03\x02\x01\x05")


AT_THE_INTAKE = [
    Attack(id="AT-07 by another device", make=by_another_device, code="envelope-identity-mismatch"),
    Attack(id="AT-10 made for TLS", make=made_for("tls"), code="certificate-purpose"),
    Attack(id="AT-10 made at birth", make=made_for("birth"), code="certificate-purpose"),
    Attack(id="AT-11 rogue authority", make=of_a_rogue_authority, code="certificate-untrusted"),
    Attack(id="AT-12 brainpool", make=with_another_curve, code="certificate-key"),
    Attack(id="AT-13 off the curve", make=with_a_point_off_the_curve, code="certificate-key"),
    Attack(id="AT-11 version 4", make=of_an_unknown_version, code="certificate-malformed"),
    Attack(id="AT-13 no certificate", make=of_no_certificate, code="certificate-malformed"),
]


@pytest.mark.parametrize("attack", AT_THE_INTAKE, ids=named(AT_THE_INTAKE))
async def test_at_the_intake(chain: Chain, attack: Attack) -> None:
    await attack.run(chain)


async def test_at_07_the_forgers_own_certificate_is_believed_where_it_changes_nothing(chain: Chain) -> None:
    """So that the rows above fail for what they say, and not because everything forged does."""
    await chain.takes(chain.gateway.envelope(1, day_block()))
    certificate = genuine(chain.world)
    message = named_by(chain, der(certificate))
    await chain.rejects(message, "envelope-signature-wrong")  # believed: only the key is not ours


async def test_at_07_over_its_own_connection(chain: Chain) -> None:
    """Another genuine gateway delivers what says it is ours."""
    other = chain.other()
    await chain.takes(other.envelope(1), by=other)
    attack = notification(2, other.envelope(2, day_block(), title=GATEWAY))
    await chain.rejects(
        attack, "headend-identity-mismatch", room="headend", by=other, claimed=str(other.title)
    )
    await chain.takes(chain.gateway.envelope(2, day_block()))


@pytest.mark.parametrize(
    ("days", "code"),
    [(2000, "certificate-expired"), (-1, "certificate-not-yet-valid")],
    ids=["ended with its authority", "not begun"],
)
async def test_at_09_at_the_intake(chain: Chain, days: int, code: str) -> None:
    await chain.takes(chain.gateway.envelope(1))
    envelope = chain.gateway.envelope(2, day_block())
    then = chain.intake_at((now() + timedelta(days=days)).timestamp())
    await chain.rejects(notification(2, envelope), code, intake=then)
    await chain.takes(chain.gateway.envelope(3, day_block()))


def extensions(purpose: Purpose) -> Extensions:
    """What a certificate of this gateway for this purpose has."""
    profile = PROFILES[purpose]
    return {
        "use": (key_usage(Use.SIGNATURE), True),
        "extended": (x509.ExtendedKeyUsage([profile.extended]), True),
        "policy": (policies(profile.policy), True),
        "name": (x509.SubjectAlternativeName([hardware_module_name(GATEWAY)]), True),
    }


def forged(chain: Chain, since: datetime, days: int) -> bytes:
    """A certificate for TLS by our own device authority, for another time; PEM."""
    issuing = chain.world.issuing()
    certificate = forge(
        issuing.certificate("device")[0],
        issuing.signer("device"),
        chain.gateway.keystore.public_key("tls"),
        extensions(Purpose.TLS),
        since,
        days=days,
        address=list_address("device-0"),
    )
    return (certificate.public_bytes(Encoding.PEM)) + issuing.certificate("device")[0].public_bytes(
        Encoding.PEM
    )


def copied(label: str) -> Callable[[Chain], None]:
    """Key and certificate of another label in the place of those for TLS."""

    def change(chain: Chain) -> None:
        folder = chain.gateway.keystore.folder
        for suffix in (".key.pem", ".crt.pem"):
            (folder / f"tls{suffix}").write_bytes((folder / f"{label}{suffix}").read_bytes())

    return change


def at_another_time(days_from_now: int, days: int) -> Callable[[Chain], None]:
    def change(chain: Chain) -> None:
        pem = forged(chain, now() + timedelta(days=days_from_now), days)
        (chain.gateway.keystore.folder / "tls.crt.pem").write_bytes(pem)

    return change


def revoked(chain: Chain) -> None:
    chain.site.authority.revoke(chain.gateway.certificate("tls").serial_number, now())


@dataclass(frozen=True, slots=True)
class Handshake:
    """A row: how the gateway's certificate for TLS is spoiled, and the reason in the event."""

    id: str
    change: Callable[[Chain], None]
    reason: str


HANDSHAKES = [
    Handshake("AT-08 revoked", revoked, "revoked"),
    Handshake("AT-09 ended", at_another_time(-10, 5), "expired"),
    Handshake("AT-09 not begun", at_another_time(10, 5), "not-yet-valid"),
    Handshake("AT-10 for signatures", copied("sig"), "purpose"),
    Handshake("AT-10 of birth", copied("birth"), "untrusted"),
]


@pytest.mark.parametrize("case", HANDSHAKES, ids=[each.id for each in HANDSHAKES])
async def test_at_the_head_end(chain: Chain, case: Handshake, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "meterkast.tls")
    other = chain.other()
    await chain.takes(other.envelope(1), by=other)
    before, on_bus = chain.everything(), chain.bus.last()
    case.change(chain)
    with bounded(HANDSHAKE_SECONDS):
        await hung_up_on(chain)
    assert (chain.everything(), chain.bus.last(), len(chain.events())) == (before, on_bus, 0)
    ours = f"peer=127.0.0.1:{listening_port(chain)} "  # what the client says of the head-end
    tls = [each.message for each in caplog.records if each.name == "meterkast.tls"]
    (event,) = [each for each in tls if ours not in each]
    assert event.startswith("tls-refused peer=127.0.0.1:")
    assert event.endswith(f"reason={case.reason}")
    await chain.takes(other.envelope(2), by=other)


async def hung_up_on(chain: Chain) -> None:
    """With TLS 1.3 the client learns only after its handshake that its certificate was not accepted."""
    async with asyncio.timeout(PATIENCE):
        with suppress(TrustError):
            uplink = await dial(chain.gateway, chain.settings.endpoint)
            assert await uplink.answer() is None
            await uplink.link.close()


def listening_port(chain: Chain) -> int:
    return int(json.loads(chain.settings.endpoint.read_text())["port"])


async def test_at_09_the_control_of_the_forged_certificates(chain: Chain) -> None:
    """The forger's certificate for now opens a connection."""
    at_another_time(0, 5)(chain)
    await chain.takes(chain.gateway.envelope(1))
