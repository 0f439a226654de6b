"""Registry, meter-day blocks, envelopes, refusals and events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the first tables."""
    _registry()
    _blocks()
    _intake()


def _registry() -> None:
    op.create_table(
        "operator",
        sa.Column("code", sa.String(48), primary_key=True),
        sa.Column("name", sa.String(128), nullable=False),
    )
    op.create_table(
        "connection",
        sa.Column("ean", sa.String(18), primary_key=True),
        sa.Column("operator", sa.String(48), sa.ForeignKey("operator.code"), nullable=False),
        sa.Column("phases", sa.Integer, nullable=False),
        sa.Column("ampere", sa.Integer, nullable=False),
    )
    op.create_table(
        "gateway",
        sa.Column("title", sa.String(13), primary_key=True),
        sa.Column("ean", sa.String(18), sa.ForeignKey("connection.ean"), nullable=False),
        sa.Column("operator", sa.String(48), sa.ForeignKey("operator.code"), nullable=False),
    )
    op.create_table(
        "device",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("ean", sa.String(18), sa.ForeignKey("connection.ean"), nullable=False),
        sa.Column("gateway", sa.String(13), sa.ForeignKey("gateway.title"), nullable=False),
        sa.Column("medium", sa.String(16), nullable=False),
        sa.Column("vendor", sa.String(32), nullable=False),
    )
    op.create_index("ix_device_ean", "device", ["ean"])
    op.create_index("ix_device_gateway", "device", ["gateway"])
    op.create_table(
        "certificate",
        sa.Column("key_id", sa.LargeBinary(8), primary_key=True),
        sa.Column("holder", sa.String(48), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("der", sa.LargeBinary, nullable=False),
        sa.Column("added_at", sa.BigInteger, nullable=False),
    )
    op.create_index("certificate_holder_purpose", "certificate", ["holder", "purpose"])


def _blocks() -> None:
    op.create_table(
        "meter_day_block",
        sa.Column("device", sa.String(64), primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("known_at", sa.BigInteger, nullable=False),
        sa.Column("medium", sa.String(16), nullable=False),
        sa.Column("source", sa.String(96), nullable=False),
        sa.Column("quality", sa.String(256), nullable=False),
        sa.Column("format", sa.Integer, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("version >= 1", name="meter_day_block_version"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_meter_day_block_source", "meter_day_block", ["source"])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER meter_day_block_no_{verb.lower()} BEFORE {verb} ON meter_day_block "
                "BEGIN SELECT RAISE(ABORT, 'meter-day blocks are append only'); END"
            )


def _intake() -> None:
    op.create_table(
        "envelope",
        sa.Column("gateway", sa.String(13), sa.ForeignKey("gateway.title"), primary_key=True),
        sa.Column("counter", sa.String(20), primary_key=True),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("stored_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "refusal",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("room", sa.String(16), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("gateway", sa.String(13), nullable=True),
        sa.Column("position", sa.BigInteger, nullable=True),
        sa.Column("detail", sa.String(256), nullable=False),
    )
    op.create_index("refusal_gateway_code", "refusal", ["gateway", "code"])
    op.create_table(
        "intake_position",
        sa.Column("reader", sa.String(32), primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "device_event",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("detail", sa.String(256), nullable=False),
        sa.Column("gateway", sa.String(13), sa.ForeignKey("gateway.title"), nullable=False),
        sa.Column("counter", sa.String(20), nullable=False),
    )
    op.create_index("device_event_device_at", "device_event", ["device", "at"])
