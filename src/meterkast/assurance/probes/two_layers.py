"""Are encryption and authorisation two layers? Break each, and see whether the other still holds.

Authorisation is broken by a policy that allows everybody everything; encryption by handing the operator's own
key to the module's vendor. Both are put back.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from meterkast.assurance.evidence import Observation
from meterkast.assurance.probe import Finding
from meterkast.assurance.probes.keys import Key, content, keys_in, reader_of
from meterkast.mdm.access import Query
from meterkast.mdm.guarded import GuardedReadings
from meterkast.mdm.policy import Asker, Policy, Purpose, Role, Rule, Tie
from meterkast.model.errors import TrustError
from meterkast.protocols.envelope import Envelope, parse
from meterkast.street.centre import vendor_keystore
from meterkast.street.home import Home
from meterkast.street.street import Street

_STOLEN = "stolen"
_EVERYTHING = Policy(
    version="broken",
    rules=tuple(
        Rule(id=f"all-{role}-{tie}", role=role, purposes=frozenset(Purpose), tie=tie)
        for role in Role
        for tie in Tie
    ),
)


@asynccontextmanager
async def setting(street: Street, home: Home) -> AsyncIterator[Finding]:
    """A day with authorisation broken: what is sealed meanwhile is what the other layer makes of it."""
    guarded = home.parts.readings(street.centre.database, street.clock)
    genuine, guarded.policy = guarded.policy, _EVERYTHING
    before = len(_envelopes(street, home))

    async def finding() -> Observation:
        guarded.policy = genuine
        return _look(street, home, guarded, before)

    try:
        yield finding
    finally:
        guarded.policy = genuine


def _look(street: Street, home: Home, guarded: GuardedReadings, before: int) -> Observation:
    site, vendor = street.settings.site, home.address.household.vendor
    sealed = _envelopes(street, home)
    reader = reader_of(site)
    outsiders = [key for key in keys_in(site) if key.keystore.folder != reader.keystore.folder]
    found = sorted(
        {
            f"with authorisation broken, {key.holder} opens envelopes"
            for key in outsiders
            for envelope in sealed[before:]
            if content(envelope, key)
        }
    )
    with _stolen_key(site, vendor) as stolen:
        opened = sum(content(envelope, stolen) is not None for envelope in sealed)
        given = _given(guarded, vendor, home)
    if given:
        found.append(f"with encryption broken, the desk gave the vendor {given} blocks")
    fresh = len(sealed) - before
    detail = "; ".join(found) or (
        f"authorisation broken for a day: {fresh} envelopes, {len(outsiders)} keys, none opens; "
        f"encryption broken: the vendor opens {opened} of {len(sealed)} envelopes, and the desk still denies"
    )
    looked = fresh * len(outsiders) + opened
    return Observation(holds=not found, observed=looked if fresh and opened else 0, detail=detail)


def _envelopes(street: Street, home: Home) -> list[Envelope]:
    title = home.address.title
    return [each for each in map(parse, street.centre.bodies()) if each.header.gateway == title]


@contextmanager
def _stolen_key(site: Path, vendor: str) -> Iterator[Key]:
    """The operator's key in the hands of the vendor, for a moment."""
    keystore = vendor_keystore(site, vendor)
    copy = keystore.folder / f"{_STOLEN}.kem.pem"
    copy.touch(mode=0o600)
    copy.write_bytes((site / "mdm" / "keystore" / "enc.kem.pem").read_bytes())
    try:
        yield Key(vendor, _STOLEN, keystore, secret=False)
    finally:
        copy.unlink()


def _given(guarded: GuardedReadings, vendor: str, home: Home) -> int:
    """How many blocks of this home the vendor is given at the desk, for any purpose."""
    asker = Asker(role=Role.VENDOR, party=vendor)
    given = 0
    for purpose in Purpose:
        try:
            given += len(guarded.blocks(asker, purpose, Query(ean=str(home.address.household.ean))))
        except TrustError:
            continue
    return given
