"""``./mk bench [NAME] [--json]``: runs the measurements whose names are given, or all."""

import argparse
from collections.abc import Callable

from bench import assurance, case, chain, continuity, dlms, page, pki, pki_bulk, wires
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
LONG: dict[str, Callable[[], list[Figure]]] = {"pki-bulk": pki_bulk.measure}
"""Only where they are named."""


def main() -> None:
    """Measures and prints; a missed goal is said, and is not an error."""
    parser = argparse.ArgumentParser(prog="./mk bench", description=__doc__)
    parser.add_argument(
        "name",
        nargs="*",
        metavar="NAME",
        help=f"{', '.join(BENCHES)}: all of these where none is given; or {', '.join(LONG)}",
    )
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    known = BENCHES | LONG
    unknown = [name for name in arguments.name if name not in known]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(known)}")
    figures = [figure for name in arguments.name or BENCHES for figure in known[name]()]
    print(as_json(figures) if arguments.json else as_text(figures))


if __name__ == "__main__":
    main()
