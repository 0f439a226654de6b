"""Contracts per operator: when they end, and whether an option may be exercised (M051-M054)."""

from dataclasses import dataclass
from datetime import date, timedelta

from meterkast.assurance.continuity.scenario import Operator, Scenario
from meterkast.model.errors import DataError
from meterkast.model.finding import Finding, Severity

ASSESSMENT_DAYS = 365
_ALERT_DAYS = 540


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """One operator's contract: its last day, and the last day of each option that is left."""

    operator: str
    ends: date
    options_used: int
    options_left: tuple[date, ...]


def calendar(scenario: Scenario) -> tuple[Expiry, ...]:
    """The end of every contract, with the options that are exercised in the scenario."""
    return tuple(
        Expiry(
            operator=operator.id,
            ends=_end(scenario, operator.options),
            options_used=operator.options,
            options_left=tuple(
                _end(scenario, used) for used in range(operator.options + 1, scenario.options_most + 1)
            ),
        )
        for operator in scenario.operators
    )


def alerts(scenario: Scenario, today: date) -> list[Finding]:
    """Contracts that end within a year and a half, or have ended."""
    findings = []
    for expiry in calendar(scenario):
        left = (expiry.ends - today).days
        if left > _ALERT_DAYS:
            continue
        ended = left < 0
        findings.append(
            Finding(
                code="contract-ended" if ended else "contract-ends-soon",
                severity=Severity.ERROR if ended else Severity.WARNING,
                message=f"{expiry.operator}: the contract ends on {expiry.ends}; "
                f"{len(expiry.options_left)} options are left.",
            )
        )
    return findings


def exercise(scenario: Scenario, operator_id: str, assessed: date, today: date) -> Operator:
    """The operator with one option more.

    Raises:
        DataError: ``option-none-left``, ``option-assessment-stale`` where the risk assessment is older than a
            year or lies ahead, ``operator-unknown``.
    """
    operator = next((each for each in scenario.operators if each.id == operator_id), None)
    if operator is None:
        raise DataError("operator-unknown", f"There is no operator {operator_id!r}.", where="operator")
    if operator.options >= scenario.options_most:
        raise DataError("option-none-left", "All options have been exercised.", where=operator_id)
    if not 0 <= (today - assessed).days <= ASSESSMENT_DAYS:
        raise DataError(
            "option-assessment-stale",
            f"The risk assessment of {assessed} is not of the last {ASSESSMENT_DAYS} days.",
            where=operator_id,
            hint="Assess again first, with a continuity run.",
        )
    return Operator(id=operator.id, name=operator.name, share=operator.share, options=operator.options + 1)


def _end(scenario: Scenario, options: int) -> date:
    years = scenario.base_years + scenario.option_years * options
    start = scenario.start
    try:
        after = start.replace(year=start.year + years)
    except ValueError:  # 29 February
        after = start.replace(year=start.year + years, day=28)
    return after - timedelta(days=1)
