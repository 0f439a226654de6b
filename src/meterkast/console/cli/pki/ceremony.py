"""``pki ceremony``: held, rehearsed, and checked afterwards; the one that makes the root, and root days."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.pki.opening import OPERATOR, Operator, now
from meterkast.console.cli.pki.staging import outcome_of, place_of, roster_of, script_of
from meterkast.console.exits import Exit
from meterkast.model.errors import LocalError
from meterkast.model.operator import require_operator_name

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from meterkast.pki.ceremony import Script, Stage, Step


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
        "meterkast pki ceremony hold ./day --after ./ceremony --module hsm.so --token root …",
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
    after: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="A root day: folder of the ceremony before it, under the same root."
        ),
    ] = None,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="With invented people, virtual time and a SoftHSM token.")
    ] = False,
    seed: Annotated[str, typer.Option(help="The same seed rehearses the same ceremony.")] = "meterkast",
    script: Annotated[Path | None, typer.Option(metavar="FILE", help="Another script than ours.")] = None,
    module: Annotated[Path | None, typer.Option(metavar="FILE", help="PKCS#11 library of the token.")] = None,
    token: Annotated[str | None, typer.Option(metavar="LABEL", help="Label of the token.")] = None,
    requests: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="What `pki request` has written; else requests/ in the folder."),
    ] = None,
    holder: Annotated[
        list[str] | None, typer.Option(metavar="NAME[=FILE]", help="A holder, and where the card is to be.")
    ] = None,
    role: Annotated[
        list[str] | None, typer.Option(metavar="ROLE=NAME", help="Somebody else, such as witness=Grace.")
    ] = None,
) -> Exit:
    """Found a root with its holders, have it sign again on a root day, rehearse that, or verify a transcript.

    A real ceremony asks its people on the terminal. A rehearsal asks nobody, and makes nothing of use. A root
    day (``--after``) opens the same token with the cards of the same holders, and does what is requested.
    """
    from meterkast.console.cli.pki.assembly import Assembly
    from meterkast.pki.ceremony import Stage

    if action is Action.VERIFY:
        return _verify(answer, _given(path), after)
    require_operator_name(operator)
    chosen = script_of(script, is_day=after is not None)
    if rehearse:
        options = _Rehearsal(operator=operator, seed=seed, module=module, requests=requests)
        return _rehearse(answer, chosen, path, after, options)
    folder, before = _given(path), outcome_of(after)
    roster = roster_of(holder, role, before)
    place = place_of(answer, folder, module, token)
    stage = Stage(
        folder=folder,
        operator=operator if before is None else before.operator,
        script=chosen,
        roster=roster,
        people=Assembly(answer),
        place=place,
        requests=requests or folder / "requests",
        clock=now,
        before=before,
    )
    return _hold(answer, stage, after, resume=action is Action.RESUME)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rehearsal:
    operator: str
    seed: str
    module: Path | None
    requests: Path | None


def _hold(answer: Answer, stage: "Stage", after: Path | None, *, resume: bool) -> Exit:
    from meterkast.pki.ceremony import Ceremony

    held = Ceremony.resume(stage) if resume else Ceremony.begin(stage)
    answer.note(f"The transcript grows in {held.transcript.path}.")
    held.hold()
    return _verify(answer, held.transcript.path, after)


def _rehearse(
    answer: Answer, script: "Script", path: Path | None, after: Path | None, options: _Rehearsal
) -> Exit:
    from meterkast.pki.ceremony import Ceremony

    with TemporaryDirectory() as temporary:
        folder = path or Path(temporary) / "rehearsal"
        with _rehearsed(answer, script, folder, after, options) as stage:
            held = Ceremony.begin(stage)
            held.hold()
        answer.note(
            "A rehearsal: the keys, and all that follows from them, differ each time, and are of no use."
        )
        return _verify(answer, held.transcript.path, after)


def _rehearsed(
    answer: Answer, script: "Script", folder: Path, after: Path | None, options: _Rehearsal
) -> "AbstractContextManager[Stage]":
    from meterkast.pki.ceremony import rehearsal, rehearsed_day

    def tell(step: "Step") -> None:
        answer.note(f"{step.action}: {step.en}")

    seed, module = options.seed, options.module
    if after is None:
        return rehearsal(folder, script, operator=options.operator, seed=seed, module=module, tell=tell)
    wanted = options.requests
    return rehearsed_day(folder, script, before=after, seed=seed, requests=wanted, module=module, tell=tell)


def _verify(answer: Answer, path: Path, after: Path | None) -> Exit:
    """What somebody finds who was not there; ``out/`` beside the transcript is compared where it is there."""
    from meterkast.model.finding import Severity
    from meterkast.pki.ceremony import verify
    from meterkast.pki.ceremony.stage import TRANSCRIPT
    from meterkast.pki.ceremony.transcript import read_records

    out = path.parent / "out"
    before = None if after is None else after / TRANSCRIPT
    findings = verify(path, outputs=out if out.is_dir() else None, before=before)
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


def _given(path: Path | None) -> Path:
    if path is None:
        hint = "Name a folder, or the transcript."
        raise LocalError("ceremony-place-unsaid", "Where is the ceremony?", where="PATH", hint=hint)
    return path
