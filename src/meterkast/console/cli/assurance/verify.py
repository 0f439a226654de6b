"""``meterkast assurance verify``: a pack checked off line."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.exits import Exit
from meterkast.model.calendar import iso_local
from meterkast.model.finding import Severity

_EXAMPLES = ("meterkast assurance verify case.pack.json --signer FINGERPRINT",)


def add(group: typer.Typer) -> None:
    """Adds the command."""
    command(group, "verify", examples=_EXAMPLES)(verify)


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
