"""An invented dossier that the rules can be asked about: other vendors, other shares, other days."""

from dataclasses import replace
from datetime import date
from typing import TypeVar

from meterkast.assurance.dossier.component import (
    Communication,
    Component,
    Criticality,
    Keys,
    Nature,
    Part,
    Properties,
    Reach,
    Status,
    Updates,
)
from meterkast.assurance.dossier.contract import Award, Contract
from meterkast.assurance.dossier.dossier import Dossier, Head
from meterkast.assurance.dossier.fact import Fact, Ref
from meterkast.assurance.dossier.party import Means, Ownership, Party, Role
from meterkast.assurance.dossier.procedure import Procedure, Requirement, RequirementKind
from meterkast.assurance.dossier.record import Decision

DAY = date(2026, 9, 1)
PLACE = Ref(source="X1", line=3)


T = TypeVar("T")


def fact(value: T, day: date | None = None) -> Fact[T]:
    return Fact(value=value, ref=PLACE, date=day)


def part(name: str, *, critical: bool = True, maker: str | None = "maker", **countries: str | None) -> Part:
    since = Criticality(since=date(2026, 1, 1), decider="noord", ref=PLACE) if critical else None
    where: dict[str, str | None] = {"production": "NO", "assembly": "NO", "design": "NO", **countries}
    return Part(
        id=name,
        component="G1",
        cls="microcontroller",
        party=maker,
        critical=since,
        ref=PLACE,
        design=where["design"],
        production=where["production"],
        assembly=where["assembly"],
    )


def component(name: str = "G1", *vendors: str, **properties: object) -> Component:
    told: dict[str, object] = {
        "actuator": False,
        "communication": Communication.NONE,
        "keys": Keys.NONE,
        "updates": Updates.NONE,
        "reach": Reach.MEASUREMENT,
        **properties,
    }
    return Component(
        id=name,
        name_nl=f"Onderdeel {name}",
        name_en=f"Component {name}",
        nature=fact(Nature.HARDWARE),
        status=fact(Status.AWARDED),
        properties=Properties(**{key: fact(value) for key, value in told.items()}),  # type: ignore[arg-type]
        vendors=vendors or ("berg", "dal"),
        rooms=("module",),
    )


def vendor(name: str, *, origin: str | None = "NO", seat: str | None = "NL") -> Party:
    return Party(id=name, legal_name=name.title(), roles=(Role.VENDOR,), seat=fact(seat), origin=fact(origin))


def owner(name: str, origin: str | None, *, state: bool = False) -> Party:
    roles = (Role.OWNER, Role.STATE_OWNED) if state else (Role.OWNER,)
    return Party(id=name, legal_name=name.title(), roles=roles, origin=fact(origin))


def owns(above: str, below: str, share: float | str | None, means: Means = Means.SHARE) -> Ownership:
    return Ownership(id=f"{above}-{below}-{share}", owner=above, owned=below, share=fact(share), means=means)


OPERATOR = Party(id="noord", legal_name="Noord", roles=(Role.OPERATOR, Role.VITAL_PROVIDER))
MINISTER = Party(id="minister", legal_name="Minister", roles=(Role.GOVERNMENT,))


def contract(**changes: object) -> Contract:
    made = Contract(
        id="supply",
        component="G1",
        procedure="buy",
        operators=("noord", "zuid"),
        awards=(
            Award(party="berg", share=fact(0.7), named="Berg"),
            Award(party="dal", share=fact(0.3), named="Dal"),
        ),
        units=fact(1000),
        value_eur=fact(250_000_000),
        term_years=fact(4),
        options=fact(2),
        option_years=fact(1),
        option_decider=fact("operator"),
        options_in_value=fact(True),
        units_of_operator={"noord": fact(600), "zuid": fact(400)},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def decision(
    name: str, outcome: str | None, *deciders: str, about: str = "G1", on: date | None = DAY
) -> Decision:
    return Decision(
        id=name,
        deciders=deciders or ("noord",),
        text_nl=name,
        text_en=name,
        about=(about,),
        outcome=fact(outcome),
        decided_at=on,
    )


def world(**changes: object) -> Dossier:
    every = ("hardware", "hardware-with-os")
    made = Dossier(
        head=Head(id="X1", title_nl="Verzonnen", title_en="Invented", signatories=()),
        parties=(vendor("berg"), vendor("dal", origin="JP"), OPERATOR, MINISTER),
        components=(component(),),
        contracts=(contract(),),
        procedures=(Procedure(id="buy", component="G1"),),
        requirements=tuple(
            Requirement(
                id=kind, kind=kind, quote="", ref=PLACE, natures=tuple(Nature(each) for each in every)
            )
            for kind in RequirementKind
        ),
    )
    return replace(made, **changes)  # type: ignore[arg-type]
