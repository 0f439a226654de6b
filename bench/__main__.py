"""``./mk bench [NAME] [--json]``: runs the measurements whose names are given, or all."""

import argparse
from collections.abc import Callable

from bench import assurance, case, chain, continuity, dlms, page, pki, wires
from bench.figure import Figure, as_json, as_text

BENCHES: dict[str, Callable[[], list[Figure]]] = {
    "assurance": assurance.measure,
    "case": case.measure,
    "chain": chain.measure,
    "continuity": continuity.measure,
    "dlms": dlms.measure,
    "page": page.measure,
    "pki": pki.measure,
    "wires": wires.measure,
}


def main() -> None:
    """Measures and prints; a missed goal is said, and is not an error."""
    parser = argparse.ArgumentParser(prog="./mk bench", description=__doc__)
    parser.add_argument(
        "name", nargs="*", metavar="NAME", help=f"{', '.join(BENCHES)}; all where none is given"
    )
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.name if name not in BENCHES]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    figures = [figure for name in arguments.name or BENCHES for figure in BENCHES[name]()]
    print(as_json(figures) if arguments.json else as_text(figures))


if __name__ == "__main__":
    main()
