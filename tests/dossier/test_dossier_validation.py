"""Validation: every fault is a finding that names file and field; the packaged dossier has no error."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from meterkast.assurance.dossier import Dossier, Fact, Ref, load, validate
from meterkast.assurance.dossier.party import Ownership
from meterkast.model.finding import Severity

INVENTED = Path(__file__).parent / "invented"
HERE = Ref(source="B", line=1)


def own(owner: str, owned: str, share: float | str | None, day: int = 1) -> Ownership:
    told = Fact(value=share, ref=HERE, date=date(2031, 1, day))
    return Ownership(id=f"{owner}-{owned}-{day}", owner=owner, owned=owned, share=told)


def owned(*ties: Ownership) -> Callable[[Dossier], Dossier]:
    return lambda dossier: replace(dossier, ownerships=ties)


def first(member: str, **changes: object) -> Callable[[Dossier], Dossier]:
    def change(dossier: Dossier) -> Dossier:
        records = getattr(dossier, member)
        changed: dict[str, Any] = {member: (replace(records[0], **changes), *records[1:])}
        return replace(dossier, **changed)

    return change


def twice(dossier: Dossier) -> Dossier:
    return replace(dossier, parties=(*dossier.parties, dossier.parties[0]))


def over_whole(dossier: Dossier) -> Dossier:
    contract = dossier.contracts[0]
    awards = tuple(replace(award, share=replace(award.share, value=0.6)) for award in contract.awards)
    return replace(dossier, contracts=(replace(contract, awards=awards),))


FAULTS: list[tuple[str, str, Callable[[Dossier], Dossier]]] = [
    ("dossier-id-twice", "parties.toml: party noordnet.id", twice),
    (
        "dossier-source-missing",
        "contracts.toml: contract heat.units.ref",
        first("contracts", units=Fact(value=1, ref=Ref(source="Z", line=1))),
    ),
    (
        "dossier-quote-too-long",
        "statements.toml: statement has-valve.quote",
        first("statements", quote="x " * 21),
    ),
    (
        "dossier-reference-dangling",
        "components.toml: component H1.vendors",
        first("components", vendors=("ghost",)),
    ),
    (
        "dossier-reference-dangling",
        "contracts.toml: contract heat.operators",
        first("contracts", operators=("ghost",)),
    ),
    (
        "dossier-reference-dangling",
        "parts.toml: part heat-aurora.contains",
        first("parts", contains=("ghost",)),
    ),
    (
        "dossier-reference-dangling",
        "statements.toml: statement has-valve.about",
        first("statements", about=("ghost",)),
    ),
    (
        "dossier-country-unknown",
        "parties.toml: party noordnet.seat",
        first("parties", seat=Fact(value="ZZ", ref=HERE)),
    ),
    ("dossier-country-unknown", "parts.toml: part heat-aurora.assembly", first("parts", assembly="EU")),
    ("dossier-parts-circular", "parts.toml: part", first("parts", contains=("heat-aurora",))),
    ("dossier-shares-over-whole", "contracts.toml: contract heat.awards", over_whole),
    (
        "dossier-share-out-of-range",
        "parties.toml: ownership top-middle-1.share",
        owned(own("top", "middle", 1.2)),
    ),
    (
        "dossier-share-unreadable",
        "parties.toml: ownership top-middle-1.share",
        owned(own("top", "middle", "most")),
    ),
    (
        "dossier-shares-over-whole",
        "parties.toml: ownership of aurora.share",
        owned(own("top", "aurora", 0.7), own("middle", "aurora", 0.4)),
    ),
    (
        "dossier-ownership-loop",
        "parties.toml: ownership.owned",
        owned(own("top", "middle", 0.6), own("middle", "top", 0.1)),
    ),
    (
        "dossier-ownership-closed",
        "parties.toml: ownership.share",
        owned(own("top", "middle", 1.0), own("middle", "top", 1.0)),
    ),
    (
        "dossier-statements-one-day",
        "parties.toml: ownership top-middle-1.share.date",
        owned(own("top", "middle", 0.2), own("top", "middle", 0.3)),
    ),
]


@pytest.mark.parametrize(
    ("code", "place", "change"), FAULTS, ids=[f"{row[0]}-{n}" for n, row in enumerate(FAULTS)]
)
def test_a_fault_is_found_and_placed(code: str, place: str, change: Callable[[Dossier], Dossier]) -> None:
    findings = [finding for finding in validate(change(load(INVENTED))) if finding.code == code]
    assert any(finding.message.startswith(place) for finding in findings), findings


def test_a_sound_dossier_has_no_findings() -> None:
    assert validate(load(INVENTED)) == []


def test_the_packaged_dossier_has_no_error_and_says_what_its_texts_leave_open() -> None:
    """The article and the questions are of one day, so no date tells which share came later."""
    findings = validate(load())
    assert [(finding.code, finding.severity) for finding in findings] == [
        ("dossier-statements-one-day", Severity.WARNING)
    ]


def test_all_faults_are_found_and_not_the_first_alone() -> None:
    dossier = first("parts", assembly="EU")(twice(load(INVENTED)))
    assert {finding.code for finding in validate(dossier)} == {"dossier-id-twice", "dossier-country-unknown"}


def test_statements_on_two_days_are_told_apart_by_their_days() -> None:
    dossier = owned(own("top", "middle", 0.2, 1), own("top", "middle", 0.3, 2))(load(INVENTED))
    assert validate(dossier) == []
