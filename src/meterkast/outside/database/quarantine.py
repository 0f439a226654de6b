"""What is kept and not used until somebody decides: messages on the bus, and the gateways under suspicion.

Rows are never taken away: they also say who decided what, and when.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from meterkast.model.errors import LocalError
from meterkast.outside.database import schema

_MESSAGES, _SUSPICIONS = schema.quarantine, schema.suspicion


class Standing(StrEnum):
    """What has become of a message in quarantine."""

    WAITING = "waiting"
    RELEASING = "releasing"
    RELEASED = "released"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A message that is authentic and is not used.

    Attributes:
        position: where it stands on the bus.
        gateway: whose it is.
        counter: of its envelope.
        code: why it is here.
        since: Unix seconds of metering time.
        standing: what has become of it.
        disputes: position of the stored envelope with the same counter, where that is why.
        decided_at: when somebody decided, Unix seconds of metering time.
        decided_by: who.
    """

    position: int
    gateway: str
    counter: int
    code: str
    since: int
    standing: Standing = Standing.WAITING
    disputes: int | None = None
    decided_at: int | None = None
    decided_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """A gateway of which there may be two: why, and since when (Unix seconds of metering time)."""

    gateway: str
    code: str
    since: int


def put_aside(connection: Connection, messages: Sequence[Quarantined]) -> None:
    """Puts messages into quarantine, in the transaction of the caller."""
    if messages:
        connection.execute(insert(_MESSAGES), [_values(message) for message in messages])


def put_back(connection: Connection, position: int, code: str) -> None:
    """A message that was to be released waits again, for another reason."""
    _set(connection, position, state=Standing.WAITING, code=code, decided_at=None, decided_by=None)


def let_go(connection: Connection, position: int) -> None:
    """A message that was to be released is in the store."""
    _set(connection, position, state=Standing.RELEASED)


def decide(connection: Connection, position: int, standing: Standing, *, by: str, now: int) -> Quarantined:
    """Somebody's decision on a waiting message: ``RELEASING`` or ``DROPPED``. Gives it as it stands now.

    Raises:
        LocalError: ``quarantine-not-waiting`` where nothing waits at this position.
    """
    changed = connection.execute(
        update(_MESSAGES)
        .where(_MESSAGES.c.position == position, _MESSAGES.c.state == Standing.WAITING)
        .values(state=standing, decided_at=now, decided_by=by)
    )
    if changed.rowcount == 0:
        raise LocalError(
            "quarantine-not-waiting",
            "No message waits for a decision at this position.",
            where=f"position {position}",
            hint="`meterkast headend quarantine list` shows those that do.",
        )
    (message,) = _select(connection, _MESSAGES.c.position == position)
    return message


def messages(connection: Connection, *standings: Standing) -> list[Quarantined]:
    """The messages that stand like this, oldest first."""
    return _select(connection, _MESSAGES.c.state.in_(standings))


def suspect(connection: Connection, gateway: str, code: str, *, now: int) -> Suspicion:
    """From now on all that this gateway sends is quarantined; a suspicion that stands stays as it is."""
    standing = suspects(connection).get(gateway)
    if standing is not None:
        return standing
    connection.execute(insert(_SUSPICIONS).values(gateway=gateway, code=code, since=now))
    return Suspicion(gateway=gateway, code=code, since=now)


def clear(connection: Connection, gateway: str, *, by: str, now: int) -> None:
    """Somebody's decision that the gateway is one again. What waits stays, each to be decided.

    Raises:
        LocalError: ``quarantine-no-suspicion`` where there is none.
    """
    changed = connection.execute(
        update(_SUSPICIONS)
        .where(_SUSPICIONS.c.gateway == gateway, _SUSPICIONS.c.cleared_at.is_(None))
        .values(cleared_at=now, cleared_by=by)
    )
    if changed.rowcount == 0:
        raise LocalError("quarantine-no-suspicion", "The gateway is under no suspicion.", where=gateway)


def suspects(connection: Connection) -> dict[str, Suspicion]:
    """The gateways under suspicion, by title."""
    rows = connection.execute(select(_SUSPICIONS).where(_SUSPICIONS.c.cleared_at.is_(None)))
    return {row.gateway: Suspicion(gateway=row.gateway, code=row.code, since=row.since) for row in rows}


def _values(message: Quarantined) -> dict[str, object]:
    return {
        "position": message.position,
        "gateway": message.gateway,
        "counter": schema.counter_text(message.counter),
        "code": message.code,
        "since": message.since,
        "state": message.standing,
        "disputes": message.disputes,
        "decided_at": message.decided_at,
        "decided_by": message.decided_by,
    }


def _set(connection: Connection, position: int, **values: object) -> None:
    connection.execute(update(_MESSAGES).where(_MESSAGES.c.position == position).values(**values))


def _select(connection: Connection, condition: ColumnElement[bool]) -> list[Quarantined]:
    rows = connection.execute(select(_MESSAGES).where(condition).order_by(_MESSAGES.c.position))
    return [_message(row) for row in rows]


def _message(row: Row[tuple[object, ...]]) -> Quarantined:
    return Quarantined(
        position=row.position,
        gateway=row.gateway,
        counter=int(row.counter),
        code=row.code,
        since=row.since,
        standing=Standing(row.state),
        disputes=row.disputes,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
    )
