"""What an installation is for."""

from enum import StrEnum


class Profile(StrEnum):
    """What a component may start with: in production no keys in plain files, and none that others know."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"
