"""A key that is destroyed is gone, with its certificate, and nothing else is."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from docs.pages import ROOT
from keystore.softhsm import SoftHsm, needs_softhsm, token_in
from meterkast.model.errors import LocalError, MeterkastError, UnreachableError
from meterkast.outside.keystore import KeyKind, Keystore, open_keystore

UNKNOWN = LocalError, "keystore-label-unknown"
IN_TOKEN = 'kind = "pkcs11"\n'
SEALED = 'kind = "sealed"\n'
DIVIDED = 'kind = "pkcs11"\nsealed = ["tls"]\n'
TOKENS = [IN_TOKEN, SEALED, DIVIDED]
KINDS = [
    pytest.param('kind = "software"', id="software"),
    pytest.param(IN_TOKEN, id="pkcs11", marks=needs_softhsm),
    pytest.param(SEALED, id="sealed", marks=needs_softhsm),
    pytest.param(DIVIDED, id="divided", marks=needs_softhsm),
]

Open = Callable[[], Keystore]


@pytest.fixture
def hsm(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[SoftHsm | None]:
    if request.param not in TOKENS:
        yield None
        return
    with token_in(tmp_path / "hsm") as hsm:
        yield hsm


@pytest.fixture
def opened(tmp_path: Path, hsm: SoftHsm | None, request: pytest.FixtureRequest) -> Open:
    """The same keystore, opened anew at every call."""
    folder = tmp_path / "keystore"
    folder.mkdir(mode=0o700)
    text = request.node.callspec.params["hsm"]
    if hsm is not None:
        (tmp_path / "pin").write_text(hsm.pin())
        (tmp_path / "pin").chmod(0o600)
        text += f'module = "{hsm.module}"\ntoken = "{hsm.label}"\npin-file = "../pin"\n'
    (folder / "keystore.toml").write_text(text)
    return lambda: open_keystore(folder)


def refusal(attempt: Callable[[], object]) -> tuple[type[MeterkastError], str]:
    with pytest.raises(MeterkastError) as caught:
        attempt()
    return type(caught.value), caught.value.code


def make(keystore: Keystore, label: str) -> x509.Certificate:
    keystore.generate(label, KeyKind.EC_P256)
    signer, now = keystore.signer(label), datetime.now(UTC)
    name = x509.Name([])
    builder = x509.CertificateBuilder(name, name, signer.public_key(), 1, now, now + timedelta(days=1))
    certificate = builder.sign(signer, signer.digest)
    keystore.put_certificate(label, [certificate])
    return certificate


def objects(hsm: SoftHsm, label: str) -> int:
    """How many the token has under this label: asked of the token, not of our own code."""
    import pkcs11
    from pkcs11 import Attribute

    with pkcs11.lib(str(hsm.module)).get_token(token_label=hsm.label).open() as session:
        return len(list(session.get_objects({Attribute.LABEL: label})))


@pytest.mark.parametrize("hsm", KINDS, indirect=True)
@pytest.mark.parametrize("label", ["sig", "tls"])
def test_it_is_gone_and_the_others_are_not(opened: Open, hsm: SoftHsm | None, label: str) -> None:
    keystore = opened()
    make(keystore, label)
    kept = {each: make(keystore, each) for each in (f"{label}-g2", f"{label}2", "birth")}
    keystore.put_secret(label, b"a secret of the same name")
    assert keystore.sign(label, b"")
    keystore.destroy(label)
    keystore.destroy(label)  # and that is all
    for each in (keystore, opened()):
        assert each.labels() == each.certified() == set(kept)
        assert refusal(lambda each=each: each.sign(label, b"")) == UNKNOWN  # type: ignore[misc]
        assert refusal(lambda each=each: each.certificate(label)) == UNKNOWN  # type: ignore[misc]
        assert each.secret(label) == b"a secret of the same name"
        for name, certificate in kept.items():
            assert each.certificate(name) == [certificate]
            assert each.sign(name, b"")
    left = {path.name.partition(".")[0] for path in keystore.folder.iterdir() if "secret" not in path.name}
    assert label not in left
    if hsm is not None:
        assert objects(hsm, label) == 0


@pytest.mark.parametrize("hsm", KINDS, indirect=True)
def test_what_was_never_there_is_gone_as_well(opened: Open) -> None:
    keystore = opened()
    keystore.destroy("sig")
    assert keystore.labels() == set()
    assert refusal(lambda: keystore.destroy("../sig")) == (LocalError, "keystore-label-malformed")


@pytest.mark.parametrize("hsm", KINDS, indirect=True)
def test_the_sealing_key_is_no_key_of_ours(opened: Open) -> None:
    """It stands in the token under a label, as keys do; local secrets hang on it."""
    keystore = opened()
    keystore.put_secret("pairing", b"secret")
    keystore.destroy("seal")
    assert opened().secret("pairing") == b"secret"


@needs_softhsm
@pytest.mark.parametrize("hsm", [SEALED], indirect=True)
def test_a_hybrid_key_goes_too(opened: Open) -> None:
    keystore = opened()
    keystore.generate("enc", KeyKind.HYBRID_KEM)
    keystore.destroy("enc")
    assert refusal(lambda: keystore.unseal("enc", b"", b"")) == UNKNOWN


@needs_softhsm
@pytest.mark.parametrize("hsm", [IN_TOKEN, DIVIDED], indirect=True)
def test_without_the_token_nothing_is_destroyed(opened: Open, hsm: SoftHsm) -> None:
    keystore = opened()
    certificate = make(keystore, "sig")
    hsm.unplug()
    assert refusal(lambda: keystore.destroy("sig")) == (UnreachableError, "keystore-token-gone")
    hsm.plug_in()
    assert keystore.certificate("sig") == [certificate]
    assert keystore.sign("sig", b"")


@needs_softhsm
@pytest.mark.parametrize("hsm", [IN_TOKEN], indirect=True)
@pytest.mark.parametrize("lost", ["PRIVATE_KEY", "PUBLIC_KEY"])
def test_half_a_pair_is_destroyed_and_does_not_stand_in_the_way(
    opened: Open, hsm: SoftHsm, lost: str
) -> None:
    """What a token may have when the power goes between the one half and the other."""
    import pkcs11
    from pkcs11 import KeyType, ObjectClass

    make(opened(), "sig")
    with pkcs11.lib(str(hsm.module)).get_token(token_label=hsm.label).open(rw=True) as session:
        session.get_key(ObjectClass[lost], KeyType.EC, "sig").destroy()
    if lost == "PUBLIC_KEY":
        opened().destroy("sig")
    assert make(opened(), "sig").public_key() == opened().public_key("sig")
    assert objects(hsm, "sig") == 2


KILLED = """
import os, sys
from pathlib import Path
from meterkast.outside.keystore import open_keystore

