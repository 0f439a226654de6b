"""State influence on a vendor: by interest, by control, by other means; never by flag."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from meterkast.assurance.dossier import ownership
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.ownership import Control, Reading
from meterkast.assurance.dossier.party import Means, Role
from meterkast.assurance.rules.verdict import UNKNOWN, Ground, Outcome, Verdict


class Influence(StrEnum):
    """What the documented ties of a vendor to a state come to, least first."""

    UNTOLD = "untold"
    NONE = "none"
    INTEREST = "interest"
    DISPUTED = "disputed"
    CONTROL = "control"

    @property
    def nl(self) -> str:
        """The words in Dutch."""
        return _DUTCH[self]

    @property
    def en(self) -> str:
        """The words in English."""
        return _ENGLISH[self]


_DUTCH = {
    Influence.UNTOLD: "eigendom niet verteld",
    Influence.NONE: "geen band met een staat verteld",
    Influence.INTEREST: "belang van een staatsbedrijf, geen zeggenschap",
    Influence.DISPUTED: "zeggenschap van een staatsbedrijf in de slechtste lezing",
    Influence.CONTROL: "zeggenschap van een staatsbedrijf",
}

_ENGLISH = {
    Influence.UNTOLD: "ownership not told",
    Influence.NONE: "no tie to a state told",
    Influence.INTEREST: "interest of a state-owned firm, no control",
    Influence.DISPUTED: "control by a state-owned firm in the worst reading",
    Influence.CONTROL: "control by a state-owned firm",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of one vendor.

    Attributes:
        ties: the statements that it follows from, from the top down.
        interest: least and most interest of the state-owned party through all layers; none is (0, 0).
        means: by what else than shares it directs.
    """

    vendor: str
    influence: Influence
    ties: tuple[str, ...]
    interest: tuple[float, float]
    means: tuple[Means, ...]


def state_influence(dossier: Dossier, vendor: str) -> Finding:
    """What the statements of ownership say of the state behind one vendor; the worst reading drives.

    ``NONE`` needs a majority that is told to be in other hands; less than that is ``UNTOLD``.
    """
    states = [party.id for party in dossier.parties if Role.STATE_OWNED in party.roles]
    chains = [each for each in ownership.controllers(dossier, vendor) if each.controller in states]
    least, most = (
        sum(ownership.integrated(dossier, reading).get(state, {}).get(vendor, 0.0) for state in states)
        for reading in (Reading.MILDEST, Reading.WORST)
    )
    if chains:
        influence = Influence.CONTROL if any(chain.sure for chain in chains) else Influence.DISPUTED
    elif most > 0:
        influence = Influence.INTEREST
    elif (
        sum(tie.least for tie in ownership.direct(dossier, Reading.MILDEST) if tie.owned == vendor)
        > _MAJORITY
    ):
        influence = Influence.NONE
    else:
        influence = Influence.UNTOLD
    return Finding(
        vendor=vendor,
        influence=influence,
        ties=tuple(dict.fromkeys(link.id for chain in chains for link in chain.links)),
        interest=(least, most),
        means=tuple(dict.fromkeys(_other_means(chains))),
    )


def influence(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """STATE-INFLUENCE: no state directs a vendor, by share or other means; dispute or silence leaves it open.

    What an answer means for a purchase is for the framework, which looks at control, law, transparency and
    reach together.
    """
    for vendor in _vendors(dossier):
        found = state_influence(dossier, vendor)
        ties = [tie for tie in dossier.ownerships if tie.id in found.ties]
        facts = [Ground.of(f"{tie.owner} in {tie.owned}", tie.share) for tie in ties]
        name = dossier.party(vendor)
        yield Verdict.of(
            "STATE-INFLUENCE",
            vendor,
            _OUTCOMES[found.influence],
            facts or [Ground(what=f"{vendor} owners", value=UNKNOWN)],
            f"{name.name('nl')}: {found.influence.nl}{_told(dossier, found, 'nl')}",
            f"{name.name('en')}: {found.influence.en}{_told(dossier, found, 'en')}",
            at,
        )


def risk_trigger(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """RISK-TRIGGER: possible state influence on a vendor needs a risk analysis of what it delivers."""
    for component in dossier.components:
        moved = [
            vendor
            for vendor in component.vendors
            if state_influence(dossier, vendor).influence not in (Influence.UNTOLD, Influence.NONE)
        ]
        if not moved:
            continue
        done = [
            each.done
            for each in dossier.analyses
            if component.id in each.about and each.inputs and each.done.value
        ]
        named = ", ".join(moved)
        nl = "er is een risicoanalyse" if done else "een risicoanalyse ontbreekt"
        en = "there is a risk analysis" if done else "a risk analysis is missing"
        yield Verdict.of(
            "RISK-TRIGGER",
            component.id,
            Outcome.PASS if done else Outcome.FAIL,
            [Ground.of(f"{component.id} risk analysis", done[0] if done else None)],
            f"{component.name_nl}: mogelijke staatsinvloed bij {named}; {nl}",
            f"{component.name_en}: possible state influence at {named}; {en}",
            at,
        )


_MAJORITY = 0.5
_OUTCOMES = {
    Influence.UNTOLD: Outcome.OPEN,
    Influence.NONE: Outcome.PASS,
    Influence.INTEREST: Outcome.FLAG,
    Influence.DISPUTED: Outcome.OPEN,
    Influence.CONTROL: Outcome.FAIL,
}


def _vendors(dossier: Dossier) -> list[str]:
    return list(dict.fromkeys(vendor for component in dossier.components for vendor in component.vendors))


def _other_means(chains: list[Control]) -> Iterator[Means]:
    for chain in chains:
        yield from (link.means for link in chain.links if link.means is not Means.SHARE)


def _told(dossier: Dossier, found: Finding, language: str) -> str:
    """Interest, other means and chain, as far as there are any."""
    least, most = found.interest
    word = "belang" if language == "nl" else "interest"
    parts = [f"{word} {least:.0%}" if least == most else f"{word} {least:.0%}–{most:.0%}"] if most else []
    parts += [means.value for means in found.means]
    ties = [tie for tie in dossier.ownerships if tie.id in found.ties]
    links = [(dossier.party(tie.owner), dossier.party(tie.owned), tie.share.ref) for tie in ties]
    parts += [f"{owner.name(language)} > {owned.name(language)} ({ref})" for owner, owned, ref in links]
    return f": {', '.join(parts)}" if parts else ""
