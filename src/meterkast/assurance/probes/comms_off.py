"""Is off off? Order the gateway to be silent, live some days with a tap on its line, and order it back.

The order is signed, the receipt is checked, and what was not sent in those days must not be sent later.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta

from meterkast.assurance.evidence import Observation
from meterkast.assurance.probe import Finding
from meterkast.mdm.access import Query
from meterkast.model.errors import MeterkastError
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.protocols.order import Speech, digest, parse_receipt
from meterkast.protocols.p1.telegram import parse
from meterkast.street.home import Home
from meterkast.street.street import Street
from meterkast.street.wiretap import Wiretap

DAYS = 3


@asynccontextmanager
async def setting(street: Street, home: Home) -> AsyncIterator[Finding]:
    """Silence by order, with a tap; whatever happens, the gateway speaks again afterwards."""
    first = street.today
    receipt = await _order(street, home, Speech.OFF)
    async with home.uplink_tapped() as tap:

        async def finding() -> Observation:
            return await _look(street, home, first, tap, receipt)

        try:
            yield finding
        finally:
            if not home.gateway.status().communicating:
                await _order(street, home, Speech.ON)


async def _look(street: Street, home: Home, first: date, tap: Wiretap, off: str) -> Observation:
    found = [off] if off else []
    days = (street.today - first).days
    if home.gateway.status().communicating:
        found.append("the gateway does not say that it is silent")
    await home.gateway.deliver()
    if tap.connections or tap.seen:
        found.append(f"{tap.connections} connections and {len(tap.seen)} octets while silent")
    found += await _port_faults(street, home)
    if on := await _order(street, home, Speech.ON):
        found.append(on)
    if not home.gateway.status().communicating:
        found.append("the gateway does not speak again")
    await home.gateway.catch_up()
    await home.gateway.deliver()
    await street.stored()
    last = first + timedelta(days=days - 1)
    query = Query(ean=str(home.address.household.ean), first_day=first, last_day=last)
    if stored := street.centre.blocks(query):
        found.append(f"{len(stored)} blocks of the silent days are in the store")
    detail = "; ".join(found) or (
        f"{days} days after the signed order: 0 connections, 0 octets, 0 blocks, and none sent afterwards; "
        "the consumer port went on; receipts of off and on hold"
    )
    return Observation(holds=not found, observed=days, detail=detail)


async def _order(street: Street, home: Home, speech: Speech) -> str:
    """Gives the order; returns what is wrong with the receipt, or nothing."""
    order = street.centre.order(home.address.title, time.time_ns() // 1000, speech)
    octets = await home.gateway.obey(order)
    keystore = SoftwareKeystore(home.gateway.settings.folder / "keystore")
    try:
        receipt = parse_receipt(octets, keystore.public_key("sig"))
    except MeterkastError as error:
        return f"the receipt does not hold: {error.code}"
    said = (receipt.gateway, receipt.order, receipt.speech)
    return "" if said == (home.address.title, digest(order), speech) else "the receipt says something else"


async def _port_faults(street: Street, home: Home) -> list[str]:
    try:
        telegram = parse(await street.telegram(home))
    except MeterkastError as error:
        return [f"the consumer port is silent as well: {error.code}"]
    return [] if telegram.first("1-0:1.8.1") else ["the consumer port no longer shows electricity"]
