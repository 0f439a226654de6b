"""``pki ceremony``: held, rehearsed, and checked afterwards."""

from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.pki.opening import OPERATOR, Operator, now
from meterkast.console.exits import Exit
from meterkast.model.errors import DataError, LocalError

if TYPE_CHECKING:
    from meterkast.pki.ceremony import Script, Stage, Step
    from meterkast.pki.ceremony.people import Roster


class Action(StrEnum):
    """What to do about a ceremony."""

    HOLD = "hold"
    RESUME = "resume"
    VERIFY = "verify"


def add(group: typer.Typer) -> None:
    """Adds the command."""
    examples = (
        "meterkast pki ceremony --rehearse",
        "meterkast pki ceremony hold ./ceremony --module hsm.so --token root --holder Ada …",
        "meterkast pki ceremony verify ./ceremony/transcript.jsonl",
    )
    command(group, "ceremony", examples=examples)(ceremony)


def ceremony(
    answer: Answer,
    action: Annotated[Action, typer.Argument(help="hold, resume or verify.")] = Action.HOLD,
    path: Annotated[
        Path | None,
        typer.Argument(metavar="PATH", help="Folder of the ceremony, or the transcript to verify."),
    ] = None,
    operator: Operator = OPERATOR,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="With invented people, virtual time and a SoftHSM token.")
    ] = False,
    seed: Annotated[str, typer.Option(help="The same seed rehearses the same ceremony.")] = "meterkast",
    script: Annotated[Path | None, typer.Option(metavar="FILE", help="Another script than ours.")] = None,
    module: Annotated[Path | None, typer.Option(metavar="FILE", help="PKCS#11 library of the token.")] = None,
    token: Annotated[str | None, typer.Option(metavar="LABEL", help="Label of the token.")] = None,
    requests: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="LABEL.csr of every authority; else requests/ in the folder."),
    ] = None,
    holder: Annotated[
        list[str] | None, typer.Option(metavar="NAME[=FILE]", help="A holder, and where the card is to be.")
    ] = None,
    role: Annotated[
        list[str] | None, typer.Option(metavar="ROLE=NAME", help="Somebody else, such as witness=Grace.")
    ] = None,
) -> Exit:
    """Found a root with its holders, rehearse that, or verify its transcript.

    A real ceremony asks its people on the terminal. A rehearsal asks nobody, and makes nothing of use.
    """
    if action is Action.VERIFY:
        return _verify(answer, _given(path))
    chosen = _script(script)
    if rehearse:
        return _rehearse(answer, chosen, path, operator=operator, seed=seed, module=module)
    folder = _given(path)
    stage = _stage(answer, chosen, folder, operator, module, token, requests, _roster(holder, role))
    return _hold(answer, stage, resume=action is Action.RESUME)


def _hold(answer: Answer, stage: "Stage", *, resume: bool) -> Exit:
    from meterkast.pki.ceremony import Ceremony

    held = Ceremony.resume(stage) if resume else Ceremony.begin(stage)
    answer.note(f"The transcript grows in {held.transcript.path}.")
    held.hold()
    return _verify(answer, held.transcript.path)


def _rehearse(
    answer: Answer, script: "Script", path: Path | None, *, operator: str, seed: str, module: Path | None
) -> Exit:
    from meterkast.pki.ceremony import Ceremony, rehearsal

    def tell(step: "Step") -> None:
        answer.note(f"{step.action}: {step.en}")

    with TemporaryDirectory() as temporary:
        folder = path or Path(temporary) / "rehearsal"
        with rehearsal(folder, script, operator=operator, seed=seed, module=module, tell=tell) as stage:
            held = Ceremony.begin(stage)
            held.hold()
        answer.note(
            "A rehearsal: the keys, and all that follows from them, differ each time, and are of no use."
        )
        return _verify(answer, held.transcript.path)


def _verify(answer: Answer, path: Path) -> Exit:
    """What somebody finds who was not there; ``out/`` beside the transcript is compared where it is there."""
    from meterkast.model.finding import Severity
    from meterkast.pki.ceremony import verify
    from meterkast.pki.ceremony.transcript import read_records

    out = path.parent / "out"
    findings = verify(path, outputs=out if out.is_dir() else None)
    wrong = [finding for finding in findings if finding.severity is Severity.ERROR]
    records = read_records(path)
    made = {name: digest for record in records for name, digest in record.outputs.items()}
    answer.document(
        {
            "transcript": str(path),
            "holds": not wrong,
            "records": len(records),
            "signed_by": list(records[-1].participants) if records else [],
            "outputs": made,
            "findings": [finding.to_dict() for finding in findings],
        }
    )
    for finding in findings:
        answer.text(f"line {finding.line}: {finding.message} [{finding.code}]")
    for name, digest in made.items():
        answer.text(f"{digest}  {name}")
    answer.text("The transcript does not hold." if wrong else "The transcript holds.")
    return Exit.FAILED if wrong else Exit.DONE


def _stage(
    answer: Answer,
    script: "Script",
    folder: Path,
    operator: str,
    module: Path | None,
    token: str | None,
    requests: Path | None,
    roster: "Roster",
) -> "Stage":
    from meterkast.console.cli.pki.assembly import Assembly
    from meterkast.pki.ceremony import Stage, TokenPlace

    if module is None or token is None:
        hint = "Give --module and --token, or --rehearse."
        raise LocalError("ceremony-token-unsaid", "A ceremony needs a token.", hint=hint)
    people = Assembly(answer)
    place = TokenPlace(
        module=module,
        label=token,
        folder=folder / "root",
        user_pin=people.user_pin,
        so_pin=people.so_pin,
    )
    return Stage(
        folder=folder,
        operator=operator,
        script=script,
        roster=roster,
        people=people,
        place=place,
        requests=requests or folder / "requests",
        clock=now,
    )


def _roster(holders: list[str] | None, roles: list[str] | None) -> "Roster":
    from meterkast.pki.ceremony.people import Roster

    named = [each.partition("=") for each in holders or ()]
    others = dict(each.partition("=")[::2] for each in roles or ())
    cards = {name: Path(card) for name, _, card in named if card}
    return Roster(holders=tuple(name for name, _, _ in named), roles=others, cards=cards)


def _script(path: Path | None) -> "Script":
    from meterkast.pki.ceremony import packaged_script, parse_script

    if path is None:
        return packaged_script()
    try:
        return parse_script(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as cause:
        raise DataError(
            "ceremony-script-unreadable", "The script cannot be read.", where=str(path)
        ) from cause


def _given(path: Path | None) -> Path:
    if path is None:
        hint = "Name a folder, or the transcript."
        raise LocalError("ceremony-place-unsaid", "Where is the ceremony?", where="PATH", hint=hint)
    return path
