"""The history of the tables, run by alembic inside one transaction of the caller's engine."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from meterkast.outside.database.engine import writing


def upgrade(database: Engine) -> None:
    """Brings the tables to the newest form. Of several processes at once, one works and the rest wait."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with writing(database) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
