"""The models that a claim can lean on, by name. Each says what it assumed; nothing unstated is guessed."""

from collections.abc import Callable, Mapping
from functools import cache

from meterkast.assurance.case.computed import Answer
from meterkast.assurance.continuity import bridge
from meterkast.assurance.continuity.answers import RUNS, SEED, run
from meterkast.assurance.continuity.loading import load
from meterkast.assurance.continuity.nminusone import n_minus_one
from meterkast.assurance.continuity.scenario import Channel
from meterkast.assurance.continuity.takeover import take_over_claim
from meterkast.assurance.dossier import Dossier

Model = Callable[[], Answer]

_DOSSIER = "2026Z00004"
_STATED, _WHAT_IF = "dossier", "assumed"
_FEW_RUNS = 512


def answer(name: str, dossier: Dossier) -> Answer | None:
    """What a model says; None where there is no such model, or no scenario for this dossier."""
    model = _MODELS.get(name)
    return None if model is None or dossier.head.id != _DOSSIER else model()


@cache
def _take_over() -> Answer:
    """Whether the other vendor delivers 100 % before the buffer is gone, with what the documents state."""
    scenario = load(_STATED)
    claim = take_over_claim(scenario)
    return Answer(
        holds=claim.holds,
        nl=claim.explanation.nl,
        en=claim.explanation.en,
        grounds={"inputs": scenario.digest, "missing": ", ".join(claim.missing), "status": claim.status},
    )


@cache
def _n_minus_one() -> Answer:
    """What happens where any one thing is taken away."""
    scenario = load(_STATED)
    rows = n_minus_one(scenario)
    outcomes = {each.outcome for each in rows}
    weak = [each for each in rows if each.outcome != "pass"]
    return Answer(
        holds=False if "fail" in outcomes else None if "open" in outcomes else True,
        nl=f"{len(weak)} van {len(rows)} niet opgevangen of open: {', '.join(each.name for each in weak)}",
        en=f"{len(weak)} of {len(rows)} not covered or open: {', '.join(each.name for each in weak)}",
        grounds={"inputs": scenario.digest} | {each.id: each.outcome for each in rows},
    )


@cache
def _channels() -> Answer:
    """What each channel does alone, as a what-if: deliveries, maintenance, updates."""
    scenario = load(_WHAT_IF)
    alone = {channel: run(scenario.with_channels(channel), SEED, _FEW_RUNS) for channel in Channel}
    weeks = ", ".join(f"{channel} {each.delayed_weeks.value:,.0f}" for channel, each in alone.items())
    unpatched = alone[Channel.UPDATES].unpatched.value
    return Answer(
        holds=None,
        nl=f"Wat-als met aannames: huishoudweken vertraging per kanaal: {weeks}; "
        f"{unpatched:,.0f} modulejaren zonder updates",
        en=f"What-if with assumptions: household-weeks of delay by channel: {weeks}; "
        f"{unpatched:,.0f} module-years without updates",
        grounds={"inputs": scenario.digest} | {f"{channel}": each.run_id for channel, each in alone.items()},
    )


@cache
def _bridge() -> Answer:
    """How likely the stock of the present generation ends before the next one comes."""
    scenario = load(_WHAT_IF)
    assert scenario.bridge is not None
    gap = bridge.answer(scenario.bridge, SEED, RUNS)
    chance, weeks = 100 * gap.probability.value, gap.weeks_95.value
    return Answer(
        holds=None,
        nl=f"Wat-als met aannames: kans op een gat tussen de generaties {chance:.0f}%, "
        f"in 1 op 20 langer dan {weeks:.0f} weken",
        en=f"What-if with assumptions: chance of a gap between the generations {chance:.0f} %, "
        f"in 1 of 20 over {weeks:.0f} weeks",
        grounds={"inputs": scenario.digest},
    )


_MODELS: Mapping[str, Model] = {
    "continuity.take-over": _take_over,
    "continuity.n-minus-one": _n_minus_one,
    "continuity.channels": _channels,
    "continuity.bridge": _bridge,
}
