"""``meterkast pki ceremony``: rehearsed, held round a terminal, and verified."""

import json
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from keystore.softhsm import MODULE, needs_softhsm, token_in
from meterkast.console.cli.app import app
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.pki.ceremony import Ceremony, packaged_script, rehearsal
from meterkast.pki.ceremony.rehearsal import BEGIN
from meterkast.pki.ceremony.requests import make_requests, want
from meterkast.pki.ceremony.wanted import Applicant, Wanted
from meterkast.protocols.x509 import RULES

NAMES = ("Ada", "Bram", "Carla", "Dirk", "Els")


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
    names = NAMES
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


@needs_softhsm
def test_a_root_day_is_rehearsed_and_verified(tmp_path: Path) -> None:
    ceremony, day = tmp_path / "ceremony", tmp_path / "day"
    meterkast("pki", "ceremony", "hold", ceremony, "--rehearse", "--module", MODULE)
    after = ("--after", ceremony)
    code, answer = document("pki", "ceremony", "hold", day, "--rehearse", *after, "--module", MODULE)
    assert (code, answer["holds"], len(answer["signed_by"]), answer["findings"]) == (0, True, 3, [])
    assert {"root-g2.pem", "device-g2.pem", "root.0.crl.pem"} <= set(answer["outputs"])
    code, again = document("pki", "ceremony", "verify", day / "transcript.jsonl", *after)
    assert (code, again) == (0, answer)
    code, answer = document("pki", "ceremony", "verify", ceremony / "transcript.jsonl", "--after", day)
    assert (code, answer["findings"][0]["code"]) == (1, "transcript-out-of-turn")
    (ceremony / "cards").rename(tmp_path / "cards")
    other = ("pki", "ceremony", "hold", tmp_path / "other", "--rehearse", *after, "--module", MODULE)
    assert document(*other)[1]["error"]["code"] == "ceremony-not-rehearsed"


@needs_softhsm
def test_a_real_root_day_asks_three_of_its_people(tmp_path: Path) -> None:
    ceremony, day = tmp_path / "ceremony", tmp_path / "day"
    keys = SoftwareKeystore(tmp_path / "issuing")
    wanted = Applicant(operator="stadsnet", tenant="", name="device-g2")
    make_requests(["device-g2"], keys, tmp_path / "requests", rules=RULES, now=BEGIN)
    want(tmp_path / "requests", Wanted(certify=(wanted,)))
    with rehearsal(ceremony, packaged_script(), operator="stadsnet", seed="seed", module=MODULE) as stage:
        Ceremony.begin(stage).hold()
        phrases = [stage.people.passphrase(name) for name in stage.roster.holders]
        cards = [("--holder", f"{name}={stage.card_path(name)}") for name in stage.roster.holders]
        names = (
            "--role",
            "conductor=Femke",
            "--role",
            "witness=Gijs",
            *(word for card in cards for word in card),
        )
        place = ("--module", MODULE, "--token", "rehearsal", "--requests", tmp_path / "requests")
        command = ("pki", "ceremony", "hold", day, "--after", ceremony, *place, *names)

        here = ("y", *"ynyny", *(phrases[number] for number in (0, 2, 4)))
        code, _, err = meterkast(*command, given="\n".join((*here, "y", *"ynyny", "n")) + "\n")
        assert code == 2
        assert "[ceremony-stopped]" in err
        digest = sha256((tmp_path / "requests" / "device-g2.csr").read_bytes()).hexdigest()
        assert f"certify device-g2 of stadsnet, request {digest}" in err

        again = ("pki", "ceremony", "resume", *command[3:])
        present = tuple("ynyny")
        steps = (("y", *present, "y"), *(("y", *present) for _ in range(4)), present)
        typed = (*here[1:], *(word for step in steps for word in step))
        code, out, err = meterkast(*again, given="\n".join(typed) + "\n")
        assert code == 0, err
        assert out.endswith("The transcript holds.\n")
        stranger = document(*command, "--holder", "Mallory")
        assert stranger[1]["error"]["code"] == "ceremony-holder-unknown"


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
