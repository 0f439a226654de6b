"""Release: what somebody has let out of quarantine is examined again, and stored where it fits now."""

from collections.abc import Callable

from sqlalchemy import Connection, Engine

from meterkast.mdm.examination import Examiner, RefusedError, opened
from meterkast.mdm.filing import Filing, file, filed
from meterkast.mdm.rejection import Rejection
from meterkast.outside.bus.sqlite import SqliteBus
from meterkast.outside.clock import Clock
from meterkast.outside.database.engine import reading, writing
from meterkast.outside.database.quarantine import Standing, let_go, messages, put_back
from meterkast.outside.database.refusal import Refusal, announce, record


class Release:
    """The way from quarantine into the store.

    Args:
        bus: where the messages wait.
        database: the centre's database.
        examiner: makes one for a transaction.
        clock: metering time.
    """

    def __init__(
        self, bus: SqliteBus, database: Engine, examiner: Callable[[Connection], Examiner], clock: Clock
    ) -> None:
        self._bus = bus
        self._database = database
        self._examiner = examiner
        self._clock = clock

    def step(self) -> int:
        """Takes in all that is to be released and gives how many. What still does not fit waits again.

        Raises:
            LocalError: as ``Examiner.examine`` does; then nothing has changed.
        """
        with reading(self._database) as connection:
            if not messages(connection, Standing.RELEASING):
                return 0
        with writing(self._database) as connection:
            examiner = self._examiner(connection)
            decided = messages(connection, Standing.RELEASING)
            outcomes = [self._take(connection, examiner, each.position) for each in decided]
            refusals = [refusal for refusal in outcomes if refusal is not None]
            record(connection, refusals)
        announce(refusals)
        return len(decided)

    def _take(self, connection: Connection, examiner: Examiner, place: int) -> Refusal | None:
        now = int(self._clock.now())
        ((_, message),) = self._bus.read(place - 1, 1)
        envelope = opened(message.body)
        try:
            delivery = examiner.examine(envelope, released=True)
            earlier = filed(connection, [delivery]).get((delivery.gateway, delivery.counter))
            if earlier is not None and earlier.sha256 == delivery.sha256:
                raise RefusedError("envelope-replayed")
        except RefusedError as error:
            put_back(connection, place, error.code)
            gateway = str(envelope.header.gateway)
            return Rejection(
                at=now, position=place, code=error.code, gateway=gateway, detail=error.where or ""
            ).refusal
        disputed = earlier is not None
        filing = Filing(delivery=delivery, position=place, received_at=message.at, disputed=disputed)
        file(connection, [filing], now=now)
        let_go(connection, place)
        return None
