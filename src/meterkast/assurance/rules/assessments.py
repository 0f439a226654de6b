"""Risk assessments of components: signed, and with every input pinned by its hash."""

from collections.abc import Iterator
from datetime import date

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.record import Analysis
from meterkast.assurance.rules.verdict import Ground, Outcome, Verdict


def assessed(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """ASSESSED: every component has a risk assessment that somebody signed, the fact ``signed.ANALYSIS``."""
    for component in dossier.components:
        made = [each for each in _assessments(dossier) if component.id in each.about]
        signed = [each for each in made if f"signed.{each.id}" in dossier.facts]
        chosen = (signed or made)[:1]
        facts = [Ground.of(f"{each.id} signed", dossier.facts.get(f"signed.{each.id}")) for each in chosen]
        facts += [Ground.of(f"{each.id} done", each.done) for each in chosen]
        if not made:
            outcome, nl, en = Outcome.OPEN, "geen risicobeoordeling verteld", "no risk assessment told"
        elif not signed:
            outcome, nl, en = (
                Outcome.OPEN,
                "beoordeeld, ondertekening niet verteld",
                "assessed, signature not told",
            )
        else:
            outcome, nl, en = Outcome.PASS, "beoordeeld en ondertekend", "assessed and signed"
        nl, en = f"{component.name_nl}: {nl}", f"{component.name_en}: {en}"
        facts = facts or [Ground.at(f"{component.id} risk assessment", None)]
        yield Verdict.of("ASSESSED", component.id, outcome, facts, nl, en, at)


def inputs(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """INPUTS: an assessment names its inputs, each pinned by a digest, the fact ``sha256.INPUT``."""
    for each in _assessments(dossier):
        digests = {name: dossier.facts.get(f"sha256.{name}") for name in each.inputs}
        loose = [name for name, digest in digests.items() if digest is None or not digest.value]
        ordered = sorted(digests, key=lambda name: name not in loose)
        facts = [Ground.of(f"{name} sha256", digests[name]) for name in ordered]
        nl = f"zonder hash: {', '.join(loose)}" if loose else "elke invoer heeft een hash"
        en = f"without a digest: {', '.join(loose)}" if loose else "every input has a digest"
        nl, en = f"{each.name_nl}: {nl}", f"{each.name_en}: {en}"
        yield Verdict.of("INPUTS", each.id, Outcome.OPEN if loose else Outcome.PASS, facts, nl, en, at)


def _assessments(dossier: Dossier) -> list[Analysis]:
    return [each for each in dossier.analyses if each.inputs and each.about and each.done.value]
