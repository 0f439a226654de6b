"""Gaps between what was asked and what was answered, and between a claim and what is offered for it."""

from collections.abc import Iterator

from meterkast.assurance.dossier.component import Component, Nature, Status
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.gaps.gap import Gap, Kind, listed, merged
from meterkast.assurance.dossier.procedure import Topic

_TOPIC_NL = {
    Topic.ABNORMALLY_LOW: "of de prijs de kosten dekt",
    Topic.FOREIGN_SUBSIDY: "of er buitenlandse steun is",
    Topic.UNION_STATE_AID: "of er staatssteun uit de Unie is",
}
_TOPIC_EN = {
    Topic.ABNORMALLY_LOW: "whether the price covers the cost",
    Topic.FOREIGN_SUBSIDY: "whether there is a foreign subsidy",
    Topic.UNION_STATE_AID: "whether there is state aid from the Union",
}
_AUDIT_NL = {
    "scope": "reikwijdte",
    "frequency": "frequentie",
    "party": "onafhankelijke partij",
    "findings": "bevindingen",
}
_AUDIT_EN = {"scope": "scope", "frequency": "frequency", "party": "independent party", "findings": "findings"}
# Classes of part that one cannot hold; the word hardware does not cover them.
_INTANGIBLE = {"firmware", "software", "application"}
_PART = "part:"


def evidence_beside_the_point(dossier: Dossier) -> Iterator[Gap]:
    """A question about a bid answered with an inquiry that says nothing of it."""
    for procedure in dossier.procedures:
        for examination in procedure.examinations:
            topic, inquiry = examination.topic, examination.inquiry
            others = {one.inquiry for one in procedure.examinations if one.topic is topic}
            if any(topic in one.speaks_to for one in others):
                continue
            shown_nl = listed([_TOPIC_NL[shown] for shown in sorted(inquiry.speaks_to)], "en")
            shown_en = listed([_TOPIC_EN[shown] for shown in sorted(inquiry.speaks_to)], "and")
            yield Gap(
                kind=Kind.INFERENCE,
                subject=procedure.id,
                text_nl=f"Gevraagd is {_TOPIC_NL[topic]}; het antwoord zegt {shown_nl}, en dat toont het "
                "eerste niet aan.",
                text_en=f"Asked is {_TOPIC_EN[topic]}; the answer says {shown_en}, which does not show the "
                "former.",
                places=merged(examination.asked_at, examination.outcome.ref),
                settled_nl="een toelichting van de inschrijver op zijn kosten",
                settled_en="an explanation of cost by the bidder",
            )


def classes_not_answered(dossier: Dossier) -> Iterator[Gap]:
    """Parts asked for by class, and a component from that country of which the answer covers fewer."""
    for question in dossier.questions:
        asked = [topic.removeprefix(_PART) for topic in question.asks if topic.startswith(_PART)]
        for component in dossier.components:
            if question.origin is None or question.origin not in _origins(dossier, component):
                continue
            silent = tuple(cls for cls in asked if not _answered(dossier, component, cls))
            if silent:
                yield Gap(
                    kind=Kind.GAP,
                    subject=component.id,
                    text_nl=f"Gevraagd is naar {listed(silent, 'en')}; het antwoord noemt de "
                    f"{component.name_nl.lower()} “{component.nature.value}” en zwijgt daarover en over de "
                    "weg van updates.",
                    text_en=f"Asked is about {listed(silent, 'and')}; the answer calls the "
                    f"{component.name_en.lower()} “{component.nature.value}” and is silent on it and on "
                    "its update path.",
                    places=merged(question.asked_at, component.nature.ref),
                    missing=(*silent, "updates"),
                    settled_nl="een overzicht van firmware, land van bouw en weg van updates",
                    settled_en="an inventory of firmware, country of build and update path",
                )


