"""``meterkast assurance export``: the case handed on."""

import json
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meterkast.console.cli import output
from meterkast.console.cli.answer import Answer
from meterkast.console.cli.assurance import options
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import SITE, Site
from meterkast.console.exits import Exit
from meterkast.console.language import Language

if TYPE_CHECKING:
    from meterkast.assurance.case import Standing

_EXAMPLES = (
    "meterkast assurance export pack -o case.pack.json",
    "meterkast assurance export ltac",
    "meterkast assurance export cyclonedx -o case.cdx.json",
)


class Notation(StrEnum):
    """In which a case is handed on."""

    PACK = "pack"
    LTAC = "ltac"
    CYCLONEDX = "cyclonedx"
    OSCAL = "oscal"


def add(group: typer.Typer) -> None:
    """Adds the command."""
    command(group, "export", examples=_EXAMPLES)(export)


def export(
    answer: Answer,
    notation: Annotated[Notation, typer.Argument(help="A signed pack, or the case in another's notation.")],
    file: options.Output = None,
    language: options.Lang = Language.EN,
    dossier: options.Dossier = None,
    site: Site = SITE,
) -> Exit:
    """Hand the case on: a signed pack for `verify`, LTAC, CycloneDX declarations or OSCAL results."""
    from meterkast.assurance.case import Standing
    from meterkast.assurance.case.exports import cyclonedx, ltac, oscal

    standing, now = Standing.at(site, dossier=dossier), time.time()
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
    return output.deliver(answer, text, file)


def _pack(standing: "Standing", site: Path, now: float) -> dict[str, Any]:
    from meterkast.assurance.case import pack
    from meterkast.assurance.case.record import Record

    return pack.make(Record(site), standing.judged, dossier=standing.sources.dossier.head.id, now=now)


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
