"""``meterkast assurance``: run the case against a chain, say how its claims stand, and hand it on."""

import asyncio
import json
import shutil
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meterkast.console.cli import report
from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import SITE, Site
from meterkast.console.exits import Exit
from meterkast.model.calendar import AMSTERDAM, iso_local
from meterkast.model.errors import DataError

if TYPE_CHECKING:
    from meterkast.assurance.case import Standing
    from meterkast.street.state import ClaimState


class Language(StrEnum):
    """In which the sentences of the case are shown."""

    NL = "nl"
    EN = "en"


class Notation(StrEnum):
    """In which a case is handed on."""

    PACK = "pack"
    LTAC = "ltac"
    CYCLONEDX = "cyclonedx"
    OSCAL = "oscal"


Lang = Annotated[Language, typer.Option("--lang", help="Language of the sentences.")]
DossierFolder = Annotated[
    Path | None, typer.Option("--dossier", metavar="DIR", help="Another dossier than the packaged one.")
]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="As it was known then (ISO 8601; local without offset)."),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to this file, not to the terminal."),
]


def add(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(
        help="The assurance case: public promises about the meter, executed.", no_args_is_help=True
    )
    command(
        group,
        "run",
        examples=("meterkast assurance run", "meterkast assurance run --only module-has-no-switch --json"),
    )(run)
    command(
        group,
        "status",
        examples=(
            "meterkast assurance status",
            "meterkast assurance status nobody-reads-along --lang nl",
            "meterkast assurance status --at 2026-02-04",
        ),
    )(status)
    command(
        group,
        "mission",
        examples=("meterkast assurance mission", "meterkast assurance mission --state open --json"),
    )(mission)
    command(
        group,
        "dossier",
        examples=("meterkast assurance dossier", "meterkast assurance dossier --dossier mine/ --json"),
    )(dossier_checked)
    command(group, "gaps", examples=("meterkast assurance gaps --lang nl",))(gaps)
    command(
        group,
        "export",
        examples=(
            "meterkast assurance export pack -o case.pack.json",
            "meterkast assurance export ltac",
            "meterkast assurance export cyclonedx -o case.cdx.json",
        ),
    )(export)
    command(
        group,
        "verify",
        examples=("meterkast assurance verify case.pack.json --signer FINGERPRINT",),
    )(verify)
    command(
        group,
        "diagram",
        examples=("meterkast assurance diagram -o case.svg", "meterkast assurance diagram vendors-weighed"),
    )(diagram)
    report.add(group)
    app.add_typer(group, name="assurance")


def run(
    answer: Answer,
    only: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Prove this claim only; may be given again.")
    ] = None,
    computed: Annotated[
        bool, typer.Option("--computed", help="Only compute rules, models and gaps anew; no chain.")
    ] = False,
    site: Site = SITE,
) -> Exit:
    """Prove the claims against a running chain: every probe, and every mutant that it must catch.

    Ends with 1 where a claim is not proven.
    """
    from meterkast.assurance import case

    if computed:
        count = case.refresh(site)
        answer.text(f"{count} computations signed.")
        answer.document({"signed": count})
        return Exit.DONE
    chosen = tuple(only or ())
    claims = asyncio.run(case.run(site, only=chosen, on_progress=answer.note))
    asked = [claim for claim in claims if not chosen or claim.id in chosen]
    answer.document({"claims": [_flat(claim) for claim in asked]})
    for line in _proven(asked):
        answer.text(line)
    return _ended(asked)


def status(
    answer: Answer,
    claim: Annotated[str | None, typer.Argument(metavar="CLAIM", help="One claim and its evidence.")] = None,
    language: Lang = Language.EN,
    at: At = None,
    dossier: DossierFolder = None,
    site: Site = SITE,
) -> Exit:
    """How the case stands: its goal, the claims below it, and what keeps each from standing better.

    Ends with 1 where a claim that a probe proves is not proven. Notes for software; no legal advice.
    """
    from meterkast.assurance.case import outline
    from meterkast.assurance.case.claim import load_claims

    standing = _standing(site, dossier, at)
    _known(standing, claim)
    executed = [standing.state(each.id) for each in load_claims()]
    answer.document(
        {
            "goal": standing.case.goal,
            "status": standing.judged[standing.case.goal].status.value,
            "claims": [_flat(each) for each in executed if claim in (None, each.id)],
            "case": [each.to_dict() for each in standing.judged.values() if claim in (None, each.claim.id)],
        }
    )
    lines = (
        outline.one(standing, claim, language=language.value, width=_width())
        if claim
        else outline.whole(standing, language=language.value, width=_width())
    )
    for line in lines:
        answer.text(line)
    return _ended([each for each in executed if claim in (None, each.id)])


