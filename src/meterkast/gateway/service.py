"""The gateway as a process of its own, and what it does once in its life."""

import asyncio
from contextlib import suppress
from datetime import datetime

from cryptography import x509

from meterkast.gateway.configuration import Configuration
from meterkast.gateway.enrol import PURPOSES, Enrolment
from meterkast.gateway.gateway import Gateway
from meterkast.gateway.holdings import current
from meterkast.gateway.settings import GatewaySettings
from meterkast.model.errors import DataError
from meterkast.outside.keystore import open_keystore
from meterkast.outside.trust import TrustFolder


async def run(configuration: Configuration, *, stop: asyncio.Event) -> None:
    """Catches up on the days it missed, then follows its own schedule until ``stop`` is set.

    It may be killed at any moment: what it has journaled goes on where it was after the next start.

    Raises:
        LocalError: ``sandbox-unavailable``, or ``keystore-…`` where it has no keys yet.
        DataError: ``journal-unreadable``.
        MeterkastError: as ``Gateway``.
    """
    gateway = Gateway(
        configuration.settings,
        clock=configuration.clock,
        module_link=configuration.module,
        gas_link=configuration.gas,
        consumer_port=configuration.consumer_port,
    )
    await gateway.start()
    running = asyncio.create_task(gateway.run())
    stopping = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
        if running in done:
            running.result()
    finally:
        for task in (running, stopping):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await gateway.stop()


def enrol(settings: GatewaySettings, now: datetime) -> dict[str, x509.Certificate]:
    """Gets the certificates that are missing, by that of birth, and gives those in use by their labels.

    Raises:
        DataError: ``gateway-pki-missing``.
        MeterkastError: as ``open_keystore`` and ``Enrolment.enrol``.
    """
    if settings.pki is None:
        hint = "Name it in gateway.toml, under [pki]."
        raise DataError("gateway-pki-missing", "The gateway is not told where its PKI is.", hint=hint)
    trust = TrustFolder(settings.trust)
    keystore = open_keystore(settings.keystore, settings.profile, trust)
    Enrolment(title=settings.title, keystore=keystore, trust=trust, address=settings.pki).enrol(now)
    labels = [current(keystore, purpose) for purpose in PURPOSES]
    return {label: keystore.certificate(label)[0] for label in labels}
