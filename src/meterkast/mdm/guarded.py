"""The readings behind their guard: every question is decided by the policy, and every decision is logged."""

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Engine, select

from meterkast.mdm.access import Query, Readings, Row, rows_of
from meterkast.mdm.decisions import Decision, DecisionLog
from meterkast.mdm.policy import Asker, Policy, Purpose, Rule, Tie
from meterkast.mdm.store import StoredBlock
from meterkast.model.errors import TrustError
from meterkast.outside.clock import Clock
from meterkast.outside.database import schema
from meterkast.outside.database.engine import reading

_EAN, _NAME = 18, 64


class GuardedReadings:
    """What anybody but the operator's own machines asks for readings.

    Whom an asker says to be must have been established before; here it is decided what that allows.

    Args:
        database: the centre's.
        policy: who may read whose readings for what.
        clock: for the log.

    Attributes:
        log: every decision.
    """

    def __init__(self, database: Engine, policy: Policy, clock: Clock) -> None:
        self.policy = policy
        self.log = DecisionLog(database)
        self._database = database
        self._clock = clock

    def blocks(self, asker: Asker, purpose: Purpose, query: Query) -> list[StoredBlock]:
        """The newest version of each meter-day in question that the asker may read.

        A question that names no connection or device is answered for those the asker is tied to.

        Raises:
            TrustError: ``access-denied``, the same for what does not exist and for what is not the asker's.
        """
        connections = self._named(query)
        rule = self._rule(asker, purpose, query, connections)
        self._log(asker, purpose, query, connections, rule)
        if rule is None:
            raise TrustError("access-denied", "These readings are not given to you for this purpose.")
        tied = self._tied(asker, rule)
        return [
            stored
            for each in ([query] if _names(query) else [replace(query, ean=ean) for ean in tied])
            for stored in Readings(self._database).blocks(each)
        ]

    def rows(self, asker: Asker, purpose: Purpose, query: Query) -> Iterator[Row]:
        """The same as rows, by device, day, register and time; raises as ``blocks`` does."""
        for stored in self.blocks(asker, purpose, query):
            yield from rows_of(stored)

    def _rule(self, asker: Asker, purpose: Purpose, query: Query, connections: dict[str, str]) -> Rule | None:
        """The rule that allows the question; None where none does."""
        rule = self.policy.rule_for(asker.role, purpose)
        if rule is None or not _names(query):
            return rule
        named = connections.items()
        return rule if named and all(_is_tied(asker, rule, *each) for each in named) else None

    def _named(self, query: Query) -> dict[str, str]:
        """Connections that the question names, by itself or by a device, each with its operator."""
        table, device = schema.connection, schema.device
        statement = select(table.c.ean, table.c.operator)
        if query.device is not None:
            statement = statement.join(device, device.c.ean == table.c.ean).where(
                device.c.name == query.device
            )
        if query.ean is not None:
            statement = statement.where(table.c.ean == query.ean)
        with reading(self._database) as connection:
            return {row.ean: row.operator for row in connection.execute(statement)} if _names(query) else {}

    def _tied(self, asker: Asker, rule: Rule) -> list[str]:
        """The connections that this rule ties the asker to."""
        table = schema.connection
        column = table.c.operator if rule.tie is Tie.OPERATOR else table.c.ean
        statement = select(table.c.ean).where(column == asker.party).order_by(table.c.ean)
        with reading(self._database) as connection:
            return list(connection.execute(statement).scalars())

    def _log(
        self, asker: Asker, purpose: Purpose, query: Query, connections: dict[str, str], rule: Rule | None
    ) -> None:
        """Before anything is given: what cannot be logged is not answered."""
        self.log.append(
            Decision(
                at=int(self._clock.now()),
                asker=asker,
                purpose=purpose,
                ean=next(iter(connections), query.ean and query.ean[:_EAN]),
                device=query.device and query.device[:_NAME],
                first_day=query.first_day,
                last_day=query.last_day,
                allowed=rule is not None,
                rule=rule.id if rule else "",
                policy=self.policy.version,
            )
        )


def _names(query: Query) -> bool:
    return query.ean is not None or query.device is not None


def _is_tied(asker: Asker, rule: Rule, ean: str, operator: str) -> bool:
    return asker.party == (operator if rule.tie is Tie.OPERATOR else ean)
