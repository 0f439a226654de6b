"""The chain as a whole: a street on virtual time, beside the cryptography that it can't do without."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from secrets import token_bytes
from typing import Any

from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey

from bench.figure import Figure
from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore import KeyKind, SoftwareKeystore
from meterkast.protocols.envelope import Header, RecipientKey, attach, parse, seal

_PAYLOAD = 1500
_REPEATS = 200


def measure() -> list[Figure]:
    """A street of 12 homes for 2 days, one of 200 homes for a day, and the bare envelope beside them."""
    small, large = _demo(homes=12, days=2), _demo(homes=200, days=1)
    floor = _envelope_seconds()
    again = _demo(homes=12, days=2)
    per_envelope = large["elapsed_s"] / large["stored_blocks"]
    return [
        Figure(
            name="chain.demo-12x2",
            value=small["elapsed_s"],
            unit="s",
            goal=60,
            against=f"{small['stored_blocks'] + small['stored_gas_blocks']} blocks, claims included",
        ),
        Figure(
            name="chain.lost-double-different",
            value=sum(
                each["lost"] + each["duplicates"] + each["register_mismatches"] for each in (small, large)
            ),
            unit="blocks",
            goal=0,
            against=f"{small['stored_blocks'] + large['stored_blocks']} electricity blocks in both streets",
        ),
        Figure(
            name="chain.same-seed-same-readings",
            value=float(small["readings_digest"] == again["readings_digest"]),
            unit="yes",
            goal=1,
            against="SHA-256 over all stored values of two runs with seed 1",
            more_is_better=True,
        ),
        Figure(
            name="chain.demo-200x1",
            value=large["elapsed_s"],
            unit="s",
            goal=None,
            against=f"{large['stored_blocks']} of {large['expected_blocks']} blocks, claims included",
        ),
        Figure(
            name="chain.memory-per-home",
            value=large["memory_mb"] / large["homes"],
            unit="MB/home",
            goal=None,
            against=f"{large['memory_mb']} MB for 200 homes and the centre, shared pages once",
        ),
        Figure(
            name="chain.time-per-home",
            value=large["seconds_per_home"],
            unit="s/home",
            goal=None,
            against="200 homes, one day, before the claims",
        ),
        Figure(
            name="chain.over-crypto-floor",
            value=per_envelope / floor,
            unit="×",
            goal=None,
            against=f"seal, sign, verify and open of one envelope: {floor * 1000:.2f} ms in this run",
        ),
    ]


def _demo(*, homes: int, days: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        command = [str(Path(sys.executable).with_name("meterkast")), "demo", "--once", "--json"]
        command += ["--homes", str(homes), "--days", str(days), "--seed", "1", "--site", f"{folder}/site"]
        print(f"bench: {homes} homes × {days} days …", file=sys.stderr)
        done = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def _envelope_seconds() -> float:
    """One envelope through all of its cryptography, on one core."""
    with tempfile.TemporaryDirectory() as folder:
        keystore = SoftwareKeystore(Path(folder) / "keystore")
        keystore.generate("sig", KeyKind.EC_P256)
        keystore.generate("enc", KeyKind.HYBRID_KEM)
        halves = keystore.kem_public_key("enc")
        recipient = RecipientKey(key_id=b"operator", key=MLKEM768X25519PublicKey(halves.mlkem, halves.x25519))
        title, payload = SystemTitle.parse("MKG0000000001"), token_bytes(_PAYLOAD)
        began = time.perf_counter()
        for counter in range(_REPEATS):
            header = Header(gateway=title, signer=b"signer00", operator="bench", counter=counter, created=0)
            outer = seal(header, [recipient], payload, token_bytes(32), token_bytes(12))
            envelope = parse(attach(outer, keystore.sign("sig", outer)))
            envelope.verify(keystore.public_key("sig"))
            envelope.open(lambda sealed, info: keystore.unseal("enc", sealed, info), b"operator")
        return (time.perf_counter() - began) / _REPEATS
