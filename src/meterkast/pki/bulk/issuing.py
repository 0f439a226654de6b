"""Issuing in batches: each is one transaction of the register, seen by the witness, public when it is over.

So a run may end anywhere. The next one goes on where it stopped: what is there is not asked for again, and a
request that was answered gets the same answer.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from meterkast.model.errors import MeterkastError
from meterkast.model.identity import SystemTitle
from meterkast.pki.authority import Authority
from meterkast.pki.issued import IssuedCertificate
from meterkast.protocols.x509 import Purpose

BATCH = 1000
"""Gateways in one transaction: three thousand certificates, some seconds in which nobody else writes."""

_EXAMPLES = 20


class Gateways(Protocol):
    """Who is to get certificates."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def titles(self, begin: int, count: int) -> list[SystemTitle]:
        """Some of them, in an order that stays."""
        ...

    def requests(
        self, titles: Sequence[SystemTitle], waiting: Set[SystemTitle]
    ) -> Mapping[SystemTitle, Mapping[Purpose, bytes]]:
        """Their certification requests (PKCS#10 in DER); nothing for gateways that have what they asked for.

        ``waiting`` are those that may still ask for something.
        """
        ...

    def keep(self, issued: Sequence[IssuedCertificate]) -> None:
        """Hands over what was issued to them."""
        ...


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a run has done.

    Attributes:
        gateways: how many it has looked at.
        skipped: how many of them had everything before.
        certificates: how many were handed out.
        refused: requests that were refused, by code; they hold up no other.
        examples: the first of these: gateway, purpose and code.
        seconds: where the time went: ``requests``, ``issuing`` (with inventory and witness), ``publishing``.
    """

    gateways: int = 0
    skipped: int = 0
    certificates: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[str, str, str]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Adds how long the block takes."""
        begin = time.perf_counter()
        yield
        self.seconds[what] += time.perf_counter() - begin


def issue_to(
    gateways: Gateways,
    authority: Authority,
    *,
    publish: Callable[[], object],
    clock: Callable[[], datetime],
    batch: int = BATCH,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Tally:
    """Puts gateways on the inventory and issues to their requests, batch by batch; memory holds one batch.

    Args:
        gateways: who, and what they ask for.
        authority: whose they are.
        publish: called after each batch, to make public what was issued.
        clock: real time.
        batch: gateways in one transaction.
        on_progress: told how many gateways are done, and of how many.

    Raises:
        MeterkastError: as ``Authority.issue_all``, its witness, or ``publish``; the batches before it stay.
    """
    tally, total = Tally(), len(gateways)
    while tally.gateways < total:
        titles = gateways.titles(tally.gateways, batch)
        with tally.timed("issuing"):
            waiting = authority.expect_all(titles)
        with tally.timed("requests"):
            asked = gateways.requests(titles, waiting)
        requests = [(each, purpose, title) for title, own in asked.items() for purpose, each in own.items()]
        with tally.timed("issuing"):
            answers = authority.issue_all(requests, clock()) if requests else []
        _count(tally, requests, answers, gateways)
        with tally.timed("publishing"):
            if requests:
                publish()
        tally.gateways += len(titles)
        tally.skipped += len(titles) - len(asked)
        on_progress(tally.gateways, total)
    return tally


def _count(
    tally: Tally,
    requests: Sequence[tuple[bytes, Purpose, SystemTitle]],
    answers: Sequence[object],
    gateways: Gateways,
) -> None:
    issued = [each for each in answers if isinstance(each, IssuedCertificate)]
    gateways.keep(issued)
    tally.certificates += len(issued)
    for (_, purpose, title), answer in zip(requests, answers, strict=True):
        if isinstance(answer, MeterkastError):
            tally.refused[answer.code] += 1
            if len(tally.examples) < _EXAMPLES:
                tally.examples.append((str(title), purpose, answer.code))
