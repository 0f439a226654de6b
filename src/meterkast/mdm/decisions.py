"""The log of decisions: who asked for whose readings, what for, and whether it was allowed. Append only."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Engine, and_, insert, or_, select

from meterkast.mdm.policy import Asker, Purpose, Role
from meterkast.outside.database import schema
from meterkast.outside.database.engine import reading, writing

_PARTY = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One answer to one asker.

    Attributes:
        at: Unix seconds.
        asker: who asked.
        purpose: what for.
        ean: the connection in question; None where all connections that the asker is tied to were meant.
        device: the device in question, where one was named.
        first_day: first local day asked for; None where it was left open.
        last_day: last local day asked for, included; None where it was left open.
        allowed: whether readings were given.
        rule: the rule that allowed it; empty where it was denied.
        policy: version of the policy.
    """

    at: int
    asker: Asker
    purpose: Purpose
    ean: str | None
    device: str | None
    first_day: date | None
    last_day: date | None
    allowed: bool
    rule: str
    policy: str


class DecisionLog:
    """The decisions in a database."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def append(self, decision: Decision) -> None:
        """Adds a decision durably."""
        with writing(self._database) as connection:
            connection.execute(insert(schema.decision).values(_row(decision)))

    def about(self, ean: str) -> list[Decision]:
        """Every decision on the readings of this connection, oldest first: what its consumer may see.

        What its operator was given of all its connections at once is among them.
        """
        table = schema.decision.c
        with reading(self._database) as connection:
            operator = _operator_of(connection, ean)
            at_once = and_(
                table.ean.is_(None),
                table.allowed == 1,
                table.role == Role.OPERATOR.value,
                table.party == operator,
            )
            statement = select(schema.decision).where(or_(table.ean == ean, at_once)).order_by(table.id)
            return [
                Decision(
                    at=row.at,
                    asker=Asker(role=Role(row.role), party=row.party),
                    purpose=Purpose(row.purpose),
                    ean=row.ean,
                    device=row.device,
                    first_day=None if row.first_day is None else schema.day_of(row.first_day),
                    last_day=None if row.last_day is None else schema.day_of(row.last_day),
                    allowed=bool(row.allowed),
                    rule=row.rule,
                    policy=row.policy,
                )
                for row in connection.execute(statement)
            ]


def _operator_of(connection: Connection, ean: str) -> str | None:
    table = schema.connection
    return connection.execute(select(table.c.operator).where(table.c.ean == ean)).scalar_one_or_none()


def _row(decision: Decision) -> dict[str, object]:
    return {
        "at": decision.at,
        "role": decision.asker.role.value,
        "party": decision.asker.party[:_PARTY],
        "purpose": decision.purpose.value,
        "ean": decision.ean,
        "device": decision.device,
        "first_day": None if decision.first_day is None else schema.day_number(decision.first_day),
        "last_day": None if decision.last_day is None else schema.day_number(decision.last_day),
        "allowed": int(decision.allowed),
        "rule": decision.rule,
        "policy": decision.policy,
    }
