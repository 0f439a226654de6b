"""``python -m fuzz TARGET [options of libFuzzer]``, such as ``python -m fuzz message -runs=1000000``.

Needs atheris, in whatever environment it is installed in; Meterkast itself does not. New inputs are kept in
``fuzz/corpus/TARGET``, beside the seeds; ``tests/dlms/test_dlms_fuzz.py`` replays all of them.
"""

import sys
from importlib import import_module
from pathlib import Path

CORPUS = Path(__file__).with_name("corpus")


def main() -> None:
    """Fuzzes one target until it is told to stop."""
    try:
        atheris = import_module("atheris")
    except ImportError:
        raise SystemExit("fuzz: atheris is not installed in this environment") from None
    with atheris.instrument_imports(include=["meterkast.protocols"]):
        from fuzz.targets import TARGETS
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        raise SystemExit(f"fuzz: name a target: {', '.join(TARGETS)}")
    name = sys.argv[1]
    atheris.Setup([sys.argv[0], str(CORPUS / name), *sys.argv[2:]], TARGETS[name])
    atheris.Fuzz()


main()
