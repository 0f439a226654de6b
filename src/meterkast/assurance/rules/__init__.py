"""Dated rules as data: what each says of a dossier on a date, and which fact decides.

The face of this room::

    evaluate(dossier, at) -> list[Verdict]       all verdicts, each with the fact that decides, in nl and en
    rule_book().serving("M060")                  the rules that serve a row of the mission
    party_list().standing("MK", at)              the procurement agreement by country and date
    choice().fitting(answers)                    the legal routes that are possible for a purchase
    matrix(at)                                   measures by legal route
    gap_analysis(read_demands(text, name), …)    requirements of others against the verdicts
    profile(component)                           the risk class of a component, and why

Rules, law and lists are the TOML files of ``data/rules``. Nothing here is legal advice.
"""

from meterkast.assurance.rules.book import Rule, RuleBook, rule_book
from meterkast.assurance.rules.choice import choice
from meterkast.assurance.rules.evaluation import evaluate
from meterkast.assurance.rules.gpa import party_list
from meterkast.assurance.rules.imported import gap_analysis, read_demands
from meterkast.assurance.rules.measures import matrix
from meterkast.assurance.rules.risk import RiskClass, profile
from meterkast.assurance.rules.routes import routes
from meterkast.assurance.rules.verdict import (
    NO_LEGAL_ADVICE_EN,
    NO_LEGAL_ADVICE_NL,
    Ground,
    Outcome,
    Verdict,
)

__all__ = [
    "NO_LEGAL_ADVICE_EN",
    "NO_LEGAL_ADVICE_NL",
    "Ground",
    "Outcome",
    "RiskClass",
    "Rule",
    "RuleBook",
    "Verdict",
    "choice",
    "evaluate",
    "gap_analysis",
    "matrix",
    "party_list",
    "profile",
    "read_demands",
    "routes",
    "rule_book",
]
