"""``meterkast pki ceremony``: rehearsed, held round a terminal, and verified."""

import json
import subprocess
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from keystore.softhsm import MODULE, needs_softhsm, token_in
from meterkast.console.cli.app import app
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.pki.ceremony import packaged_script
from meterkast.pki.ceremony.rehearsal import BEGIN
from meterkast.pki.ceremony.requests import make_requests
from meterkast.protocols.x509 import RULES


def meterkast(*arguments: object, given: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(each) for each in arguments], input=given, prog_name="meterkast")
    return result.exit_code, result.stdout, result.stderr


def document(*arguments: object) -> tuple[int, Any]:
    code, out, _ = meterkast(*arguments, "--json")
    return code, json.loads(out)


@needs_softhsm
def test_a_ceremony_is_rehearsed_and_verified(tmp_path: Path) -> None:
    folder = tmp_path / "ceremony"
    code, answer = document("pki", "ceremony", "hold", folder, "--rehearse", "--module", MODULE)
    assert (code, answer["holds"], len(answer["signed_by"])) == (0, True, 5)
    code, again = document("pki", "ceremony", "verify", folder / "transcript.jsonl")
    assert (code, again) == (0, answer)
    transcript = folder / "transcript.jsonl"
    transcript.write_bytes(transcript.read_bytes().replace(b"stadsnet", b"standnet"))
    code, answer = document("pki", "ceremony", "verify", transcript)
    assert (code, answer["holds"]) == (1, False)
    assert answer["findings"][0]["code"] == "transcript-chain-broken"
    code, answer = document("pki", "ceremony", "hold", folder, "--rehearse", "--module", MODULE)
    assert code == 2


@needs_softhsm
def test_a_real_ceremony_asks_its_people(tmp_path: Path) -> None:
    folder = tmp_path / "ceremony"
    keys = SoftwareKeystore(tmp_path / "issuing")
    make_requests(packaged_script().authorities, keys, folder / "requests", rules=RULES, now=BEGIN)
    names = ("Ada", "Bram", "Carla", "Dirk", "Els")
    holders = [
        each
        for name in names
        for each in ("--holder", f"{name}={tmp_path / name}" if name == "Ada" else name)
    ]
    roles = ("--role", "conductor=Femke", "--role", "witness=Gijs")
    with token_in(tmp_path / "hsm") as hsm:
        arguments = ("--label", "root", "--pin", "first-pin", "--so-pin", "first-so-pin")
        command = ("softhsm2-util", "--module", str(MODULE), "--init-token", "--free", *arguments)
        subprocess.run(command, check=True, capture_output=True)
        chosen = [f"passphrase of {name}" for name in names]
        typed = [
            *("y", *"yyyyy", *(phrase for phrase in chosen for _ in range(2)), "first-pin", "first-so-pin"),
            *("y", *"yyyyy"),
            *("y", *"yyyyy"),
            *("y", *"yyyyy"),
            *("y", *"yyyyy", *"yyyyy", *chosen),
            *("y", *"yyyyy", *"yyyyy"),
        ]
        place = ("--module", hsm.module, "--token", "root")
        code, out, err = meterkast(
            "pki", "ceremony", "hold", folder, *place, *holders, *roles, given="\n".join(typed) + "\n"
        )
    assert code == 0, err
    assert out.endswith("The transcript holds.\n")
    assert (tmp_path / "Ada").exists()
    assert not (folder / "cards" / "1.card").exists()
    assert not any(phrase in out + (folder / "transcript.jsonl").read_text() for phrase in chosen)


def test_a_ceremony_that_is_not_all_said(tmp_path: Path) -> None:
    for arguments, code, expected in (
        (("hold",), 2, "ceremony-place-unsaid"),
        (("verify",), 2, "ceremony-place-unsaid"),
        (("hold", tmp_path), 2, "ceremony-token-unsaid"),
        (("hold", tmp_path, "--script", tmp_path / "none"), 3, "ceremony-script-unreadable"),
        (("verify", tmp_path / "none"), 3, "transcript-unreadable"),
        (("hold", tmp_path, "--module", "x.so", "--token", "x", "--holder", "Ada"), 3, "ceremony-roster"),
    ):
        ended, answer = document("pki", "ceremony", *arguments)
        assert (ended, answer["error"]["code"]) == (code, expected)
