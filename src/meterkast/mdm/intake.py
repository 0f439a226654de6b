"""Intake: from the bus into the store, exactly once.

A batch is examined without holding anybody up; then its blocks, its envelopes, its refusals and the position
up to which the bus has been read go into the database in one transaction. A process that dies in between
leaves nothing half done, and the next one begins where the last transaction ended.

What is not authentic is refused. What is authentic and does not fit is put into quarantine: it stays on the
bus, and is examined again once somebody has released it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, insert, select, update

from meterkast.mdm.examination import Delivery, Examiner, QuarantinedError, RefusedError, opened
from meterkast.mdm.filing import Filed, Filing, file, filed
from meterkast.mdm.rejection import Rejection
from meterkast.mdm.release import Release
from meterkast.model.errors import LocalError
from meterkast.outside.bus import BusMessage
from meterkast.outside.bus.sqlite import SqliteBus
from meterkast.outside.clock import Clock, SystemClock
from meterkast.outside.database import schema
from meterkast.outside.database.engine import reading, writing
from meterkast.outside.database.quarantine import Suspicion, put_aside, suspect, suspects
from meterkast.outside.database.refusal import Refusal, announce, record
from meterkast.outside.keystore import Keystore
from meterkast.outside.trust import TrustFolder
from meterkast.protocols.envelope import Header
from meterkast.protocols.x509 import PathCache

READER = "intake"
_BATCH = 300
_CLASH = "envelope-counter-clash"


@dataclass(frozen=True, slots=True)
class _Examined:
    """A message of the bus and what became of it."""

    position: int
    received_at: int
    outcome: Delivery | Rejection


class Intake:
    """The only reader that stores. Two at a time do no harm: the second finds the position moved.

    Args:
        bus: where envelopes wait.
        database: the centre's database.
        keystore: the operator's encryption keys and their certificates: ``enc``, ``enc-g2`` and so on.
        trust: roots, authorities and revocation lists.
        clock: metering time, for what is recorded.
        real_clock: the time in which certificates live.
    """

    def __init__(
        self,
        *,
        bus: SqliteBus,
        database: Engine,
        keystore: Keystore,
        trust: TrustFolder,
        clock: Clock,
        real_clock: Clock | None = None,
    ) -> None:
        self._bus = bus
        self._database = database
        self._keystore = keystore
        self._paths = PathCache(trust)
        self._clock = clock
        self._real_clock = real_clock or SystemClock()
        self._release = Release(bus, database, self._examiner, clock)

    def step(self) -> int:
        """Takes in what was released and the next messages; gives how many, 0 where there was nothing to do.

        Raises:
            LocalError: ``intake-revocation-unknown`` where nothing can be judged before the revocation lists
                are current; ``keystore-…`` where the encryption key is missing.
        """
        released = self._release.step()
        with reading(self._database) as connection:
            after = position(connection)
            messages = self._bus.read(after, _BATCH)
            examined = self._examine(connection, messages) if messages else []
        if not examined:
            return released
        with writing(self._database) as connection:
            if position(connection) != after:
                return released
            refusals = self._keep(connection, examined)
            _advance(connection, examined[-1].position)
        announce(refusals)
        return released + len(examined)

    def _examine(self, connection: Connection, messages: Sequence[tuple[int, BusMessage]]) -> list[_Examined]:
        examiner = self._examiner(connection)
        examined: list[_Examined] = []
        for place, message in messages:
            try:
                outcome = self._judge(examiner, place, message.body)
            except LocalError:
                if not examined:
                    raise
                break
            examined.append(_Examined(place, message.at, outcome))
        return examined

    def _examiner(self, connection: Connection) -> Examiner:
        now = datetime.fromtimestamp(self._real_clock.now(), UTC)
        return Examiner(connection, self._keystore, self._paths, now)

    def _judge(self, examiner: Examiner, place: int, body: bytes) -> Delivery | Rejection:
        header: Header | None = None
        try:
            envelope = opened(body)
            header = envelope.header
            return examiner.examine(envelope)
        except RefusedError as error:
            kept = header if isinstance(error, QuarantinedError) else None
            return Rejection(
                at=int(self._clock.now()),
                position=place,
                code=error.code,
                gateway=None if header is None else str(header.gateway),
                detail=error.where or "",
                counter=None if kept is None else kept.counter,
            )

    def _keep(self, connection: Connection, examined: Sequence[_Examined]) -> list[Refusal]:
        """Stores what is new and returns what is not stored, a delivery seen before included."""
        now = int(self._clock.now())
        standing = filed(connection, (one.outcome for one in examined if isinstance(one.outcome, Delivery)))
        suspected = suspects(connection)
        rejected: list[Rejection] = []
        accepted: list[Filing] = []
        for one in examined:
            outcome = one.outcome
            if isinstance(outcome, Delivery):
                outcome = _objection(outcome, one.position, standing, suspected, now) or outcome
            if isinstance(outcome, Delivery):
                key = outcome.gateway, outcome.counter
                standing[key] = Filed(sha256=outcome.sha256, position=one.position)
                accepted.append(Filing(delivery=outcome, position=one.position, received_at=one.received_at))
                continue
            rejected.append(outcome)
            if outcome.disputes is not None and outcome.gateway is not None:
                suspected[outcome.gateway] = suspect(connection, outcome.gateway, _CLASH, now=now)
        file(connection, accepted, now=now)
        put_aside(connection, [each.aside for each in rejected if each.aside is not None])
        refusals = [each.refusal for each in rejected]
        record(connection, refusals)
        return refusals


def _objection(
    delivery: Delivery,
    place: int,
    standing: Mapping[tuple[str, int], Filed],
    suspected: Mapping[str, Suspicion],
    now: int,
) -> Rejection | None:
    """None where nothing with its counter is in the store and nobody wonders who sent it (AT-16)."""
    earlier, suspicion = standing.get((delivery.gateway, delivery.counter)), suspected.get(delivery.gateway)
    if earlier is None and suspicion is None:
        return None
    if earlier is not None and earlier.sha256 == delivery.sha256:
        return Rejection(at=now, position=place, code="envelope-replayed", gateway=delivery.gateway)
    return Rejection(
        at=now,
        position=place,
        code=_CLASH if earlier is not None or suspicion is None else suspicion.code,
        gateway=delivery.gateway,
        counter=delivery.counter,
        disputes=None if earlier is None else earlier.position,
    )


def position(connection: Connection) -> int:
    """Up to where the bus has been taken in; 0 before the first message."""
    table = schema.intake_position
    statement = select(table.c.position).where(table.c.reader == READER)
    return connection.execute(statement).scalar_one_or_none() or 0


def _advance(connection: Connection, place: int) -> None:
    table = schema.intake_position
    moved = connection.execute(update(table).where(table.c.reader == READER).values(position=place))
    if moved.rowcount == 0:
        connection.execute(insert(table).values(reader=READER, position=place))
