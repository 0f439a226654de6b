"""Intake: from the bus into the store, exactly once.

A batch is examined without holding anybody up; then its blocks, its envelopes, its refusals and the position
up to which the bus has been read go into the database in one transaction. A process that dies in between
leaves nothing half done, and the next one begins where the last transaction ended.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, insert, select, tuple_, update

from meterkast.mdm.examination import Delivery, Examiner, RefusedError, opened
from meterkast.mdm.store import put
from meterkast.model.errors import LocalError
from meterkast.outside.bus import BusMessage
from meterkast.outside.bus.sqlite import SqliteBus
from meterkast.outside.clock import Clock, SystemClock
from meterkast.outside.database import schema
from meterkast.outside.database.engine import reading, writing
from meterkast.outside.database.refusal import Refusal, announce, record
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.trust import TrustFolder

READER = "intake"
_BATCH = 300


@dataclass(frozen=True, slots=True)
class _Examined:
    """A message of the bus and what became of it."""

    position: int
    received_at: int
    outcome: Delivery | Refusal


class Intake:
    """The only reader that stores. Two at a time do no harm: the second finds the position moved.

    Args:
        bus: where envelopes wait.
        database: the centre's database.
        keystore: the operator's encryption key and its certificate, under the label ``enc``.
        trust: roots, authorities and revocation lists.
        clock: metering time, for what is recorded.
        real_clock: the time in which certificates live.
    """

    def __init__(
        self,
        *,
        bus: SqliteBus,
        database: Engine,
        keystore: SoftwareKeystore,
        trust: TrustFolder,
        clock: Clock,
        real_clock: Clock | None = None,
    ) -> None:
        self._bus = bus
        self._database = database
        self._keystore = keystore
        self._trust = trust
        self._clock = clock
        self._real_clock = real_clock or SystemClock()

    def step(self) -> int:
        """Takes in the next messages and returns how many; 0 where there was nothing to do.

        Raises:
            LocalError: ``intake-revocation-unknown`` where nothing can be judged before the revocation lists
                are current; ``keystore-…`` where the encryption key is missing.
        """
        with reading(self._database) as connection:
            after = position(connection)
            messages = self._bus.read(after, _BATCH)
            examined = self._examine(connection, messages) if messages else []
        if not examined:
            return 0
        with writing(self._database) as connection:
            if position(connection) != after:
                return 0
            refusals = self._keep(connection, examined)
            _advance(connection, examined[-1].position)
        announce(refusals)
        return len(examined)

    def _examine(self, connection: Connection, messages: Sequence[tuple[int, BusMessage]]) -> list[_Examined]:
        now = datetime.fromtimestamp(self._real_clock.now(), UTC)
        examiner = Examiner(connection, self._keystore, self._trust, now)
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

    def _judge(self, examiner: Examiner, place: int, body: bytes) -> Delivery | Refusal:
        claimed: str | None = None
        try:
            envelope = opened(body)
            claimed = str(envelope.header.gateway)
            return examiner.examine(envelope)
        except RefusedError as error:
            return self._refusal(error.code, claimed, place, error.where or "")

    def _keep(self, connection: Connection, examined: Sequence[_Examined]) -> list[Refusal]:
        """Stores what is new and returns what is refused, a delivery seen before included."""
        now = int(self._clock.now())
        stored = _stored(connection, (one.outcome for one in examined))
        refusals: list[Refusal] = []
        accepted: list[tuple[_Examined, Delivery]] = []
        for one in examined:
            outcome = one.outcome
            if isinstance(outcome, Refusal):
                refusals.append(outcome)
                continue
            earlier = stored.get((outcome.gateway, outcome.counter))
            if earlier is None:
                stored[outcome.gateway, outcome.counter] = outcome.sha256
                accepted.append((one, outcome))
            else:
                code = "envelope-replayed" if earlier == outcome.sha256 else "envelope-counter-clash"
                refusals.append(self._refusal(code, outcome.gateway, one.position))
        _insert(connection, accepted, now)
        record(connection, refusals)
        return refusals

    def _refusal(self, code: str, gateway: str | None, place: int, detail: str = "") -> Refusal:
        return Refusal(
            at=int(self._clock.now()), room="mdm", code=code, gateway=gateway, position=place, detail=detail
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


def _stored(connection: Connection, outcomes: Iterable[Delivery | Refusal]) -> dict[tuple[str, int], bytes]:
    """The envelopes in the store that carry a counter of these deliveries, by gateway and counter."""
    table = schema.envelope
    wanted = [
        (outcome.gateway, schema.counter_text(outcome.counter))
        for outcome in outcomes
        if isinstance(outcome, Delivery)
    ]
    rows = connection.execute(
        select(table.c.gateway, table.c.counter, table.c.sha256).where(
            tuple_(table.c.gateway, table.c.counter).in_(wanted)
        )
    )
    return {(row.gateway, int(row.counter)): row.sha256 for row in rows}


def _insert(connection: Connection, accepted: Sequence[tuple[_Examined, Delivery]], now: int) -> None:
    if not accepted:
        return
    envelopes, sourced, events = [], [], []
    for one, delivery in accepted:
        counter = schema.counter_text(delivery.counter)
        envelopes.append(
            {
                "gateway": delivery.gateway,
                "counter": counter,
                "sha256": delivery.sha256,
                "position": one.position,
                "received_at": one.received_at,
                "stored_at": now,
            }
        )
        sourced += [(block, f"{delivery.gateway}/{delivery.counter}") for block in delivery.blocks]
        events += [
            {
                "device": event.device,
                "at": event.at,
                "code": event.code,
                "detail": event.detail,
                "gateway": delivery.gateway,
                "counter": counter,
            }
            for event in delivery.events
        ]
    connection.execute(insert(schema.envelope), envelopes)
    put(connection, sourced, known_at=now)
    if events:
        connection.execute(insert(schema.device_event), events)
