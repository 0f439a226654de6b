"""The case as OSCAL assessment results (1.1): a finding for each claim, an observation for its evidence."""

import uuid
from typing import Any

from meterkast import __version__
from meterkast.assurance.case.judgement import Judgement
from meterkast.assurance.case.reference import Kind, Outcome, Reference
from meterkast.assurance.case.standing import Standing
from meterkast.assurance.case.status import Status
from meterkast.model.calendar import utc

_OSCAL = "1.1.2"
_SPACE = "urn:meterkast:oscal"
_NAMES = uuid.UUID("5f0f4a52-6b1e-5f7a-9d59-4d6574657232")
_METHODS = {Kind.PROBE: "TEST", Kind.SEALED: "INTERVIEW"}
_SATISFIED = (Status.PROVEN, Status.SEALED)


def write(standing: Standing, *, now: float, language: str = "en") -> dict[str, Any]:
    """A document with the results. Proven and sealed are ``satisfied``; the status stands beside it."""
    at = utc(int(now)).isoformat()
    judged = list(standing.judged.values())
    goal = standing.case.claims[standing.case.goal]
    outcomes = {each.reference: each for judgement in judged for each in judgement.outcomes}
    return {
        "assessment-results": {
            "uuid": _id("document", at),
            "metadata": {
                "title": getattr(goal, language),
                "last-modified": at,
                "version": __version__,
                "oscal-version": _OSCAL,
            },
            "import-ap": {"href": "#assessment-plan"},
            "results": [
                {
                    "uuid": _id("result", at),
                    "title": "meterkast assurance",
                    "description": "Statuses computed from executed, computed and recorded evidence.",
                    "start": at,
                    "reviewed-controls": {"control-selections": [{"include-all": {}}]},
                    "observations": [_observation(each, at, language) for each in outcomes.values()],
                    "findings": [_finding(each, language) for each in judged],
                }
            ],
            "back-matter": {
                "resources": [
                    {
                        "uuid": _id("plan"),
                        "title": "assessment-plan",
                        "description": "The probes, rules and models of the case are the plan.",
                    }
                ]
            },
        }
    }


def _observation(outcome: Outcome, at: str, language: str) -> dict[str, Any]:
    words = getattr(outcome, language) or outcome.reason or str(outcome.reference)
    return {
        "uuid": _observed(outcome.reference),
        "title": str(outcome.reference),
        "description": words,
        "props": [{"name": "status", "ns": _SPACE, "value": outcome.status.value}],
        "methods": [_METHODS.get(outcome.reference.kind, "EXAMINE")],
        "collected": utc(int(outcome.at)).isoformat() if outcome.at is not None else at,
    }


def _finding(judgement: Judgement, language: str) -> dict[str, Any]:
    finding: dict[str, Any] = {
        "uuid": _id("finding", judgement.claim.id),
        "title": judgement.claim.id,
        "description": getattr(judgement.claim, language),
        "props": [{"name": "status", "ns": _SPACE, "value": judgement.status.value}],
        "target": {
            "type": "objective-id",
            "target-id": judgement.claim.id,
            "status": {"state": "satisfied" if judgement.status in _SATISFIED else "not-satisfied"},
        },
    }
    if judgement.outcomes:
        finding["related-observations"] = [
            {"observation-uuid": _observed(each.reference)} for each in judgement.outcomes
        ]
    return finding


def _observed(reference: Reference) -> str:
    return _id("observation", str(reference))


def _id(*parts: str) -> str:
    """The same thing keeps its id from one export to the next."""
    return str(uuid.uuid5(_NAMES, " ".join(parts)))
