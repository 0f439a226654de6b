"""``python -m fuzz.campaign [TARGET …] [--count N] [--seed S] [--processes P] [--json]``: N changed inputs.

For environments without atheris. Each target gets an equal share. The first inputs of a share are traced, and
those that reach new steps of the decoders join the pool that is changed further; the rest goes at full speed.
What is no refusal of ours, takes a second of processor time or a GiB of memory is a finding: it is printed
with its octets, and ends in exit code 1.
"""

import argparse
import random
import resource
import signal
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from types import FrameType
from typing import Final, NoReturn

from bench.figure import Figure, as_json, as_text

from fuzz import certificates
from fuzz.mutation import mutate
from fuzz.reach import Step, reached
from fuzz.seeds import repaired, seeds
from fuzz.targets import TARGETS

_HANG: Final = 1.0
_MEMORY: Final = 1 << 30
_LONGEST: Final = 1024
_QUICK: Final = 0.001
"""Slower inputs are tried and not changed further: they would be all that time is spent on."""
_TRACED: Final = 20_000
_ENOUGH: Final = 5
"""So many findings end the run of a target."""


@dataclass(slots=True, kw_only=True)
class Share:
    """What became of one target."""

    name: str
    executions: int = 0
    findings: list[str] = field(default_factory=list)
    pool: int = 0
    steps: int = 0
    slowest: float = 0.0
    seconds: float = 0.0
    growth: float = 0.0


def main() -> int:
    """Runs, prints the figures, says by its exit code whether nothing was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", nargs="*", choices=[*TARGETS, []], default=[])
    parser.add_argument("--count", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    names = arguments.target or list(TARGETS)
    share = -(-arguments.count // len(names))
    tasks = [(name, share, arguments.seed) for name in names]
    shares: list[Share] = []
    tree = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    with ProcessPoolExecutor(arguments.processes, initializer=_confine) as workers:
        for done in workers.map(fuzzed, tasks):
            shares.append(done)
            print(f"{done.name}: {done.executions:,} in {done.seconds:.0f} s", file=sys.stderr, flush=True)
            for finding in done.findings:
                print(f"{done.name}: {finding}", file=sys.stderr, flush=True)
    figures = as_figures(shares, tree, arguments.seed)
    print(as_json(figures) if arguments.json else as_text(figures))
    return 1 if any(share.findings for share in shares) else 0


def fuzzed(task: tuple[str, int, int]) -> Share:
    """One target, ``count`` times."""
    name, count, seed = task
    signal.signal(signal.SIGVTALRM, _hung)
    dice, share, pool = random.Random(f"{name} {seed}"), Share(name=name), list(seeds(name))
    seen: set[Step] = set()
    for octets in pool:
        seen |= reached(TARGETS[name], octets)
    before, began = _memory(), time.monotonic()
    while share.executions < count and len(share.findings) < _ENOUGH:
        octets = mutate(dice.choice(pool), dice.choice(pool), dice, longest=_LONGEST)
        if dice.random() < 0.5:
            octets = repaired(name, octets)
        share.executions += 1
        traced = share.executions <= min(_TRACED, count // 10)
        if _tried(share, octets, seen if traced else None):
            pool.append(octets)
    share.pool, share.steps = len(pool), len(seen)
    share.seconds, share.growth = time.monotonic() - began, _memory() - before
    return share


def _tried(share: Share, octets: bytes, seen: set[Step] | None) -> bool:
    """One execution; whether it was quick and, traced where ``seen`` is given, reached something new."""
    target, new = TARGETS[share.name], set[Step]()
    signal.setitimer(signal.ITIMER_VIRTUAL, _HANG)
    started = time.process_time()
    try:
        target(octets)
        spent = time.process_time() - started
        share.slowest = max(share.slowest, spent)
        if seen is not None and spent < _QUICK:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            new = reached(target, octets) - seen
            seen |= new
    except BaseException:  # also MemoryError, RecursionError and our own clock
        share.findings.append(f"{octets.hex()}\n{traceback.format_exc()}")
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return bool(new)


def as_figures(shares: list[Share], tree: str, seed: int) -> list[Figure]:
    """For each protocol the sum and a figure for each target; ``tree`` says of when the code was."""
    of_certificates = [share for share in shares if share.name in certificates.TARGETS]
    of_meters = [share for share in shares if share not in of_certificates]
    groups = (("dlms", of_meters, 10_000_000), ("x509", of_certificates, None))
    return [
        figure
        for protocol, its, goal in groups
        if its
        for figure in (_sum(protocol, its, goal, tree, seed), *(_of(protocol, share) for share in its))
    ]


def _sum(protocol: str, shares: list[Share], goal: int | None, tree: str, seed: int) -> Figure:
    work = sum(share.seconds for share in shares)
    findings = sum(len(share.findings) for share in shares)
    return Figure(
        name=f"fuzz.{protocol}",
        value=sum(share.executions for share in shares),
        unit="executions",
        goal=goal,
        against=f"{findings} findings in {work:.0f} s; code as of {tree}; "
        f"inputs changed at random (no atheris), those kept that reach new steps at first; seed {seed}",
        more_is_better=True,
    )


def _of(protocol: str, share: Share) -> Figure:
    return Figure(
        name=f"fuzz.{protocol}.{share.name}",
        value=len(share.findings),
        unit="findings",
        goal=0,
        against=f"{share.executions:,} executions in {share.seconds:.0f} s, from {share.pool} inputs "
        f"that reach {share.steps} steps; slowest {1000 * share.slowest:.0f} ms, "
        f"growth {share.growth:.1f} MiB",
    )


def _confine() -> None:
    """Whoever asks for more memory gets none, which is a finding."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _hung(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise TimeoutError


def _memory() -> float:
    """The most that the process ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
