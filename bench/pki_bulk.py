"""A hundred thousand gateways at once: three certificates each by inventory, beside the bare operation."""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.figure import Figure
from bench.pki import FLEET, issued_in_bulk
from meterkast.pki import Site
from meterkast.pki.bulk.issuing import BATCH

_GATEWAYS = 100_000


def measure() -> list[Figure]:
    """Time, rate and ratio; some minutes on a quiet machine, with progress on standard error."""
    with tempfile.TemporaryDirectory() as folder:
        site = Site.create(Path(folder), operator="Alliander", now=datetime.now(UTC).replace(microsecond=0))
        pair, seconds = issued_in_bulk(site, _GATEWAYS, batch=BATCH, on_progress=_told)
    whole = f"{FLEET:,} gateways: {3 * FLEET / pair.ours / 3600:.1f} h of one process"
    return [
        Figure(
            name="pki.bulk-100000",
            value=seconds,
            unit="s",
            goal=None,
            against=f"three certificates each: {pair.ours:.0f}/s; {whole}",
        ),
        Figure(
            name="pki.bulk-100000-issue",
            value=pair.ratio,
            unit="x",
            goal=0.5,
            against=f"parse CSR and issue {pair.bare:.0f}/s, in the same minutes",
            more_is_better=True,
        ),
    ]


def _told(done: int, total: int) -> None:
    print(f"gateways: {done:,} of {total:,}", file=sys.stderr)
