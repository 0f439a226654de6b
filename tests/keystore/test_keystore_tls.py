"""TLS between gateway and head-end over real sockets: 1.3, both sides certified, revocation seen at once."""

import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from meterkast.model.errors import LocalError
from meterkast.outside.keystore import FreshContext, SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from pki.world import World

HEADEND = "headend.meterkast.internal"


def converse(server: ssl.SSLContext, client: ssl.SSLContext, name: str = HEADEND) -> str:
    """The version both agree on; raises where either side refuses the other."""
    near, far = socket.socketpair()
    near.settimeout(5)
    far.settimeout(5)

    def serve() -> None:
        try:
            with server.wrap_socket(far, server_side=True) as tls:
                tls.sendall(tls.recv(1))
        finally:
            far.close()

    with ThreadPoolExecutor(1) as pool:
        served = pool.submit(serve)
        try:
            with client.wrap_socket(near, server_hostname=name) as tls:
                tls.sendall(b"?")
                assert tls.recv(1) == b"?"
                version = tls.version()
        finally:
            near.close()
        served.result()
    assert version is not None
    return version


def server_context(world: World) -> ssl.SSLContext:
    return world.headend().tls_context("tls", trust=world.trust, server_side=True)


def client_context(world: World, keystore: SoftwareKeystore, label: str = "tls") -> ssl.SSLContext:
    return keystore.tls_context(label, trust=world.trust, server_side=False)


def test_both_sides_accept_each_other(world: World) -> None:
    assert converse(server_context(world), client_context(world, world.enrolled())) == "TLSv1.3"


@pytest.mark.parametrize("label", ["birth", "sig", "enc"])
def test_other_certificates_of_the_gateway_are_refused(world: World, label: str) -> None:
    with pytest.raises((ssl.SSLError, OSError)):
        converse(server_context(world), client_context(world, world.enrolled(), label))


def test_a_server_certificate_is_no_client_certificate(world: World) -> None:
    with pytest.raises((ssl.SSLError, OSError)):
        converse(server_context(world), client_context(world, world.headend()))


def test_a_gateway_is_no_server_and_a_server_has_its_own_name(world: World) -> None:
    gateway = world.enrolled()
    posing = gateway.tls_context("tls", trust=world.trust, server_side=True)
    with pytest.raises(ssl.SSLCertVerificationError):
        converse(posing, client_context(world, gateway))
    with pytest.raises(ssl.SSLCertVerificationError):
        converse(server_context(world), client_context(world, gateway), "pki.meterkast.internal")


def test_a_client_without_certificate_is_refused(world: World) -> None:
    bare = ssl.create_default_context(cafile=str(world.trust.path / "anchors.pem"))
    with pytest.raises((ssl.SSLError, OSError)):
        converse(server_context(world), bare)


def test_tls_1_2_is_refused(world: World) -> None:
    client = client_context(world, world.enrolled())
    client.minimum_version = ssl.TLSVersion.TLSv1_2
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, OSError)):
        converse(server_context(world), client)


def test_a_revoked_gateway_is_refused_at_its_next_connection(world: World) -> None:
    keystore = world.enrolled()
    server = FreshContext(world.headend(), "tls", trust=world.trust, server_side=True)
    client = client_context(world, keystore)
    converse(server(), client)
    assert server() is server()
    world.site.authority.revoke(keystore.certificate("tls")[0].serial_number, world.now)
    with pytest.raises((ssl.SSLError, OSError)):
        converse(server(), client)


def test_a_revoked_headend_is_refused_by_the_gateway(world: World) -> None:
    client = FreshContext(world.enrolled(), "tls", trust=world.trust, server_side=False)
    server = server_context(world)
    converse(server, client())
    world.site.authority.revoke(world.headend().certificate("tls")[0].serial_number, world.now)
    with pytest.raises(ssl.SSLCertVerificationError, match="revoked"):
        converse(server, client())


@pytest.mark.parametrize("name", ["root.crl.pem", "device.crl.pem"])
def test_a_missing_list_closes_the_door(world: World, name: str) -> None:
    keystore = world.enrolled()
    (world.trust.path / name).unlink()
    with pytest.raises((ssl.SSLError, OSError)):
        converse(server_context(world), client_context(world, keystore))


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
