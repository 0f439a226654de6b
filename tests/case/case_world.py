"""A small world for the tests of the case: claims, evidence and a clock that stand still."""

from collections.abc import Mapping
from pathlib import Path

from meterkast.assurance.case.claim import Argument, Argumentation, Claim, Defeater, Effect, Needs
from meterkast.assurance.case.record import Record
from meterkast.assurance.case.reference import Kind, Outcome, Reference
from meterkast.assurance.case.statement import Predicate, Statement
from meterkast.assurance.case.status import Status

NOW = 1_800_000_000.0
DAY = 86_400.0


def refer(text: str) -> Reference:
    return Reference.parse(text)


def claim(
    name: str, *by: str, needs: Needs = Needs.ALL, attacked_by: str = "", effect: Effect = Effect.UNDERCUTS
) -> Claim:
    arguments = (Argument(needs=needs, by=tuple(refer(each) for each in by)),) if by else ()
    defeaters = (Defeater(by=refer(attacked_by), effect=effect, nl="nl", en="en"),) if attacked_by else ()
    return Claim(
        id=name, nl=f"{name} nl", en=f"{name} en", source="S9:1", arguments=arguments, defeaters=defeaters
    )


def case(*claims: Claim) -> Argumentation:
    return Argumentation(goal=claims[0].id, claims={each.id: each for each in claims})


class Known:
    """Resolves from a table; what is not in it is not found."""

    def __init__(self, table: Mapping[str, Status]) -> None:
        self._table = table

    def __call__(self, reference: Reference) -> Outcome:
        status = self._table.get(str(reference))
        return Outcome(reference=reference, found=status is not None, status=status or Status.OPEN, at=NOW)


def probed(
    name: str = "no_switch",
    *,
    verdict: str = "proven",
    at: float = NOW,
    subjects: Mapping[str, str] | None = None,
) -> Statement:
    return Statement(
        reference=Reference(Kind.PROBE, name),
        predicate=Predicate.TEST,
        verdict=verdict,
        subjects={"code:module": "0" * 64} if subjects is None else subjects,
        started=at - 1,
        finished=at,
        valid_until=at + 30 * DAY,
        tool="meterkast test",
        run="run",
        body={"result": "PASSED", "configuration": []},
        own={"detail": "seen and found in order"},
    )


def filled(site: Path, count: int = 4) -> Record:
    """A record with so many statements, an hour apart."""
    record = Record(site)
    for number in range(count):
        record.append(probed(f"probe_{number}", at=NOW + 3600 * number), at=NOW + 3600 * number)
    return record
