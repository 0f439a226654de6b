"""The claim that the other vendor takes over "tot 100%" (S3:122): TTR against TTS, by computation."""

import math
from typing import NamedTuple

import numpy as np

from meterkast.assurance.continuity.answers import RUNS, SEED, Answers, run
from meterkast.assurance.continuity.interval import Estimate
from meterkast.assurance.continuity.scenario import Scenario

CLAIM = "takeover-to-100-percent"

_WORDS = {
    "lead": ("aanlooptijd", "lead time"),
    "ramp": ("opschaaltijd", "ramp time"),
    "capacity": ("capaciteit", "capacity"),
    "buffer": ("buffer", "buffer"),
}


class Explanation(NamedTuple):
    """The same sentences in both languages."""

    nl: str
    en: str


class TakeOver(NamedTuple):
    """How the claim stands.

    Attributes:
        holds: None while an input is missing: the claim is open.
        ttr: weeks until the other vendor delivers 100 %, in one run of a hundred longer; NaN while open.
        tts: weeks that the buffer lasts, in one run of a hundred shorter; infinite where it lasts.
        explanation: which numbers decide.
        status: ``proven``, ``refuted`` or ``open``; ``proven`` means: under the inputs of this scenario.
        in_time: the part of runs with TTR <= TTS.
        missing: inputs that no document states.
        assumed: inputs that rest on an assumption; where there are any, the result is a what-if.
        run_id: of the run that decided; empty while open.
    """

    holds: bool | None
    ttr: float
    tts: float
    explanation: Explanation
    status: str
    in_time: Estimate | None
    missing: tuple[str, ...]
    assumed: tuple[str, ...]
    run_id: str


def take_over_claim(scenario: Scenario, seed: int = SEED, runs: int = RUNS) -> TakeOver:
    """Decides the claim for a scenario; open, and nothing guessed, where an input is missing."""
    if scenario.missing:
        return _open(scenario)
    return judge(scenario, run(scenario, seed, runs))


def judge(scenario: Scenario, answers: Answers) -> TakeOver:
    """Decides the claim from answers that were computed already."""
    if scenario.missing:
        return _open(scenario)
    in_time = answers.nobody_delayed
    holds = in_time.value >= scenario.target
    ttr = answers.takeover_99.value
    tts = _shortest(answers)
    explanation = _explained(scenario, answers, holds=holds, tts=tts)
    return TakeOver(
        holds=holds,
        ttr=ttr,
        tts=tts,
        explanation=explanation,
        status="proven" if holds else "refuted",
        in_time=in_time,
        missing=(),
        assumed=scenario.assumed,
        run_id=answers.run_id,
    )


def largest_lead(scenario: Scenario, seed: int = SEED, runs: int = 2048, most: float = 208.0) -> float | None:
    """The longest median lead, in weeks, with which the claim still holds; None where none does.

    The shortfall grows with the lead run by run, so halving the range finds it.
    """
    lead = scenario.computable().other.lead
    assert lead is not None

    def holds(weeks: float) -> bool:
        changed = scenario.with_other(lead=type(lead)(median=weeks, sigma=lead.sigma, least=lead.least))
        answers = run(changed, seed, runs, buffers=(scenario.buffer or 0,))
        return answers.nobody_delayed.value >= scenario.target

    if not holds(0.0):
        return None
    low, high = 0.0, most
    while high - low > 0.5:
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _shortest(answers: Answers) -> float:
    """The buffer's life that is undercut in one run of a hundred; infinite where it lasts in 99 of 100."""
    return math.inf if answers.nobody_delayed.value >= answers.target else answers.survive.value


def _open(scenario: Scenario) -> TakeOver:
    nl = ", ".join(_WORDS[name][0] for name in scenario.missing)
    en = ", ".join(_WORDS[name][1] for name in scenario.missing)
    no_buffer_nl = " Geen buffer vermeld." if "buffer" in scenario.missing else ""
    no_buffer_en = " No buffer stated (geen buffer vermeld)." if "buffer" in scenario.missing else ""
    return TakeOver(
        holds=None,
        ttr=math.nan,
        tts=math.nan,
        explanation=Explanation(
            nl=f'Open: niet vermeld zijn {nl}. "Tot 100%" zonder tijd is niet te toetsen.{no_buffer_nl}',
            en=f'Open: not stated are {en}. "To 100 %" without a time cannot be tested.{no_buffer_en}',
        ),
        status="open",
        in_time=None,
        missing=scenario.missing,
        assumed=scenario.assumed,
        run_id="",
    )


def _explained(scenario: Scenario, answers: Answers, *, holds: bool, tts: float) -> Explanation:
    part = 100 * answers.nobody_delayed.value
    goal = 100 * scenario.target
    lasts_nl = "raakt niet op" if np.isinf(tts) else f"is dan na (mediaan) {tts:.0f} weken op"
    lasts_en = "does not run out" if np.isinf(tts) else f"is gone after {tts:.0f} weeks (median)"
    ttr, ttr_99 = answers.takeover.value, answers.takeover_99.value
    nl = (
        f"{'Houdt stand' if holds else 'Houdt geen stand'} bij deze invoer: "
        f"{scenario.other.name} levert 100% na "
        f"{ttr:.0f} weken (mediaan; {ttr_99:.0f} in 1 van de 100 runs), de buffer van "
        f"{_whole(scenario.buffer or 0, '.')} modules "
        f"{lasts_nl}. In {f'{part:.1f}'.replace('.', ',')}% van {_whole(answers.runs, '.')} "
        "runs is TTR ≤ TTS en wordt geen "
        "installatie uitgesteld; "
        f"nodig is {goal:.0f}%. Nodige buffer: {_whole(answers.buffer_needed.value, '.')} modules."
    )
    en = (
        f"{'Holds' if holds else 'Does not hold'} for these inputs: {scenario.other.name} "
        "delivers 100 % after "
        f"{ttr:.0f} weeks (median; {ttr_99:.0f} in 1 run of 100), the buffer of {scenario.buffer:,} modules "
        f"{lasts_en}. In {part:.1f} % of {answers.runs:,} runs TTR ≤ TTS and no installation is delayed; "
        f"{goal:.0f} % is needed. Buffer needed: {answers.buffer_needed.value:,.0f} modules."
    )
    return Explanation(nl=nl, en=en)


def _whole(value: float, mark: str) -> str:
    return f"{value:,.0f}".replace(",", mark)
