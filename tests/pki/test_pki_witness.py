"""Whoever is to see every certificate sees it before it counts: a log, the centre."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select

from meterkast.console.cli.pki.centre import centre_witness
from meterkast.model.errors import TrustError, UnreachableError
from meterkast.model.identity import SystemTitle
from meterkast.outside.database import schema
from meterkast.outside.database.engine import engine, reading
from meterkast.outside.database.migrations import upgrade
from meterkast.outside.keystore import KeyKind, Keystore
from meterkast.pki import Authority, IssuedCertificate
from meterkast.pki.authority import Witness
from meterkast.protocols.x509 import Purpose, key_id
from pki.world import OTHER, TITLE, World, request

SIG = Purpose.SIG


def watched(world: World, witness: Witness) -> Authority:
    return Authority(world.folder / "pki", world.trust, witness=witness)


def gateway(world: World, title: SystemTitle = TITLE) -> Keystore:
    keystore = world.site.equip(title, world.now)
    for label in ("sig", "enc"):
        keystore.generate(label, KeyKind.EC_P256)
    return keystore


def test_it_sees_each_certificate_once(world: World) -> None:
    seen: list[IssuedCertificate] = []
    authority, keystore = watched(world, seen.extend), gateway(world)
    der = request(keystore, "sig")
    first = authority.issue(der, SIG, TITLE, world.now)
    assert authority.issue(der, SIG, TITLE, world.now) == first
    assert [each.certificate for each in seen] == first[:1]


def test_what_it_does_not_take_is_not_issued(world: World) -> None:
    def refuse(_: Sequence[IssuedCertificate]) -> None:
        raise UnreachableError("log-unreachable", "The log does not answer.")

    keystore = gateway(world)
    with pytest.raises(UnreachableError):
        watched(world, refuse).issue(request(keystore, "sig"), SIG, TITLE, world.now)
    assert world.site.authority.issued(str(TITLE)) == []
    world.site.authority.issue(
        request(keystore, "sig"), SIG, TITLE, world.now
    )  # the admission is still there


def test_many_at_once_are_one_transaction(world: World) -> None:
    """Whoever is refused holds up no other; the witness sees all of them in one go."""
    calls: list[int] = []
    authority = watched(world, lambda issued: calls.append(len(issued)))
    ours, theirs = gateway(world), gateway(world, OTHER)
    answers = authority.issue_all(
        [
            (request(ours, "sig"), SIG, TITLE),
            (request(ours, "sig"), SIG, TITLE),
            (b"\x30\x00", SIG, OTHER),
            (request(theirs, "sig"), SIG, OTHER),
            (request(theirs, "enc"), SIG, OTHER),
        ],
        world.now,
    )
    kinds = [each.holder if isinstance(each, IssuedCertificate) else each.code for each in answers]
    assert kinds == [str(TITLE), str(TITLE), "pki-request-malformed", str(OTHER), "pki-not-admitted"]
    assert calls == [2]
    assert isinstance(answers[4], TrustError)


def test_the_centre_knows_a_signing_key_before_it_signs(world: World) -> None:
    assert centre_witness(world.folder) is None
    path: Path = world.folder / "centre" / "centre.sqlite"
    path.parent.mkdir()
    database = engine(path)
    upgrade(database)
    witness = centre_witness(world.folder)
    assert witness is not None
    authority, keystore = watched(world, witness), gateway(world)
    sig = authority.issue(request(keystore, "sig"), SIG, TITLE, world.now)[0]
    authority.issue(request(keystore, "enc"), Purpose.ENC, TITLE, world.now)
    with reading(database) as connection:
        rows = connection.execute(select(schema.certificate)).all()
    assert [(row.key_id, row.holder, row.purpose, row.der) for row in rows] == [
        (key_id(sig), str(TITLE), "sig", sig.public_bytes(Encoding.DER))
    ]