def mission(
    answer: Answer,
    row: Annotated[str | None, typer.Argument(metavar="ROW", help="One row, such as M010.")] = None,
    state: Annotated[str | None, typer.Option(metavar="STATE", help="Only rows of this state.")] = None,
    language: Lang = Language.EN,
    dossier: DossierFolder = None,
    site: Site = SITE,
) -> Exit:
    """How far every sentence of the two texts is answered.

    A state is proven, computed, recorded, asserted, sealed or open, computed from what the row rests on.
    How we know is one thing, what comes out another: a rule that is not met was computed as well.
    Research notes for software; no legal advice.
    """
    from meterkast.assurance.case import mission as missions
    from meterkast.assurance.case import outline

    if state is not None and state not in tuple(missions.State):
        hint = f"Choose from {', '.join(missions.State)}."
        raise DataError("state-unknown", f"There is no state {state!r}.", where="--state", hint=hint)
    standing = _standing(site, dossier, None)
    stated = missions.states(missions.at(dossier), standing.resolve)
    shown = [each for each in stated if row in (None, each.row.id) and state in (None, each.state.value)]
    answer.document([each.to_dict() for each in shown])
    for each in shown:
        for line in outline.row(each, language=language.value, width=_width(), full=row is not None):
            answer.text(line)
    answer.text("")
    answer.text(outline.tally(stated, language=language.value))
    return Exit.DONE


def dossier_checked(answer: Answer, dossier: DossierFolder = None) -> Exit:
    """What the dossier holds, and what is wrong with it: file and field of every finding.

    Ends with 1 where a finding is an error.
    """
    from dataclasses import fields

    from meterkast.assurance import dossier as dossiers
    from meterkast.model.finding import Severity

    facts = dossiers.load(dossier)
    findings = dossiers.validate(facts)
    counts = {each.name: len(getattr(facts, each.name)) for each in fields(facts) if each.name != "head"}
    answer.document(
        {"dossier": facts.head.id, "counts": counts, "findings": [each.to_dict() for each in findings]}
    )
    answer.text(f"{facts.head.id}  {facts.head.title_en}")
    answer.text(" · ".join(f"{count} {name}" for name, count in counts.items() if count))
    for finding in findings:
        answer.text(
            f"{'✗' if finding.severity is Severity.ERROR else '!'} {finding.message} [{finding.code}]"
        )
    wrong = any(each.severity is Severity.ERROR for each in findings)
    return Exit.FAILED if wrong else Exit.DONE


def gaps(answer: Answer, language: Lang = Language.EN, dossier: DossierFolder = None) -> Exit:
    """Where the texts contradict each other or leave something out, found by computation."""
    from meterkast.assurance import dossier as dossiers
    from meterkast.assurance.case.outline import wrapped
    from meterkast.assurance.dossier import gaps as finder

    found = finder.find(dossiers.load(dossier))
    answer.document(
        {
            "gaps": [
                {
                    "id": each.id,
                    "kind": each.kind.value,
                    "subject": each.subject,
                    "text": {"nl": each.text_nl, "en": each.text_en},
                    "places": [str(place) for place in each.places],
                }
                for each in found
            ]
        }
    )
    for each in found:
        places = ", ".join(str(place) for place in each.places)
        answer.text(f"{each.id:<4} {each.kind.value}  ({places})")
        text = each.text_nl if language is Language.NL else each.text_en
        for line in wrapped(text, 5, width=_width()):
            answer.text(line)
    return Exit.DONE


def export(
    answer: Answer,
    notation: Annotated[Notation, typer.Argument(help="A signed pack, or the case in another's notation.")],
    output: Output = None,
    language: Lang = Language.EN,
    dossier: DossierFolder = None,
    site: Site = SITE,
) -> Exit:
    """Hand the case on: a signed pack for `verify`, LTAC, CycloneDX declarations or OSCAL results."""
    from meterkast.assurance.case.exports import cyclonedx, ltac, oscal

    standing, now = _standing(site, dossier, None), time.time()
    match notation:
        case Notation.PACK:
            text = _json(_pack(standing, site, now))
        case Notation.LTAC:
            text = ltac.write(standing, language=language.value)
        case Notation.CYCLONEDX:
            document = cyclonedx.write(standing, now=now, language=language.value)
            cyclonedx.check(document)
            text = _json(document)
        case Notation.OSCAL:
            text = _json(oscal.write(standing, now=now, language=language.value))
    return _written(answer, text, output)


