"""``python -m fuzz.captures [--count N] [--seed S] [--json]``: changed captures through every decoder.

Each round takes a capture, changes it (bits, octets, cuts, doublings, splices with another one) and explains
it. Anything but an explanation or one of our own refusals is a crash, also a second of processor time without
an end; crashes are printed with their octets and end in exit code 1. Memory is watched as the process grows.
"""

import argparse
import contextlib
import random
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

from bench.figure import Figure, as_json, as_text

from fuzz.mutation import mutate
from meterkast.model.errors import MeterkastError
from meterkast.protocols.explain.detect import explain
from meterkast.protocols.explain.dump import undump

_ROOT = Path(__file__).resolve().parents[2] / "shared" / "captures"
_FAMILIES = {
    "dlms-push": "dlms",
    "dlms-exchange": "dlms",
    "mbus-wired": "mbus",
    "p1": "p1",
    "p1-encrypted": "p1",
}
_OWN = Path(__file__).with_name("corpus")
_KEY, _AUTH_KEY = bytes(range(16)), bytes(range(0xD0, 0xE0))
_HANG = 1.0
_RADIO = frozenset({0x08, 0x44})
"""Control fields of the radio frames in the corpus."""


def main() -> int:
    """Runs, prints one JSON document, says by its exit code whether all was well."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    corpus = list(_corpus())
    if not corpus:
        print("fuzz: there are neither captures nor a corpus", file=sys.stderr)
        return 2
    signal.signal(signal.SIGVTALRM, _hung)
    dice = random.Random(arguments.seed)
    for family, octets in corpus:
        _try(family, octets)
    before, began = _memory(), time.monotonic()
    outcomes: Counter[str] = Counter()
    slowest, broken = 0.0, 0
    for _ in range(arguments.count):
        family, octets = dice.choice(corpus)
        mutated = _mended(mutate(octets, dice.choice(corpus)[1], dice), dice)
        as_ = dice.choice((family, family, "auto"))
        started = time.perf_counter()
        outcome = _try(as_, mutated)
        outcomes[outcome.partition(":")[0]] += 1
        slowest = max(slowest, time.perf_counter() - started)
        if outcome.startswith("crash"):
            broken += 1
            print(f"{outcome}, as {as_}: {mutated.hex()}", file=sys.stderr)
    against = f"{arguments.count:,} changes of {len(corpus)} messages, seed {arguments.seed}: " + ", ".join(
        f"{count:,} {outcome}" for outcome, count in sorted(outcomes.items())
    )
    took = f"{time.monotonic() - began:.0f} s in all"
    figures = [
        Figure(name="fuzz.crashes", value=broken, unit="messages", goal=0, against=against),
        Figure(name="fuzz.slowest", value=slowest, unit="s", goal=_HANG, against=took),
        Figure(
            name="fuzz.growth", value=_memory() - before, unit="MiB", goal=32, against="memory at the start"
        ),
    ]
    print(as_json(figures) if arguments.json else as_text(figures))
    return 1 if broken else 0


def _mended(octets: bytes, dice: random.Random) -> bytes:
    """Half of the M-Bus frames get a length and a checksum that hold, to come further in."""
    if len(octets) < 10 or dice.random() < 0.5:
        return octets
    if octets[1] in _RADIO:
        return bytes((len(octets[:256]) - 1,)) + octets[1:256]
    if octets[0] != 0x68:
        return octets
    body = octets[4:-2][:255]
    return bytes((0x68, len(body), len(body), 0x68)) + body + bytes((sum(body) & 0xFF, 0x16))


def _corpus() -> Iterator[tuple[str, bytes]]:
    """Captures, and the messages beside this file."""
    for folder, family in _FAMILIES.items():
        for path in sorted((_ROOT / folder).glob("*")):
            if path.suffix in {".hex", ".txt", ".bin"} and ".expected" not in path.name:
                octets = path.read_bytes()
                yield family, octets if family == "p1" else undump(octets)
    for path in sorted(_OWN.glob("*.hex")):
        yield path.name.partition("-")[0], undump(path.read_bytes())


def _try(as_: str, octets: bytes) -> str:
    signal.setitimer(signal.ITIMER_VIRTUAL, _HANG)
    try:
        explain(octets, as_, _KEY, _AUTH_KEY)
    except MeterkastError as refusal:
        return f"refused:{refusal.code}"
    except BaseException as crash:
        with contextlib.suppress(Exception):
            traceback.print_exception(crash)
        return f"crash:{type(crash).__name__}"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return "explained"


def _hung(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise TimeoutError


def _memory() -> float:
    """The most that the process ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
