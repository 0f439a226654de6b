"""A claim that probes prove, as the commands show it: as text, as JSON, and in the exit code."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from meterkast.console.cli.assurance.width import width
from meterkast.console.exits import Exit
from meterkast.model.calendar import iso_local

if TYPE_CHECKING:
    from meterkast.street.state import ClaimState


def lines(claim: "ClaimState") -> Iterator[str]:
    """How it stands and since when, its sentence, and what the probe has to add."""
    from meterkast.assurance.case import Status
    from meterkast.assurance.case.outline import wrapped

    proven = "never" if claim.proven_at is None else iso_local(int(claim.proven_at))
    yield f"{Status(claim.status).label.sign} {claim.status:<9} {claim.id}  ({proven})"
    yield from wrapped(claim.text_en, 4, width=width())
    yield from wrapped(claim.detail, 4, width=width())


def documents(claims: "Iterable[ClaimState]") -> list[dict[str, Any]]:
    """Claims as JSON values."""
    return [asdict(claim) for claim in claims]


def ended(claims: "Iterable[ClaimState]") -> Exit:
    """``FAILED`` where one of them is not proven."""
    return Exit.DONE if all(claim.status == "proven" for claim in claims) else Exit.FAILED