def verify(
    answer: Answer,
    pack: Annotated[Path, typer.Argument(metavar="PACK", help="File that `export pack` made.")],
    signer: Annotated[
        list[str] | None,
        typer.Option(metavar="FINGERPRINT", help="Key that you know from elsewhere; may be given again."),
    ] = None,
) -> Exit:
    """Verify a pack offline: signatures, order, completeness, freshness, and what its claims rest on.

    Ends with 1 where something is wrong. Without --signer a pack can only be shown to agree with itself.
    """
    from meterkast.assurance.case import pack as packs
    from meterkast.model.finding import Severity

    document = packs.read(pack)
    findings = packs.verify(document, trusted=tuple(signer or ()), now=time.time())
    sound = not any(each.severity is Severity.ERROR for each in findings)
    result: dict[str, Any] = {"verified": sound, "findings": [each.to_dict() for each in findings]}
    if sound:
        opened = packs.open_pack(document)
        result |= {"dossier": opened.dossier, "signer": opened.signer, "entries": len(opened.entries)}
        answer.text(f"✓ {len(opened.entries)} entries verify, made {iso_local(int(opened.made))}.")
        answer.text(f"  signer {opened.signer}")
    else:
        answer.text("✗ The pack does not verify.")
    for each in findings:
        place = f" (entry {each.line})" if each.line else ""
        answer.text(f"{'✗' if each.severity is Severity.ERROR else '!'} {each.message}{place} [{each.code}]")
    answer.document(result)
    return Exit.DONE if sound else Exit.FAILED


def diagram(
    answer: Answer,
    claim: Annotated[str | None, typer.Argument(metavar="CLAIM", help="Begin at this claim.")] = None,
    output: Output = None,
    language: Lang = Language.EN,
    dossier: DossierFolder = None,
    site: Site = SITE,
) -> Exit:
    """Draw the case as SVG: claims, evidence and defeaters, each with the sign and the word of its status."""
    from meterkast.assurance.case.diagram import draw

    standing = _standing(site, dossier, None)
    if claim is not None and claim not in standing.case.claims:
        raise DataError(
            "claim-unknown", f"There is no claim {claim!r}.", hint=", ".join(standing.case.claims)
        )
    return _written(answer, draw(standing, language=language.value, claim=claim), output)


def _standing(site: Path, dossier: Path | None, at: str | None) -> "Standing":
    from meterkast.assurance.case import Standing

    return Standing.at(site, dossier=dossier, known_at=None if at is None else _instant(at))


def _known(standing: "Standing", claim: str | None) -> None:
    if claim is not None and claim not in standing.case.claims:
        hint = f"Choose from {', '.join(standing.case.claims)}."
        raise DataError("claim-unknown", f"There is no claim {claim!r}.", hint=hint)


def _pack(standing: "Standing", site: Path, now: float) -> dict[str, Any]:
    from meterkast.assurance.case import pack
    from meterkast.assurance.case.record import Record

    return pack.make(Record(site), standing.judged, dossier=standing.sources.dossier.head.id, now=now)


def _ended(claims: "Sequence[ClaimState]") -> Exit:
    return Exit.DONE if all(claim.status == "proven" for claim in claims) else Exit.FAILED


def _flat(claim: "ClaimState") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(claim)


def _proven(claims: "Sequence[ClaimState]") -> Iterator[str]:
    from meterkast.assurance.case import Status
    from meterkast.assurance.case.outline import wrapped

    for claim in claims:
        proven = "never" if claim.proven_at is None else iso_local(int(claim.proven_at))
        yield f"{Status(claim.status).label.sign} {claim.status:<9} {claim.id}  ({proven})"
        yield from wrapped(claim.text_en, 4, width=_width())
        yield from wrapped(claim.detail, 4, width=_width())


def _width() -> int:
    """Of the terminal, as far as it reads well."""
    return max(60, min(110, shutil.get_terminal_size((100, 24)).columns))


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _written(answer: Answer, text: str, output: Path | None) -> Exit:
    """To the file, or to standard output as it is; a machine that asks for JSON is told where it stands."""
    if output is None:
        if answer.as_json:
            answer.document({"text": text})
        else:
            answer.text(text.rstrip("\n"))
        return Exit.DONE
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(
            "file-unwritable", f"The file cannot be written: {error.strerror}.", where=str(output)
        ) from error
    answer.document({"written": str(output), "octets": len(text.encode())})
    answer.note(f"written to {output}")
    return Exit.DONE


def _instant(text: str) -> float:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise DataError(
            "time-malformed", f"{text!r} is not a time.", where="--at", hint="Write it as 2026-03-02T14:00."
        ) from None
    return (at if at.tzinfo else at.replace(tzinfo=AMSTERDAM)).timestamp()
