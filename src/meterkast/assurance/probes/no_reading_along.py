"""Who can read what was sent? Try every key there is on every envelope, and look for readings in clear."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from meterkast.assurance.clear_text import PIECE, holds_any
from meterkast.assurance.evidence import Observation
from meterkast.assurance.probes.keys import content, keys_in, reader_of
from meterkast.protocols.envelope import parse
from meterkast.street.home import Home
from meterkast.street.parts import Parts
from meterkast.street.street import Street


async def look(street: Street, home: Home) -> Observation:
    """Tries all keys on the envelopes of this home and of all genuine ones; searches for their content."""
    site = street.settings.site
    titles = {each.address.title for each in street.homes if type(each.parts) is Parts}
    envelopes = [
        envelope
        for envelope in map(parse, street.centre.bodies())
        if envelope.header.gateway in titles | {home.address.title}
    ]
    reader = reader_of(site)
    outsiders = [key for key in keys_in(site) if key.keystore.folder != reader.keystore.folder]
    contents = [opened for each in envelopes if (opened := content(each, reader))]
    found = sorted(
        {
            f"{key.holder} opens envelopes with its key {key.label}"
            for key in outsiders
            for each in envelopes
            if content(each, key)
        }
    )
    clear = _in_clear(contents, _places(street, site))
    if clear:
        found.append(f"readings stand in clear in {clear}")
    if len(contents) < len(envelopes):
        found.append("the operator cannot open its own envelopes")
    tried = len(envelopes) * len(outsiders)
    detail = "; ".join(found) or (
        f"{len(envelopes)} envelopes, {len(outsiders)} keys of others tried on each: none opens; "
        "no reading in clear on wire, bus or journal"
    )
    return Observation(holds=not found, observed=tried if contents else 0, detail=detail)


def _places(street: Street, site: Path) -> Iterator[tuple[str, bytes]]:
    """Where somebody could read along: the wire, the bus, and the journals of gateways."""
    if street.centre.wiretap is not None:
        yield "the wire", bytes(street.centre.wiretap.seen)
    for path in sorted(site.glob("bus/bus.sqlite*")):
        yield "the bus", path.read_bytes()
    for path in sorted(site.glob("gateways/*/journal.sqlite*")):
        yield "a journal", path.read_bytes()


def _in_clear(contents: Iterable[bytes], places: Iterable[tuple[str, bytes]]) -> str:
    """The first place that holds a piece of any content; empty where none does."""
    pieces = {
        piece
        for content in contents
        for start in range(0, len(content) - PIECE, PIECE)
        if len(set(piece := content[start : start + PIECE])) > PIECE // 2
    }
    return next((name for name, octets in places if holds_any(octets, pieces)), "")
