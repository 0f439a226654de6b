"""The framework for trusted suppliers: a versioned policy, two assessors, a reasoned verdict, and appeal.

The face of this room::

    policy(), diff(before, after)                 the policy as data, and what changed
    judge(policy, risk, assessment)               veto, unknown, below the level, with measures, or trusted
    agreement(policy, first, second)              how far two assessors agree
    Case(...)                                     the process, with right of reply and objection
    evaluate(dossier, at) -> list[Verdict]        the framework over a dossier

It gives evidence to whoever decides; it replaces no decision of a minister. Nothing here is legal advice.
"""

from meterkast.assurance.framework.assessment import Agreement, Assessment, Level, agreement
from meterkast.assurance.framework.evaluation import evaluate
from meterkast.assurance.framework.judgement import Judgement, Trust, judge
from meterkast.assurance.framework.policy import Change, Policy, diff, policy
from meterkast.assurance.framework.process import Case, State

__all__ = [
    "Agreement",
    "Assessment",
    "Case",
    "Change",
    "Judgement",
    "Level",
    "Policy",
    "State",
    "Trust",
    "agreement",
    "diff",
    "evaluate",
    "judge",
    "policy",
]
