"""What the exit code of a command says; the one place where errors become codes."""

from enum import IntEnum

from meterkast.model.errors import (
    DataError,
    LocalError,
    MeterkastError,
    PeerError,
    TrustError,
    UnreachableError,
)


class Exit(IntEnum):
    """Exit codes of the command line contract. ``BUG`` is ours to mend, never the user's."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    BAD_INPUT = 3
    UNREACHABLE = 4
    REFUSED = 5
    BUG = 70
    INTERRUPTED = 130


_BY_ERROR: tuple[tuple[type[MeterkastError], Exit], ...] = (
    (LocalError, Exit.USAGE),
    (PeerError, Exit.BAD_INPUT),
    (DataError, Exit.BAD_INPUT),
    (UnreachableError, Exit.UNREACHABLE),
    (TrustError, Exit.REFUSED),
)


def exit_for(error: MeterkastError) -> Exit:
    """The exit code of an error, by whose fault it is."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), Exit.BUG)
