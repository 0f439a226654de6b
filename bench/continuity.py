"""Continuity of supply: the model against two oracles, memory, the programme, and the N-1 table.

The goal is set against the discrete-event model, in which every vendor, dock and installer is a process. Most
of its time goes into events; a plain loop over the weeks is much quicker and stands beside it without a goal.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from bench.figure import Figure

if TYPE_CHECKING:
    from meterkast.assurance.continuity.draws import Draws
    from meterkast.assurance.continuity.scenario import Scenario

_RUNS = 10_000
_MANY = 100_000
_ORACLE_RUNS = 20
_LOOP_RUNS = 200
_MEGABYTE = 1024

_PEAK = """
import pathlib, sys
from meterkast.assurance.continuity import answers, loading
answers.run(loading.load("assumed"), 1, int(sys.argv[1]))
lines = pathlib.Path("/proc/self/status").read_text().splitlines()
print(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
"""


def measure() -> list[Figure]:
    """Every figure of the issue, each beside what it was measured against."""
    from meterkast.assurance.continuity import answers, loading, nminusone, programme

    scenario = loading.load("assumed")
    answers.run(scenario, 1, 512)
    whole = _best(lambda: answers.run(scenario, 1, _RUNS))
    (events, events_equal), (loop, loop_equal) = _event_model(scenario), _weekly_loop(scenario)
    stocked = replace(scenario, buffer=400_000)
    table = _best(lambda: nminusone.n_minus_one(stocked))
    solution = min((programme.optimise(scenario) for _ in range(3)), key=lambda each: each.seconds)
    slider = _best(lambda: answers.run(scenario, 1, 1024))
    few, many, seconds = _memory(_RUNS)[0], *_memory(_MANY)
    size = f"{solution.scenarios} runs x {solution.months} months, {solution.columns} columns"
    return [
        Figure(
            name="continuity.run-10000x416",
            value=whole,
            unit="s",
            goal=0.5,
            against=(
                f"all answers; the event model would take {events * _RUNS:.0f} s and the weekly loop "
                f"{loop * _RUNS:.1f} s for the shortfall alone"
            ),
        ),
        Figure(
            name="continuity.against-simpy",
            value=events / (whole / _RUNS),
            unit="times",
            goal=200.0,
            against=(
                f"the tests' event model with simpy processes, {1000 * events:.2f} ms a run; "
                f"{events_equal} of {_ORACLE_RUNS} runs equal to the unit"
            ),
            more_is_better=True,
        ),
        Figure(
            name="continuity.against-weekly-loop",
            value=loop / (whole / _RUNS),
            unit="times",
            goal=None,
            against=(
                f"a lean loop over the weeks in plain Python, shortfall only, {1000 * loop:.2f} ms a run; "
                f"{loop_equal} of {_LOOP_RUNS} runs equal to the unit"
            ),
            more_is_better=True,
        ),
        Figure(
            name="continuity.memory-100000",
            value=many / few,
            unit="times",
            goal=1.5,
            against=f"{many:.0f} MB for {_MANY} runs in {seconds:.1f} s, {few:.0f} MB for {_RUNS}",
        ),
        Figure(name="continuity.programme", value=solution.seconds, unit="s", goal=2.0, against=size),
        Figure(
            name="continuity.n-minus-1",
            value=table,
            unit="s",
            goal=0.2,
            against=f"{len(nminusone.n_minus_one(stocked))} rows",
        ),
        Figure(
            name="continuity.slider",
            value=1000 * slider,
            unit="ms",
            goal=None,
            against="1,024 runs, all answers, as the page asks for",
        ),
    ]


def _best(work: Callable[[], object], times: int = 5) -> float:
    """Seconds of the quickest of a few: the others measure the machine."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)


def _event_model(scenario: "Scenario") -> tuple[float, int]:
    """Seconds a run of the discrete-event model takes, and in how many runs it says the same."""
    simulate = _oracle("continuity_oracle").simulate
    return _beside(scenario, lambda draws, run: simulate(scenario, draws, run).behind, _ORACLE_RUNS)


def _weekly_loop(scenario: "Scenario") -> tuple[float, int]:
    """The same of the plain loop over the weeks, which lays out the plan once for all runs."""
    return _beside(scenario, _oracle("continuity_loop").WeeklyLoop(scenario).behind, _LOOP_RUNS)


def _oracle(name: str) -> ModuleType:
    """An oracle of the tests, so that what is timed is what is proven."""
    folder = str(Path(__file__).parent.parent / "tests")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return import_module(f"continuity.{name}")


def _beside(
    scenario: "Scenario", behind: "Callable[[Draws, int], list[int]]", runs: int
) -> tuple[float, int]:
    """Seconds an oracle takes for a run, over all of them, and in how many its path is the model's."""
    from meterkast.assurance.continuity import draws, engine, fleet

    block = next(draws.blocks(scenario, 1, runs))
    paths = engine.flow(scenario, fleet.fleet(scenario), block).shortfall
    equal = sum(behind(block, run) == paths[:, run].astype(int).tolist() for run in range(runs))
    return _best(lambda: [behind(block, run) for run in range(runs)], 3) / runs, equal


def _memory(runs: int) -> tuple[float, float]:
    """Peak megabytes and seconds of a fresh process with so many runs."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, str(runs)], capture_output=True, text=True, check=True, timeout=300
    )
    return int(done.stdout) / _MEGABYTE, time.perf_counter() - began
