"""What was analysed, on which threat report and which design, who was consulted, and what audits tell."""

from collections.abc import Iterator
from datetime import date

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.party import Role
from meterkast.assurance.dossier.record import Analysis, Disclosure
from meterkast.assurance.rules.verdict import Ground, Outcome, Verdict


def analyses(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """ANALYSES: every analysis that was asked for was done; silence is a gap."""
    for each in dossier.analyses:
        outcome, nl, en = {
            True: (Outcome.PASS, "gedaan", "done"),
            False: (Outcome.FAIL, "niet gedaan", "not done"),
            None: (
                Outcome.OPEN,
                "gevraagd, niet verteld of het is gedaan",
                "asked for, not told whether done",
            ),
        }[each.done.value]
        yield _verdict("ANALYSES", each, outcome, [Ground.of(f"{each.id} done", each.done)], nl, en, at)


def intervention(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """INTERVENTION: an escalation ends in a decision with a motive, the fact ``motive.DECISION``."""
    for decision in dossier.decisions:
        if not decision.id.startswith("intervention"):
            continue
        motive = dossier.facts.get(f"motive.{decision.id}")
        facts = [
            Ground.of(f"{decision.id} outcome", decision.outcome),
            Ground.of(f"{decision.id} motive", motive),
        ]
        if decision.outcome.value is None:
            outcome, nl, en = Outcome.OPEN, "geen besluit genoemd", "no decision told"
        elif motive is None or not motive.value:
            facts.reverse()
            outcome, nl, en = Outcome.FAIL, "besluit zonder motief", "a decision without a motive"
        else:
            outcome = Outcome.PASS
            nl = en = f"{decision.outcome.value}: {motive.value}"
        nl, en = f"{decision.text_nl}: {nl}", f"{decision.text_en}: {en}"
        yield Verdict.of("INTERVENTION", decision.id, outcome, facts, nl, en, at)


def threat_edition(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """THREAT-EDITION: an assessment rests on the latest edition of each threat report.

    The edition used is the fact ``edition.ASSESSMENT.REPORT``, the latest ``latest.REPORT``; both are days.
    """
    reports = {each.id for each in dossier.analyses if not each.about}
    for each in dossier.analyses:
        for report in [name for name in each.inputs if name in reports]:
            used, latest = (
                dossier.facts.get(f"edition.{each.id}.{report}"),
                dossier.facts.get(f"latest.{report}"),
            )
            facts = [Ground.of(f"{each.id} edition of {report}", used), Ground.of(f"latest {report}", latest)]
            if (
                used is None
                or latest is None
                or not isinstance(used.value, date)
                or not isinstance(latest.value, date)
            ):
                outcome, nl, en = (
                    Outcome.OPEN,
                    f"editie van {report} niet genoemd",
                    f"edition of {report} not told",
                )
            elif used.value < latest.value:
                facts.reverse()
                outcome = Outcome.FAIL
                nl, en = (
                    f"te herzien: {report} van {latest.value}",
                    f"to be revised: {report} of {latest.value}",
                )
            else:
                outcome, nl, en = Outcome.PASS, f"laatste editie van {report}", f"latest edition of {report}"
            yield _verdict("THREAT-EDITION", each, outcome, facts, nl, en, at)


def consultation(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """CONSULTATION: that a service was asked, when, and about what; what it said stays with it.

    The day is the fact ``held.ANALYSIS``.
    """
    for each in _by_services(dossier):
        if not each.done.value or each.disclosure is not Disclosure.SEALED:
            continue
        held, about = dossier.facts.get(f"held.{each.id}"), ", ".join(each.about)
        day = None if held is None else held.value
        facts = [
            Ground.of(f"{each.id} day", held),
            Ground.at(f"{each.id} about", about or None, each.done.ref),
        ]
        if each.conclusions is not None:
            outcome, nl, en = Outcome.FAIL, "de inhoud is niet verzegeld", "the content is not sealed"
            facts = [Ground(what=f"{each.id} conclusions", value="present")]
        elif day is None or not about:
            outcome = Outcome.OPEN
            nl = f"geraadpleegd over {about or 'iets dat niet is verteld'}, dag {day or 'niet verteld'}"
            en = f"consulted about {about or 'something not told'}, day {day or 'not told'}"
        else:
            outcome, nl, en = Outcome.PASS, f"op {day} over {about}", f"on {day} about {about}"
        yield _verdict("CONSULTATION", each, outcome, facts, nl, en, at)


def design_version(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """DESIGN-VERSION: a threat view on an older design than today's, the fact ``design``, is flagged."""
    today = dossier.facts.get("design")
    for each in _by_services(dossier):
        if not each.done.value or not each.about:
            continue
        facts = [Ground.of(f"{each.id} design", each.design), Ground.of("design today", today)]
        if each.design is None or each.design.value is None or today is None or today.value is None:
            outcome, nl, en = (
                Outcome.OPEN,
                "ontwerpversie toen of nu niet genoemd",
                "design then or now not told",
            )
        elif each.design.value != today.value:
            outcome = Outcome.FLAG
            nl, en = (
                f"gaf een beeld van {each.design.value}; nu {today.value}",
                f"viewed {each.design.value}; now {today.value}",
            )
        else:
            outcome, nl, en = Outcome.PASS, f"hoort bij {today.value}", f"belongs to {today.value}"
        yield _verdict("DESIGN-VERSION", each, outcome, facts, nl, en, at)


def audit_fields(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """AUDIT-FIELDS: scope, frequency, independent party and findings are told, also of a sealed report.

    “Nothing was found” without a scope is no evidence of anything.
    """
    for audit in dossier.audits:
        names_nl = ", ".join(_FIELDS_NL[name] for name in audit.missing)
        facts = [Ground(what=f"{audit.id} {name}", value="unknown") for name in audit.missing]
        facts.append(Ground.of(f"{audit.id} outcome", audit.outcome))
        missing = bool(audit.missing)
        yield Verdict.of(
            "AUDIT-FIELDS",
            audit.id,
            Outcome.OPEN if missing else Outcome.PASS,
            facts,
            f"niet verteld: {names_nl}" if missing else "alle vier de velden zijn verteld",
            f"not told: {', '.join(audit.missing)}" if missing else "all four fields are told",
            at,
        )


_FIELDS_NL = {
    "scope": "reikwijdte",
    "frequency": "frequentie",
    "party": "onafhankelijke partij",
    "findings": "bevindingen",
}


def _by_services(dossier: Dossier) -> list[Analysis]:
    services = {party.id for party in dossier.parties if Role.SERVICE in party.roles}
    return [each for each in dossier.analyses if services & set(each.by)]


def _verdict(
    rule: str, analysis: Analysis, outcome: Outcome, facts: list[Ground], nl: str, en: str, at: date
) -> Verdict:
    nl, en = f"{analysis.name_nl}: {nl}", f"{analysis.name_en}: {en}"
    return Verdict.of(rule, analysis.id, outcome, facts, nl, en, at)