folder, cut = sys.argv[1:]
left = int(cut)

def trace(frame, event, argument):
    global left
    ours = frame.f_code.co_filename.endswith(("software.py", "divided.py", "pkcs11.py", "folder.py"))
    if event in ("call", "c_call") and ours:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), 9)

keystore = open_keystore(Path(folder))
sys.setprofile(trace)
keystore.destroy("sig")
"""


@pytest.mark.processes
@pytest.mark.parametrize("hsm", [KINDS[0], KINDS[3]], indirect=True)
def test_at_48_killed_at_any_point_it_is_done_again(opened: Open) -> None:
    keystore = opened()
    certificate = make(keystore, "sig-g2")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    kills, cut = 0, 1
    while cut < 200:
        if "sig" not in opened().labels():
            keystore.destroy("sig")  # what the kill before has left
            make(keystore, "sig")
        command = [sys.executable, "-c", KILLED, str(keystore.folder), str(cut)]
        code = subprocess.run(command, env=environment, check=False, timeout=60).returncode
        again = opened()
        assert again.certificate("sig-g2") == [certificate]
        assert again.sign("sig-g2", b"still at work")
        assert "sig" in again.certified() or "sig" not in again.labels()  # the certificate goes last
        if code != -signal.SIGKILL:
            assert "sig" not in again.labels() | again.certified()
            break
        kills += 1
        cut += 3
    assert kills >= 5
