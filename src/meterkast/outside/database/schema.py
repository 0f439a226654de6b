"""The tables. Instants are Unix seconds, days are numbers such as 20260329: both order everywhere alike.

Nothing here relies on one database: no replacing inserts, no unsigned numbers, no zones, no bare columns.
"""

from datetime import date

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

CODE_LENGTH = 64
DETAIL_LENGTH = 256

_KEY = BigInteger().with_variant(Integer, "sqlite")
_COUNTER = String(20)

metadata = MetaData()

operator = Table(
    "operator",
    metadata,
    Column("code", String(48), primary_key=True),
    Column("name", String(128), nullable=False),
)

connection = Table(
    "connection",
    metadata,
    Column("ean", String(18), primary_key=True),
    Column("operator", ForeignKey("operator.code"), nullable=False),
    Column("phases", Integer, nullable=False),
    Column("ampere", Integer, nullable=False),
)

gateway = Table(
    "gateway",
    metadata,
    Column("title", String(13), primary_key=True),
    Column("ean", ForeignKey("connection.ean"), nullable=False),
    Column("operator", ForeignKey("operator.code"), nullable=False),
    Column("sealing_floor", Integer, nullable=False, server_default="1"),
)
"""``sealing_floor``: the least ``SealingAlgorithm`` that its envelopes may use; it only rises (RQ-12)."""

device = Table(
    "device",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("ean", ForeignKey("connection.ean"), nullable=False, index=True),
    Column("gateway", ForeignKey("gateway.title"), nullable=False, index=True),
    Column("medium", String(16), nullable=False),
    Column("vendor", String(32), nullable=False),
)

certificate = Table(
    "certificate",
    metadata,
    Column("key_id", LargeBinary(8), primary_key=True),
    Column("holder", String(48), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("der", LargeBinary, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Index("certificate_holder_purpose", "holder", "purpose"),
)
"""``holder`` is a system title or the code of an operator; ``purpose`` is ``tls``, ``sig`` or ``enc``."""

meter_day_block = Table(
    "meter_day_block",
    metadata,
    Column("device", String(64), primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("known_at", BigInteger, nullable=False),
    Column("medium", String(16), nullable=False),
    Column("source", String(96), nullable=False, index=True),
    Column("quality", String(256), nullable=False),
    Column("format", Integer, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    CheckConstraint("version >= 1", name="meter_day_block_version"),
    sqlite_with_rowid=False,
)
"""Append only: on SQLite triggers refuse UPDATE and DELETE. ``quality`` holds the flags, with spaces."""

envelope = Table(
    "envelope",
    metadata,
    Column("gateway", ForeignKey("gateway.title"), primary_key=True),
    Column("counter", _COUNTER, primary_key=True),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("stored_at", BigInteger, nullable=False),
)
"""Envelopes whose content is in the store. ``counter`` is 20 digits: it may exceed a signed integer."""

refusal = Table(
    "refusal",
    metadata,
    Column("id", _KEY, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("room", String(16), nullable=False),
    Column("code", String(CODE_LENGTH), nullable=False),
    Column("gateway", String(13), nullable=True),
    Column("position", BigInteger, nullable=True),
    Column("detail", String(DETAIL_LENGTH), nullable=False),
    Index("refusal_gateway_code", "gateway", "code"),
)
"""``position`` is where the refused message still stands on the bus, for whoever decides about it later."""

quarantine = Table(
    "quarantine",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("gateway", String(13), nullable=False, index=True),
    Column("counter", _COUNTER, nullable=False),
    Column("code", String(CODE_LENGTH), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("disputes", BigInteger, nullable=True),
    Column("decided_at", BigInteger, nullable=True),
    Column("decided_by", String(64), nullable=True),
)
"""Authentic messages that wait on the bus at ``position``. ``disputes`` is that of the one already stored."""

suspicion = Table(
    "suspicion",
    metadata,
    Column("id", _KEY, primary_key=True, autoincrement=True),
    Column("gateway", ForeignKey("gateway.title"), nullable=False, index=True),
    Column("code", String(CODE_LENGTH), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("cleared_at", BigInteger, nullable=True),
    Column("cleared_by", String(64), nullable=True),
)
"""Gateways of which there may be two. While ``cleared_at`` is empty, all that comes is quarantined."""

intake_position = Table(
    "intake_position",
    metadata,
    Column("reader", String(32), primary_key=True),
    Column("position", BigInteger, nullable=False),
)

device_event = Table(
    "device_event",
    metadata,
    Column("id", _KEY, primary_key=True, autoincrement=True),
    Column("device", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("code", String(CODE_LENGTH), nullable=False),
    Column("detail", String(DETAIL_LENGTH), nullable=False),
    Column("gateway", ForeignKey("gateway.title"), nullable=False),
    Column("counter", _COUNTER, nullable=False),
    Index("device_event_device_at", "device", "at"),
)

decision = Table(
    "decision",
    metadata,
    Column("id", _KEY, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("role", String(32), nullable=False),
    Column("party", String(48), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("ean", String(18), nullable=True),
    Column("device", String(64), nullable=True),
    Column("first_day", Integer, nullable=True),
    Column("last_day", Integer, nullable=True),
    Column("allowed", Integer, nullable=False),
    Column("rule", String(64), nullable=False),
    Column("policy", String(32), nullable=False),
    Index("decision_ean", "ean"),
)
"""Who asked for readings and what was decided. Append only; ``ean`` may name what does not exist."""


def day_number(day: date) -> int:
    """The day as the tables keep it: 2026-03-29 is 20260329."""
    return day.year * 10_000 + day.month * 100 + day.day


def day_of(number: int) -> date:
    """The day that ``day_number`` made this number from."""
    return date(number // 10_000, number // 100 % 100, number % 100)


def counter_text(counter: int) -> str:
    """An envelope counter as the tables keep it: 20 digits, so that text orders as numbers do."""
    return f"{counter:020d}"
