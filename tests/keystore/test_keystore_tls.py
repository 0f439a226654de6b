"""TLS between gateway and head-end over real sockets: 1.3, both sides certified, revocation seen at once."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509

from keystore.softhsm import needs_softhsm, token_in
from meterkast.model.errors import LocalError, TrustError
from meterkast.outside.keystore import FreshContext, KeyKind, Keystore, SealedKeystore
from meterkast.outside.tls import TlsContext
from meterkast.outside.tls.stream import TlsStream
from meterkast.outside.trust import TrustFolder
from outside.tls_house import NAME, TlsHouse
from pki.world import World

HEADEND = "headend.meterkast.internal"


def converse(server: TlsContext, client: TlsContext, name: str = HEADEND) -> str:
    """Version and group both agree on; raises where either side refuses the other."""
    near, far = socket.socketpair()
    near.settimeout(5)
    far.settimeout(5)

    def serve() -> None:
        try:
            with TlsStream(far, server.session("the client")) as tls:
                octets = bytearray(1)
                tls.readinto(octets)
                tls.write(octets)
        finally:
            far.close()

    with ThreadPoolExecutor(1) as pool:
        served = pool.submit(serve)
        try:
            with TlsStream(near, client.session("the server", name)) as tls:
                tls.write(b"?")
                assert tls.read(1) == b"?"
                agreed = f"{tls.version} {tls.group}"
        finally:
            near.close()
        served.result()
    return agreed


def server_context(world: World) -> TlsContext:
    return world.headend().tls_context("tls", trust=world.trust, server_side=True)


def client_context(world: World, keystore: Keystore, label: str = "tls") -> TlsContext:
    return keystore.tls_context(label, trust=world.trust, server_side=False)


def test_both_sides_accept_each_other(world: World) -> None:
    """With no policy named, hybrid is what both insist on."""
    agreed = converse(server_context(world), client_context(world, world.enrolled()))
    assert agreed == "TLSv1.3 X25519MLKEM768"
    fresh = FreshContext(world.headend(), "tls", trust=world.trust, server_side=True)
    assert fresh().policy.hybrid_required


@pytest.mark.parametrize("label", ["birth", "sig", "enc"])
def test_other_certificates_of_the_gateway_are_refused(world: World, label: str) -> None:
    with pytest.raises(TrustError):
        converse(server_context(world), client_context(world, world.enrolled(), label))


def test_a_server_certificate_is_no_client_certificate(world: World) -> None:
    with pytest.raises(TrustError):
        converse(server_context(world), client_context(world, world.headend()))


def test_a_gateway_is_no_server_and_a_server_has_its_own_name(world: World) -> None:
    gateway = world.enrolled()
    posing = gateway.tls_context("tls", trust=world.trust, server_side=True)
    with pytest.raises(TrustError):
        converse(posing, client_context(world, gateway))
    with pytest.raises(TrustError):
        converse(server_context(world), client_context(world, gateway), "pki.meterkast.internal")


def test_a_revoked_gateway_is_refused_at_its_next_connection(world: World) -> None:
    keystore = world.enrolled()
    server = FreshContext(world.headend(), "tls", trust=world.trust, server_side=True)
    client = client_context(world, keystore)
    converse(server(), client)
    assert server() is server()
    world.site.authority.revoke(keystore.certificate("tls")[0].serial_number, world.now)
    with pytest.raises(TrustError):
        converse(server(), client)


def test_a_revoked_headend_is_refused_by_the_gateway(world: World, caplog: pytest.LogCaptureFixture) -> None:
    client = FreshContext(world.enrolled(), "tls", trust=world.trust, server_side=False)
    server = server_context(world)
    converse(server, client())
    world.site.authority.revoke(world.headend().certificate("tls")[0].serial_number, world.now)
    with pytest.raises(TrustError):
        converse(server, client())
    assert "tls-refused peer=the server reason=revoked" in caplog.text


def shard_of(keystore: Keystore) -> str:
    """The one file in which the gateway's TLS certificate would be revoked."""
    points = keystore.certificate("tls")[0].extensions.get_extension_for_class(x509.CRLDistributionPoints)
    names = points.value[0].full_name
    assert names is not None
    return Path(str(names[0].value)).name + ".pem"


@pytest.mark.parametrize("missing", ["root", "shard"])
def test_a_missing_list_closes_the_door(world: World, missing: str) -> None:
    """Only that list: those of other shards do not stand for it."""
    keystore = world.enrolled()
    client = client_context(world, keystore)
    converse(server_context(world), client)
    name = "root.crl.pem" if missing == "root" else shard_of(keystore)
    (world.trust.path / name).unlink()
    with pytest.raises(TrustError):
        converse(server_context(world), client)


def test_no_context_without_trust_or_certificate(world: World) -> None:
    keystore = world.enrolled()
    with pytest.raises(LocalError) as caught:
        keystore.tls_context("tls", trust=TrustFolder(world.folder / "nowhere"), server_side=False)
    assert caught.value.code == "trust-missing"
    with pytest.raises(LocalError):
        keystore.tls_context("none", trust=world.trust, server_side=False)
    (world.trust.path / "device.crl.pem").write_text("garbage")
    with pytest.raises(LocalError) as caught:
        keystore.tls_context("tls", trust=world.trust, server_side=False)
    assert caught.value.code == "keystore-tls-unusable"


def test_a_key_that_is_not_for_tls(world: World) -> None:
    keystore = world.enrolled()
    keystore.generate("root", KeyKind.ML_DSA_44)
    with pytest.raises(LocalError):
        keystore.tls_context("root", trust=world.trust, server_side=False)


def test_many_threads_share_one_fresh_context(world: World) -> None:
    fresh = FreshContext(world.headend(), "tls", trust=world.trust, server_side=True)
    barrier, seen = threading.Barrier(4), set()

    def ask() -> None:
        barrier.wait(5)
        seen.add(id(fresh()))

    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(ask) for _ in range(4)]:
            each.result()
    assert len(seen) == 1


@needs_softhsm
def test_a_sealed_key_shakes_hands_without_ever_lying_in_a_file(tmp_path: Path) -> None:
    house = TlsHouse.build(tmp_path)
    with token_in(tmp_path / "hsm") as hsm:
        sealed = SealedKeystore(hsm.module, hsm.label, hsm.pin, tmp_path / "sealed")
        house.certify(sealed, "client")
        context = sealed.tls_context("client", trust=house.trust, server_side=False)
        assert converse(house.server()(), context, NAME) == "TLSv1.3 X25519MLKEM768"
    assert not any(b"PRIVATE KEY" in path.read_bytes() for path in sealed.folder.iterdir())
