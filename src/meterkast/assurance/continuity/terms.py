"""A solution in words, and the contract terms that follow from it."""

from collections.abc import Sequence
from dataclasses import dataclass

from meterkast.assurance.continuity.choice import Outcome
from meterkast.assurance.continuity.programme import Solution
from meterkast.assurance.continuity.scenario import Scenario
from meterkast.assurance.continuity.takeover import Explanation

_WEEKS_PER_MONTH = 52 / 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One term for the contract, with the number it carries."""

    id: str
    text: Explanation


def explain(solution: Solution, rules: dict[str, Outcome]) -> Explanation:
    """Why this choice: what it costs, what it buys, and what the rules of thumb would have cost."""
    found, choice = solution.outcome, solution.outcome.choice
    best = min(rules, key=lambda name: rules[name].cost) if rules else ""
    against_nl = against_en = ""
    if rules:
        against_nl = f" De beste vuistregel ({best}) kost {_million(rules[best].cost)} mln."
        against_en = f" The best rule of thumb ({best}) costs {_million(rules[best].cost)} M."
    nl = (
        f"Houd {choice.buffer:.0f} modules op voorraad en leg {choice.reserve:.0f} modules per maand aan "
        f"oproepbare capaciteit vast. Dat kost EUR {_million(found.cost)} mln over de looptijd, waarvan "
        f"EUR {_million(found.invested)} mln vooraf; in {100 * found.nobody_delayed:.0f}% van "
        "de gevallen wordt geen "
        f"installatie uitgesteld.{against_nl} {_split(solution).nl}"
    )
    en = (
        f"Keep {choice.buffer:.0f} modules in stock and reserve {choice.reserve:.0f} modules a "
        "month of capacity on "
        f"call. That costs EUR {_million(found.cost)} M over the term, EUR "
        f"{_million(found.invested)} M of it "
        f"beforehand; in {100 * found.nobody_delayed:.0f} % of cases no installation is delayed.{against_en} "
        f"{_split(solution).en}"
    )
    return Explanation(nl=nl, en=en)


def terms(scenario: Scenario, solution: Solution, largest_lead: float | None) -> tuple[Term, ...]:
    """What a contract would have to say for the solution to be there when it is needed."""
    choice, other = solution.outcome.choice, scenario.other
    found: list[tuple[str, str, str]] = []
    if choice.buffer >= 1:
        found.append(
            (
                "buffer",
                (
                    f"Voorraad van ten minste {choice.buffer:.0f} modules, eigendom van de netbeheerders, "
                    "in Nederland."
                ),
                f"Stock of at least {choice.buffer:.0f} modules, owned by the operators, in the Netherlands.",
            )
        )
    if choice.reserve >= 1:
        found.append(
            (
                "reserve",
                f"{other.name} houdt {choice.reserve:.0f} modules per maand oproepbaar, leverbaar vanaf "
                "een maand "
                "na afroep, met jaarlijkse aantoning.",
                f"{other.name} keeps {choice.reserve:.0f} modules a month on call, delivered from one "
                "month after "
                "the call on, shown every year.",
            )
        )
    found.append(_lead_term(scenario, largest_lead))
    if other.ramp is not None:
        found.append(
            (
                "ramp",
                (
                    f"Opschalen naar 100% binnen {other.ramp.median:.0f} weken na de aanlooptijd, met boete "
                    "per week."
                ),
                (
                    f"Ramp to 100 % within {other.ramp.median:.0f} weeks after the lead, with a penalty per "
                    "week."
                ),
            )
        )
    found += _FIXED
    return tuple(Term(id=name, text=Explanation(nl=nl, en=en)) for name, nl, en in found)


_FIXED: Sequence[tuple[str, str, str]] = (
    (
        "escrow",
        (
            "Broncode en bouwomgeving van de firmware in depot; de netbeheerder ondertekent mee en "
            "kan alleen verder."
        ),
        "Firmware source and build environment in escrow; the operator co-signs and can go on alone.",
    ),
    (
        "shared-parts",
        "Beide fabrikanten geven hun tweede laag op; een gedeeld onderdeel krijgt een eigen voorraad.",
        "Both vendors declare their second tier; a shared part gets a stock of its own.",
    ),
    (
        "drill",
        "Jaarlijkse oefening: order omleiden, tijd tot 100% meten, uitkomst in het bewijs.",
        "Yearly drill: reroute an order, measure the time to 100 %, record the outcome as evidence.",
    ),
)


def _lead_term(scenario: Scenario, largest_lead: float | None) -> tuple[str, str, str]:
    target = 100 * scenario.target
    if largest_lead is None:
        return (
            "lead",
            (
                "Met deze voorraad alleen houdt de bewering bij geen enkele aanlooptijd stand: eerst "
                "voorraad of reserve."
            ),
            "With this stock alone the claim holds at no lead time: stock or reserve first.",
        )
    return (
        "lead",
        f"Aanlooptijd van hoogstens {largest_lead:.0f} weken (mediaan): daarbij blijft zonder "
        f"reserve {target:.0f}% van "
        "de runs zonder uitstel.",
        f"Lead of at most {largest_lead:.0f} weeks (median): with it, and no reserve, "
        f"{target:.0f} % of runs stay "
        "without delay.",
    )


def _split(solution: Solution) -> Explanation:
    share = 100 * solution.outcome.choice.split
    if not solution.split_priced:
        return Explanation(
            nl=(
                f"De verdeling ({share:.0f}% bij de uitvallende fabrikant) staat op haar grens, omdat "
                "beide "
                "fabrikanten hier dezelfde prijs hebben; over de verdeling zegt dit niets."
            ),
            en=(
                f"The split ({share:.0f} % with the vendor that falls away) stands at its bound, since "
                "both vendors "
                "have the same price here; nothing is said on the split."
            ),
        )
    return Explanation(
        nl=f"De verdeling, met haar prijslijn meegewogen: {share:.0f}% bij de uitvallende fabrikant.",
        en=f"The split, weighed with its price curve: {share:.0f} % with the vendor that falls away.",
    )


def _million(value: float) -> str:
    return f"{value / 1e6:.1f}"
