"""``meterkast assurance report``: the answer pack, and the signatures of those who answer for it."""

import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import SITE, Site, day
from meterkast.console.exits import Exit
from meterkast.model.errors import LocalError

if TYPE_CHECKING:
    from meterkast.assurance.report.disclosure import Audience
    from meterkast.assurance.report.signoff import Roster, SignOff
    from meterkast.assurance.report.words import Language

_EXAMPLES = (
    "meterkast assurance report",
    "meterkast assurance report --lang nl --out answers.zip",
    "meterkast assurance report --dossier mine/ --questions questions.toml --json",
)
_BOTH = "both"
_LABEL = "sign-off"

PackPath = Annotated[Path, typer.Argument(metavar="PACK", help="Folder or zip that report made.")]


def add(group: typer.Typer) -> None:
    """Adds the commands to the group of the assurance case."""
    command(group, "report", examples=_EXAMPLES)(report)
    command(
        group, "sign", examples=("meterkast assurance sign .meterkast/assurance/answers --as minister-kgg",)
    )(sign)
    command(group, "signed")(signed)


def report(
    answer: Answer,
    dossier: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of another dossier; the packaged one without it."),
    ] = None,
    questions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Question set in TOML; the dossier's own without it.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder to write, or a name that ends in .zip.")
    ] = None,
    lang: Annotated[str, typer.Option(metavar="nl|en|both", help="Language of the documents.")] = _BOTH,
    audience: Annotated[
        str, typer.Option(metavar="WHO", help="public, parliament, supervisor or sealed: who will read it.")
    ] = "public",
    at: Annotated[
        date | None,
        typer.Option(parser=day, metavar="DAY", help="Evaluate rules on this day; today without it."),
    ] = None,
    no_pdf: Annotated[bool, typer.Option("--no-pdf", help="Leave the PDF out.")] = False,
    site: Site = SITE,
) -> Exit:
    """Answer every question from the case: documents in both languages, proof behind each sentence, signed.

    The pack is a draft until everybody who must sign has signed it. It is no legal advice.
    """
    from meterkast.assurance.case.record import Record
    from meterkast.assurance.report import pack as packs
    from meterkast.assurance.report.preparing import prepare

    languages = _languages(lang)
    now = time.time()
    prepared = prepare(
        site, now=now, dossier=dossier, questions=questions, at=at, audience=_audience(audience)
    )
    record = Record(site)
    made = packs.make(prepared, record, languages=languages, with_pdf=not no_pdf)
    place = packs.write(made, out or site / "assurance" / "answers")
    signing = packs.standing(made, _roster(site))
    marks = Counter(each.mark.value for one in prepared.report.answers for each in one.sentences)
    answer.document(
        {
            "pack": str(place),
            "questions": len(prepared.report.answers),
            "sentences": sum(marks.values()),
            "marks": dict(sorted(marks.items())),
            "notes": len(prepared.report.notes),
            "files": sorted(made.files),
            "signer": record.fingerprint(),
            "sign_off": signing.to_dict(),
            "evidence": prepared.evidence is not None,
        }
    )
    report_of = prepared.report
    answer.text(
        f"{len(report_of.answers)} questions, {sum(marks.values())} sentences, {len(report_of.notes)} grounds"
    )
    answer.text("  " + ", ".join(f"{number} {mark}" for mark, number in sorted(marks.items())))
    answer.text(f"pack       {place}")
    answer.text(f"signed by  {record.fingerprint()} (the evidence key of {site})")
    _tell(answer, signing)
    return Exit.DONE


def sign(
    answer: Answer,
    pack: PackPath,
    role: Annotated[str, typer.Option("--as", metavar="WHO", help="The signatory, as the pack names them.")],
    keystore: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keystore of the signatory; made where there is none.")
    ] = None,
    site: Site = SITE,
) -> Exit:
    """Sign an answer pack as one of those who must. The first signature of a signatory fixes their key."""
    from meterkast.assurance.case.signing import keystore_signer
    from meterkast.assurance.report import pack as packs

    roster = _roster(site)
    roster.key(role)
    folder = keystore or site / "assurance" / "signatories" / role
    signing = packs.sign(pack, role, keystore_signer(folder, _LABEL), roster)
    answer.document({"pack": str(pack), "sign_off": signing.to_dict()})
    _tell(answer, signing)
    return Exit.DONE


def signed(answer: Answer, pack: PackPath, site: Site = SITE) -> Exit:
    """Check an answer pack and who has signed it. Ends with 1 where anything is missing or changed."""
    from meterkast.assurance.case.record import Record
    from meterkast.assurance.report import pack as packs
    from meterkast.assurance.report.signoff import SignOff
    from meterkast.model.finding import Severity

    read = packs.read(pack)
    own = [key for name, key in Record(site).keyring().keys.items() if name == "evidence"]
    findings = packs.check(read, own)
    wrong = any(each.severity is Severity.ERROR for each in findings)
    signing = (
        SignOff(required=packs.signatories(read), signed=()) if wrong else packs.standing(read, _roster(site))
    )
    answer.document(
        {"pack": str(pack), "findings": [each.to_dict() for each in findings], "sign_off": signing.to_dict()}
    )
    for finding in findings:
        answer.text(f"{finding.severity}: {finding.message} [{finding.code}]")
    _tell(answer, signing)
    return Exit.DONE if signing.complete else Exit.FAILED


def _tell(answer: Answer, signing: "SignOff") -> None:
    for role in signing.required:
        answer.text(f"{'✓ signed  ' if role in signing.signed else '? missing '} {role}")
    answer.text("Everybody has signed." if signing.complete else "A draft: not everybody has signed.")


def _languages(wish: str) -> "tuple[Language, ...]":
    from meterkast.assurance.report.words import Language

    if wish == _BOTH:
        return tuple(Language)
    if wish in {each.value for each in Language}:
        return (Language(wish),)
    raise LocalError(
        "language-unknown", f"There is no language {wish!r}.", where="--lang", hint="Choose nl, en or both."
    )


def _audience(wish: str) -> "Audience":
    from meterkast.assurance.report.disclosure import Audience

    if wish in {each.value for each in Audience}:
        return Audience(wish)
    names = ", ".join(Audience)
    raise LocalError(
        "audience-unknown",
        f"There is no audience {wish!r}.",
        where="--audience",
        hint=f"Choose from {names}.",
    )


def _roster(site: Path) -> "Roster":
    from meterkast.assurance.report.signoff import Roster

    return Roster(site / "assurance" / "roster")
