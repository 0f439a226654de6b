"""The log of decisions on who may read."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "decision",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("party", sa.String(48), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("ean", sa.String(18), nullable=True),
        sa.Column("device", sa.String(64), nullable=True),
        sa.Column("first_day", sa.Integer, nullable=True),
        sa.Column("last_day", sa.Integer, nullable=True),
        sa.Column("allowed", sa.Integer, nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("policy", sa.String(32), nullable=False),
    )
    op.create_index("decision_ean", "decision", ["ean"])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER decision_no_{verb.lower()} BEFORE {verb} ON decision "
                "BEGIN SELECT RAISE(ABORT, 'decisions are append only'); END"
            )
