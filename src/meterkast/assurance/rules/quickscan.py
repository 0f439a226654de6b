"""Is a purchase a security dossier? The same answers always give the same class."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from meterkast.assurance.dossier.component import Component, Keys
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.fact import Confidence
from meterkast.assurance.rules.criticality import vital_processes
from meterkast.assurance.rules.influence import Influence, state_influence
from meterkast.assurance.rules.sheet import sheet
from meterkast.assurance.rules.verdict import Ground, Outcome, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickScan:
    """The questions, and how they decide.

    Attributes:
        always: the question that must be answered yes.
        together_with_any: of these, one more must be.
    """

    version: str
    confidence: Confidence
    source: str
    always: str
    together_with_any: tuple[str, ...]
    questions_nl: dict[str, str]
    questions_en: dict[str, str]

    def classify(self, answers: Mapping[str, bool | None]) -> bool | None:
        """Whether it is a security dossier; None while an answer that is missing could still decide."""
        first = answers.get(self.always)
        others = [answers.get(question) for question in self.together_with_any]
        if first is False:
            return False
        if first and any(others):
            return True
        if all(answer is False for answer in others):
            return False
        return None


@cache
def quick_scan() -> QuickScan:
    """The packaged questions."""
    return sheet(QuickScan, "quickscan")


def answers(dossier: Dossier, component: Component) -> dict[str, bool | None]:
    """The answers that follow from a dossier for one component."""
    processes = vital_processes().of(component)
    keys = component.properties.keys.value
    found = {state_influence(dossier, vendor).influence for vendor in component.vendors}
    told = found and Influence.UNTOLD not in found
    moved = bool(found & {Influence.INTEREST, Influence.DISPUTED, Influence.CONTROL})
    return {
        "vital": any(each.fact in dossier.facts for each in processes) or None,
        "state-influence": True if moved else False if told else None,
        "sensitive": None if keys is None else keys in (Keys.DATA, Keys.TRUST),
        "dependence": len(set(component.vendors)) == 1 if component.vendors else None,
    }


def quickscan(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """QUICKSCAN: where the answers make it a security dossier, a decision treats it as one.

    The decision is the fact ``security-dossier.COMPONENT``.
    """
    scan = quick_scan()
    for component in dossier.components:
        given = answers(dossier, component)
        result = scan.classify(given)
        decided = dossier.facts.get(f"security-dossier.{component.id}")
        yes = [question for question, answer in given.items() if answer]
        nl, en = f"{component.name_nl}: ", f"{component.name_en}: "
        if result is None:
            outcome, nl, en = Outcome.OPEN, f"{nl}antwoorden ontbreken", f"{en}answers are missing"
        elif not result:
            outcome, nl, en = Outcome.PASS, f"{nl}geen veiligheidsdossier", f"{en}no security dossier"
        else:
            nl, en = f"{nl}veiligheidsdossier ({', '.join(yes)})", f"{en}security dossier ({', '.join(yes)})"
            treated = None if decided is None else decided.value
            outcome = Outcome.PASS if treated else Outcome.OPEN if treated is None else Outcome.FAIL
            if not treated:
                nl, en = (
                    f"{nl}; een besluit daartoe is niet genoemd",
                    f"{en}; no decision to that effect is told",
                )
        facts = [Ground.of(f"{component.id} security dossier", decided)] if result else []
        facts += [Ground.at(f"{component.id} {question}", answer) for question, answer in given.items()]
        yield Verdict.of("QUICKSCAN", component.id, outcome, facts, nl, en, at)
