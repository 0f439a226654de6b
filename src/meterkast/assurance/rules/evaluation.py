"""All rules of this room over a dossier on a date."""

from collections.abc import Callable, Iterator
from datetime import date

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.rules import (
    analyses,
    assessments,
    consumer,
    criticality,
    fsr,
    influence,
    law,
    mitigation,
    origin,
    purchase,
    quickscan,
    risk,
    sourcing,
    strategy,
)
from meterkast.assurance.rules.book import bounded
from meterkast.assurance.rules.duties import duty_verdicts
from meterkast.assurance.rules.verdict import Verdict

Evaluator = Callable[[Dossier, date], Iterator[Verdict]]

EVALUATORS: dict[str, Evaluator] = {
    "GPA-PARTY": origin.gpa_party,
    "GPA-PART": origin.gpa_part,
    "GPA-1OF2": origin.gpa_one_of_two,
    "DUAL-HW": sourcing.dual_hardware,
    "SINGLE-SOURCE": sourcing.single_source,
    "SHARED-SOURCE": sourcing.shared_source,
    "ORIGIN-KNOWN": origin.origin_known,
    "STATE-INFLUENCE": influence.influence,
    "RISK-TRIGGER": influence.risk_trigger,
    "RISK-CLASS": risk.risk_class,
    "RISK-ACCEPT": mitigation.risk_accept,
    "MITIGATIONS": mitigation.mitigation_families,
    "STRATEGY": strategy.strategy,
    "CRITICALITY": criticality.criticality,
    "VITAL-PROCESS": criticality.vital_process,
    "IMPACT": criticality.impacts,
    "VITAL-PROVIDER": purchase.vital_provider,
    "JOINT-PURCHASE": purchase.joint_purchase,
    "CONTRACT-TERM": purchase.contract_term,
    "OPTION": purchase.option,
    "DIRECTIVE": purchase.directive,
    "FSR-THRESHOLD": fsr.fsr_threshold,
    "FSR-GATE": fsr.fsr_gate,
    "PRICE-EVIDENCE": fsr.price_evidence,
    "ANALYSES": analyses.analyses,
    "ASSESSED": assessments.assessed,
    "INPUTS": assessments.inputs,
    "INTERVENTION": analyses.intervention,
    "QUICKSCAN": quickscan.quickscan,
    "THREAT-EDITION": analyses.threat_edition,
    "CONSULTATION": analyses.consultation,
    "DESIGN-VERSION": analyses.design_version,
    "AUDIT-FIELDS": analyses.audit_fields,
    "REFUSAL": consumer.refusal,
    "GENERATION": consumer.generation,
    "LEGAL-STATUS": law.legal_status,
    "LEGAL-ROUTE": law.legal_route,
    "DISCLOSURE-LIMB": law.disclosure_limb,
    "MEASURES": law.measures_by_route,
    "POWERS": law.powers,
}


def evaluate(dossier: Dossier, at: date) -> list[Verdict]:
    """Every verdict of this room, in the order of the rule book, each as far as its rule reaches on that day.

    Raises:
        DataError: a rule has no verdict to give as the dossier does not fit together, for example owners in a
            closed circle or parts that contain themselves.
    """
    verdicts = bounded(each for evaluator in EVALUATORS.values() for each in evaluator(dossier, at))
    return verdicts + bounded(duty_verdicts(verdicts, at))
