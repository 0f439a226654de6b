"""How something that ends stands."""

from enum import StrEnum


class State(StrEnum):
    """Certificates are ``due`` when their successor can be made, ``late`` when it must be there soon.

    Lists are ``late`` when the next one should long be out, and ``missing`` where none is.
    """

    VALID = "valid"
    DUE = "due"
    LATE = "late"
    EXPIRED = "expired"
    MISSING = "missing"
