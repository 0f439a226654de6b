"""Statutory duties: what law they come from, what carries them, and who cannot hand them on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from meterkast.assurance.dossier.fact import Ref
from meterkast.assurance.rules.routes import routes
from meterkast.assurance.rules.sheet import sheet
from meterkast.assurance.rules.verdict import Ground, Outcome, Verdict
from meterkast.model.errors import LocalError


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One duty.

    Attributes:
        law: id of the legal route that it stands in.
        accountable: the role that answers for it and cannot hand that on.
        rules: rules that carry it.
        claims: claims of the case that carry it, by id.
    """

    id: str
    law: str
    ref: Ref
    text_nl: str
    text_en: str
    accountable: str
    rules: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()

    def assign(self, accountable: str, responsible: str) -> Mapping[str, str]:
        """Who does the work and who answers for it.

        Raises:
            LocalError: ``duty-not-delegable`` where somebody else is to answer for it.
        """
        if accountable != self.accountable:
            raise LocalError(
                "duty-not-delegable",
                f"For this duty the {self.accountable} answers, not the {accountable}.",
                where=self.id,
                hint="The work can be given to others, the duty cannot.",
            )
        return {"accountable": accountable, "responsible": responsible}


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """All of them."""

    duty: tuple[Duty, ...]


@cache
def duties() -> Duties:
    """The packaged duties."""
    return sheet(Duties, "duties")


def duty_verdicts(verdicts: Iterable[Verdict], at: date) -> Iterator[Verdict]:
    """DUTIES: each duty is carried by at least one rule that is met; before its law it is prepared for.

    Claims of the case carry it too; whether they are green is for the case to say.
    """
    made = list(verdicts)
    for duty in duties().duty:
        status = routes().get(duty.law).status(at)
        met = [each for each in made if each.rule in duty.rules and each.outcome.met]
        facts = [
            *(Ground(what=f"{each.rule} {each.subject}", value=each.outcome.value) for each in met[:_SHOWN]),
            Ground.at(f"{duty.law} status", None if status is None else status.value, duty.ref),
        ]
        carried_nl = (
            ", ".join(f"{each.rule} {each.subject}" for each in met[:_SHOWN]) or "geen regel die voldoet"
        )
        carried_en = (
            ", ".join(f"{each.rule} {each.subject}" for each in met[:_SHOWN]) or "no rule that is met"
        )
        if not met or status is None:
            facts.reverse()
        outcome = Outcome.PASS if met and status is not None and status.binding else Outcome.PREPARED
        yield Verdict.of(
            "DUTIES",
            duty.id,
            outcome if met and status is not None else Outcome.OPEN,
            facts,
            f"{duty.text_nl} ({duty.law}, {status.nl if status else 'geen tekst bekend'}): {carried_nl}",
            f"{duty.text_en} ({duty.law}, {status.en if status else 'no text known'}): {carried_en}",
            at,
        )


_SHOWN = 3
