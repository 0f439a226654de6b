"""Quarantine of messages, suspicion of gateways, and the floor under each gateway's algorithms."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the tables and the column."""
    op.add_column("gateway", sa.Column("sealing_floor", sa.Integer, nullable=False, server_default="1"))
    op.create_table(
        "quarantine",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("gateway", sa.String(13), nullable=False),
        sa.Column("counter", sa.String(20), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("disputes", sa.BigInteger, nullable=True),
        sa.Column("decided_at", sa.BigInteger, nullable=True),
        sa.Column("decided_by", sa.String(64), nullable=True),
    )
    op.create_index("ix_quarantine_gateway", "quarantine", ["gateway"])
    op.create_index("ix_quarantine_state", "quarantine", ["state"])
    op.create_table(
        "suspicion",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        sa.Column("gateway", sa.String(13), sa.ForeignKey("gateway.title"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("cleared_at", sa.BigInteger, nullable=True),
        sa.Column("cleared_by", sa.String(64), nullable=True),
    )
    op.create_index("ix_suspicion_gateway", "suspicion", ["gateway"])
