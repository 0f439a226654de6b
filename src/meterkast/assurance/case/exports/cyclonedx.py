"""The case as CycloneDX declarations (1.6 and 1.7, ECMA-424): claims, evidence, attestations.

The library has no model for declarations, so they are plain values here, checked against its strict schema.
"""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from meterkast import __version__
from meterkast.assurance.case.judgement import Attack, Judgement
from meterkast.assurance.case.reference import Kind, Outcome, Reference
from meterkast.assurance.case.standing import Standing
from meterkast.assurance.case.status import Status
from meterkast.assurance.dossier.bom.notation import VERSIONS
from meterkast.assurance.dossier.bom.strict import strict
from meterkast.model.calendar import utc
from meterkast.model.errors import DataError, LocalError

_TARGET, _ASSESSOR, _STANDARD = "target-system", "assessor-meterkast", "standard-case"
_SCORES = {Status.PROVEN: 1.0, Status.SEALED: 0.8, Status.ATTENTION: 0.6, Status.ASSERTED: 0.2}
_NAMES = uuid.UUID("5f0f4a52-6b1e-5f7a-9d59-4d6574657231")


def write(standing: Standing, *, now: float, version: str = "1.6", language: str = "en") -> dict[str, Any]:
    """A document with the declarations of the case. Scores follow the statuses; what is open scores 0.

    Raises:
        LocalError: ``cyclonedx-version-unknown``.
    """
    if version not in VERSIONS:
        raise LocalError("cyclonedx-version-unknown", f"There is no {version!r} here.", hint="1.6 or 1.7")
    judged = standing.judged
    outcomes = _evidence(standing)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMES, f'{standing.case.goal} {now}')}",
        "version": 1,
        "metadata": {
            "timestamp": utc(int(now)).isoformat(),
            "tools": {"components": [{"type": "application", "name": "meterkast", "version": __version__}]},
        },
        "definitions": {
            "standards": [
                {
                    "bom-ref": _STANDARD,
                    "name": getattr(standing.case.claims[standing.case.goal], language),
                    "requirements": [
                        {
                            "bom-ref": _requirement(name),
                            "identifier": name,
                            "text": getattr(claim, language),
                            "descriptions": [claim.source],
                        }
                        for name, claim in standing.case.claims.items()
                    ],
                }
            ]
        },
        "declarations": {
            "assessors": [
                {
                    "bom-ref": _ASSESSOR,
                    "thirdParty": False,
                    "organization": {"name": f"meterkast {__version__}, run by the holder of this case"},
                }
            ],
            "targets": {"components": [{"bom-ref": _TARGET, "type": "device", "name": "metering chain"}]},
            "claims": [_claim(each, language) for each in judged.values()],
            "evidence": [_proof(each, language) for each in outcomes],
            "attestations": [
                {
                    "summary": "Computed from evidence; no status was set by hand.",
                    "assessor": _ASSESSOR,
                    "map": [_mapped(each, language) for each in judged.values()],
                }
            ],
        },
    }


def check(document: Mapping[str, Any]) -> None:
    """Checks a document against the strict schema, and that every reference inside leads somewhere.

    Raises:
        DataError: ``cyclonedx-invalid`` or ``cyclonedx-dangling``.
        LocalError: ``bom-extra-missing`` where the library of CycloneDX is not installed.
    """
    version = str(document.get("specVersion"))
    fault = next(strict(version if version in VERSIONS else VERSIONS[0]).iter_errors(document), None)
    if fault is not None:
        raise DataError(
            "cyclonedx-invalid", "The document is not valid CycloneDX.", where=fault.message[:200]
        )
    defined = set(_values(document, "bom-ref"))
    told = document.get("declarations", {})
    used = {
        each
        for name in ("target", "requirement", "assessor", "claims", "evidence", "counterEvidence")
        for each in _values({key: told[key] for key in ("claims", "attestations") if key in told}, name)
    }
    if dangling := sorted(used - defined):
        raise DataError("cyclonedx-dangling", "A reference leads nowhere.", where=dangling[0])


def _evidence(standing: Standing) -> list[Outcome]:
    references: dict[Reference, None] = {}
    for claim in standing.case.claims.values():
        references |= dict.fromkeys(each for each in claim.references() if each.kind is not Kind.CLAIM)
    return [standing.sources(each) for each in references]


def _claim(judgement: Judgement, language: str) -> dict[str, Any]:
    """Evidence supports, counter-evidence does not: refuted outcomes and defeaters that are not refuted."""
    bad = {each.reference for each in judgement.outcomes if each.status is Status.REFUTED}
    counter = [_proof_ref(each) for each in sorted(bad)]
    counter += [_proof_ref(each.by) for each, attack in judgement.attacks if attack is not Attack.REFUTED]
    reasons = [getattr(each, language) for each in judgement.claim.arguments]
    return {
        "bom-ref": _claim_ref(judgement.claim.id),
        "target": _TARGET,
        "predicate": getattr(judgement.claim, language),
        "reasoning": "; ".join(each for each in reasons if each) or judgement.status.label.meaning_en,
        "evidence": [_proof_ref(each.reference) for each in judgement.outcomes if each.reference not in bad],
        "counterEvidence": list(dict.fromkeys(counter)),
    }


def _proof(outcome: Outcome, language: str) -> dict[str, Any]:
    proof: dict[str, Any] = {
        "bom-ref": _proof_ref(outcome.reference),
        "propertyName": f"meterkast:{outcome.reference}",
        "description": f"{outcome.status}: {getattr(outcome, language)} {outcome.reason}".strip(),
    }
    if outcome.at is not None:
        proof["created"] = utc(int(outcome.at)).isoformat()
    return proof


def _mapped(judgement: Judgement, language: str) -> dict[str, Any]:
    words = f"{getattr(judgement.status.label, language)}: {', '.join(judgement.because)}".rstrip(": ")
    return {
        "requirement": _requirement(judgement.claim.id),
        "claims": [_claim_ref(judgement.claim.id)],
        "conformance": {"score": _SCORES.get(judgement.status, 0.0), "rationale": words},
    }


def _values(document: object, name: str) -> Iterable[str]:
    if isinstance(document, dict):
        for key, value in document.items():
            if key == name:
                yield from (
                    each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)
                )
            yield from _values(value, name)
    elif isinstance(document, list):
        for each in document:
            yield from _values(each, name)


def _claim_ref(name: str) -> str:
    return f"claim-{name}"


def _requirement(name: str) -> str:
    return f"requirement-{name}"


def _proof_ref(reference: Reference) -> str:
    return f"evidence-{reference}"
