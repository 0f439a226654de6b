"""``python -m fuzz TARGET [options of libFuzzer]``, such as ``python -m fuzz message -runs=1000000``.

Needs atheris, in whatever environment it is installed in; Meterkast itself does not, and ``python -m
fuzz.campaign`` does without. Coverage guides it from the seeds on. An input that led to a finding belongs
into ``fuzz/corpus/TARGET``; ``tests/dlms/test_dlms_fuzz.py`` replays all of them.
"""

import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory


def main() -> None:
    """Fuzzes one target until it is told to stop."""
    try:
        atheris = import_module("atheris")
    except ImportError:
        raise SystemExit("fuzz: atheris is not installed in this environment") from None
    with atheris.instrument_imports(include=["meterkast.protocols"]):
        from fuzz.seeds import seeds
        from fuzz.targets import TARGETS
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        raise SystemExit(f"fuzz: name a target: {', '.join(TARGETS)}")
    name = sys.argv[1]
    with TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds(name)):
            (Path(corpus) / f"seed-{number}").write_bytes(seed)
        atheris.Setup([sys.argv[0], corpus, *sys.argv[2:]], TARGETS[name])
        atheris.Fuzz()


main()