def claims_on_unproven_ground(dossier: Dossier) -> Iterator[Gap]:
    """Statements about one component that only hold if another does its work, which is not bought yet."""
    for component in dossier.components:
        if component.status.value is Status.AWARDED:
            continue
        leaning = [statement for statement in dossier.statements if component.id in statement.rests_on]
        about = dict.fromkeys(id for one in leaning for id in one.about if _is_component(dossier, id))
        if leaning:
            subjects = [dossier.component(id) for id in about]
            yield Gap(
                kind=Kind.SCOPE,
                subject=component.id,
                text_nl=f"Wat over de {listed([one.name_nl.lower() for one in subjects], 'en')} is gezegd, "
                "rust mede op "
                f"de {component.name_nl.lower()}, waarvan de aanbesteding nog liep.",
                text_en=f"What is said of the {listed([one.name_en.lower() for one in subjects], 'and')} "
                "rests in part "
                f"on the {component.name_en.lower()}, which was still under tender.",
                places=merged(tuple(one.ref for one in leaning), component.status.ref),
                settled_nl="bewijs voor de andere componenten",
                settled_en="evidence for the other components",
            )


def unused_room(dossier: Dossier) -> Iterator[Gap]:
    """Asked which room stayed unused: an instrument that by its sound was not used, and nobody says why."""
    asked = dossier.asked("instruments-unused")
    for procedure in dossier.procedures:
        unused = [one for one in procedure.instruments if one.used.value is False and one.reason is None]
        if not asked or not unused:
            continue
        answers = tuple(
            ref for one in dossier.questions if "instruments-unused" in one.asks for ref in one.answered_at
        )
        yield Gap(
            kind=Kind.INFERENCE,
            subject=procedure.id,
            text_nl="Op de vraag welke ruimte onbenut bleef, komt geen direct antwoord; niet gebruikt lijkt: "
            f"{listed([one.name_nl.lower() for one in unused], 'en')}.",
            text_en="The question which room stayed unused gets no direct answer; not used, it seems: "
            f"{listed([one.name_en.lower() for one in unused], 'and')}.",
            places=merged(asked, answers, tuple(one.used.ref for one in unused)),
            missing=("reason",),
            settled_nl="de lijst van afgewogen instrumenten",
            settled_en="the list of instruments that were weighed",
        )


def audits_without_fields(dossier: Dossier) -> Iterator[Gap]:
    """An audit with an outcome and without the fields that would make it say something."""
    for audit in dossier.audits:
        if audit.missing:
            asked = tuple(ref for name in audit.missing for ref in dossier.asked(f"audit:{name}"))
            yield Gap(
                kind=Kind.GAP,
                subject=audit.id,
                text_nl=f"Van de audits zijn {listed([_AUDIT_NL[name] for name in audit.missing], 'en')} "
                "niet gegeven; "
                "de uitkomst heeft zo geen reikwijdte achter zich.",
                text_en=f"Of the audits {listed([_AUDIT_EN[name] for name in audit.missing], 'and')} are "
                "not given; "
                "so the outcome has no scope behind it.",
                places=merged(asked, audit.disclosure.ref, audit.outcome.ref),
                missing=audit.missing,
                settled_nl="een ondertekend oordeel met reikwijdte, datum en auditor",
                settled_en="a signed verdict with scope, date and auditor",
            )


def _origins(dossier: Dossier, component: Component) -> set[str]:
    origins = (dossier.party(vendor).origin for vendor in component.vendors)
    return {origin.value for origin in origins if origin and origin.value}


def _answered(dossier: Dossier, component: Component, cls: str) -> bool:
    """Whether a class is said to be absent, known by country, or meant by the nature of the component."""
    if cls in {absent.value for absent in component.absent}:
        return True
    known = [part for part in dossier.parts if part.component == component.id and part.cls == cls]
    if known and all(part.firmware or part.production for part in known):
        return True
    return component.nature.value is not Nature.HARDWARE or cls not in _INTANGIBLE


def _is_component(dossier: Dossier, id: str) -> bool:
    return any(component.id == id for component in dossier.components)
